"""Devices: readers and kiosks, their keys and epochs.

A key belongs to an epoch. A new key begins a new one, and so does a device that is set up anew: its
sequence numbers start again, and none of an earlier epoch is used twice.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from citycard.agencies.device_values import DeviceMove, EnrolledDevice, NewDevice
from citycard.agencies.events import DeviceKeyRotated, DeviceRevoked, DevicesEnrolled
from citycard.agencies.moving import move_devices
from citycard.infra.crypto import hash_token
from citycard.infra.database import execute, row, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


class DeviceCodeUsed(Refused):
    """A device with the code “{device}” was enrolled before; codes are not used twice."""

    code = "agencies.device_code_used"


class DeviceNeedsAgency(Refused):
    """There is no agency “{agency}” for the device “{device}”."""

    code = "agencies.device_needs_agency"


class NoSuchDevice(Refused):
    """There is no such device."""

    code = "agencies.no_such_device"


class DeviceIsRevoked(Refused):
    """The device “{device}” was revoked; enrol it anew under a new code."""

    code = "agencies.device_is_revoked"


_ENROL = """
INSERT INTO agencies_device (code, kind, agency, place, service, number_profile, epoch, state,
    key_hash, firmware, revoked_because, enrolled_at)
SELECT d.code, d.kind, a.code, d.place, d.service, d.number_profile, 1, 'active', d.key_hash, '',
    '', %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])
  WITH ORDINALITY AS d(code, kind, agency, place, service, number_profile, key_hash, n)
JOIN agencies_agency a ON a.code = d.agency
ORDER BY d.n
ON CONFLICT (code) DO NOTHING RETURNING id, code, key_hash
"""


_FIRST_POSTS = """
INSERT INTO agencies_device_post (device_id, agency, place, service, stood, recorded, actor)
SELECT id, agency, place, service, tstzrange(NULL, NULL), tstzrange(%s, NULL), %s
FROM agencies_device WHERE id = ANY(%s::bigint[]) ORDER BY id
"""

_ANEW = """
WITH named AS (
    SELECT d.id, n.key_hash, n.number_profile FROM agencies_device d
    JOIN unnest(%s::text[], %s::text[], %s::text[], %s::bytea[])
         AS n(code, agency, number_profile, key_hash) ON n.code = d.code AND n.agency = d.agency
    WHERE d.state = 'active' ORDER BY d.id FOR NO KEY UPDATE OF d)
UPDATE agencies_device d
SET key_hash = n.key_hash, number_profile = n.number_profile, epoch = d.epoch + 1,
    firmware = '', backlog = NULL, skew_ms = NULL
FROM named n WHERE d.id = n.id
RETURNING d.id, d.code, d.key_hash, d.epoch, d.place, d.service
"""

_BEGIN = """
INSERT INTO agencies_device_epoch (device_id, epoch, began_at, why, actor)
SELECT d.id, d.epoch, %s, %s, %s FROM agencies_device d WHERE d.id = ANY(%s::bigint[]) ORDER BY 1
"""


def enrol_devices(
    *, devices: Sequence[NewDevice], actor: Actor, now: dt.datetime, anew: bool = False
) -> list[EnrolledDevice]:
    """Enrol readers and kiosks; one result a row, in order, with its key, which is shown only now.

    Announces ``agencies.device.enrolled``. Refusals in the rows: DeviceCodeUsed, DeviceNeedsAgency.

    :param anew: a code that is in service at the same agency is set up anew (its firmware was
        written again): it begins a new epoch with a new key, at the place and with the profile
        that are given; what it sent before stays as it is
    """
    require_unit_of_work()
    keys = [secrets.token_urlsafe(32) for _ in devices]
    columns = ("code", "kind", "agency", "place", "service", "number_profile")
    values: list[list[Any]] = [[getattr(one, name) for one in devices] for name in columns]
    hashes = [hash_token(key) for key in keys]
    made = {bytes(one.key_hash): (one.id, 1) for one in rows(_ENROL, [now, *values, hashes])}
    new = [device_id for device_id, _ in made.values()]
    execute(_FIRST_POSTS, [now, actor.id, new])
    _begin(new, "enrolled", actor, now)
    if anew:
        made |= _set_up_anew(devices, hashes, made.keys(), actor, now)
    agencies = {one.code for one in rows("SELECT code FROM agencies_agency")}
    results = [
        _enrolled(device, key, made.get(hash_token(key)), device.agency in agencies)
        for device, key in zip(devices, keys, strict=True)
    ]
    if made:
        announce(DevicesEnrolled(device_ids=tuple(sorted(one for one, _ in made.values()))))
    return results


def _set_up_anew(
    devices: Sequence[NewDevice],
    hashes: Sequence[bytes],
    enrolled: Iterable[bytes],
    actor: Actor,
    now: dt.datetime,
) -> dict[bytes, tuple[int, int]]:
    """Begin a new epoch of those that have their code already; returns id and epoch by key."""
    done = set(enrolled)
    first: dict[str, tuple[NewDevice, bytes]] = {}
    for one, key_hash in zip(devices, hashes, strict=True):
        if key_hash not in done:
            first.setdefault(one.code, (one, key_hash))
    # A code that is new in this very list was enrolled by it: its second line is a mistake.
    for one, key_hash in zip(devices, hashes, strict=True):
        if key_hash in done:
            first.pop(one.code, None)
    told = list(first.values())
    found = rows(
        _ANEW,
        [
            [one.code for one, _ in told],
            [one.agency for one, _ in told],
            [one.number_profile for one, _ in told],
            [key_hash for _, key_hash in told],
        ],
    )
    wanted = {key_hash: one for one, key_hash in told}
    move_devices(
        moves=[
            DeviceMove(
                device_id=one.id, agency=to.agency, place=to.place, service=to.service, since=now
            )
            for one in found
            if (to := wanted[bytes(one.key_hash)])
            and (to.place, to.service) != (one.place, one.service)
        ],
        actor=actor,
        now=now,
    )
    _begin([one.id for one in found], "set_up_anew", actor, now)
    return {bytes(one.key_hash): (one.id, one.epoch) for one in found}


def _begin(device_ids: Sequence[int], why: str, actor: Actor, now: dt.datetime) -> None:
    """Write down that the present epochs of devices began."""
    execute(_BEGIN, [now, why, actor.id, list(device_ids)])


def _enrolled(
    device: NewDevice, key: str, made: tuple[int, int] | None, has_agency: bool
) -> EnrolledDevice:
    if made is not None:
        return EnrolledDevice(device_id=made[0], code=device.code, key=key, epoch=made[1])
    refusal: Refused = DeviceCodeUsed(device=device.code)
    if not has_agency:
        refusal = DeviceNeedsAgency(device=device.code, agency=device.agency)
    return EnrolledDevice(device_id=None, code=device.code, key=None, refusal=refusal)


def rotate_device_key(*, device_id: int, actor: Actor, now: dt.datetime) -> EnrolledDevice:
    """Give a device a new key, which begins a new epoch; the old key is dead at once.

    What still waits in the device of an earlier epoch is sent under that epoch with the new key.
    Announces ``agencies.device.key_rotated``.

    :raises NoSuchDevice: there is none with this id
    :raises DeviceIsRevoked: a revoked one gets no key
    """
    require_unit_of_work()
    device = _locked(device_id)
    if device.state != "active":
        raise DeviceIsRevoked(device=device.code)
    key = secrets.token_urlsafe(32)
    execute(
        "UPDATE agencies_device SET key_hash = %s, epoch = epoch + 1 WHERE id = %s",
        [hash_token(key), device_id],
    )
    _begin([device_id], "new_key", actor, now)
    announce(DeviceKeyRotated(device_id=device_id, epoch=device.epoch + 1))
    return EnrolledDevice(device_id=device_id, code=device.code, key=key, epoch=device.epoch + 1)


def revoke_device(*, device_id: int, actor: Actor, now: dt.datetime, because: str = "") -> None:
    """Refuse a device from now on; twice is once. Announces ``agencies.device.revoked``.

    :param because: why, in the officer's words; shown to its operators
    :raises NoSuchDevice: there is none with this id
    """
    require_unit_of_work()
    if _locked(device_id).state == "revoked":
        return
    execute(
        "UPDATE agencies_device SET state = 'revoked', revoked_at = %s, revoked_because = %s"
        " WHERE id = %s",
        [now, because, device_id],
    )
    announce(DeviceRevoked(device_id=device_id))


def _locked(device_id: int) -> Any:
    found = row(
        "SELECT code, epoch, state FROM agencies_device WHERE id = %s FOR NO KEY UPDATE",
        [device_id],
    )
    if found is None:
        raise NoSuchDevice()
    return found
