"""Devices: readers and kiosks, their keys and epochs."""

import datetime as dt
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.agencies.events import DeviceKeyRotated, DeviceRevoked, DevicesEnrolled
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


@dataclass(frozen=True, kw_only=True)
class NewDevice:
    """A device to enrol.

    :ivar kind: ``reader``, ``kiosk`` or ``till``
    :ivar place: code of the place or counter it stands at
    :ivar number_profile: which number it reads off a card: ``<issuer>_<number kind>``
    """

    code: str
    kind: str
    agency: str
    place: str
    service: str
    number_profile: str = "easycard_printed"


@dataclass(frozen=True, kw_only=True)
class EnrolledDevice:
    """A device and its key, which is shown this once; None with a refusal."""

    device_id: int | None
    code: str
    key: str | None
    epoch: int = 1
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device as its operator sees it."""

    device_id: int
    code: str
    kind: str
    agency: str
    place: str
    service: str
    number_profile: str
    epoch: int
    state: str
    firmware: str
    enrolled_at: dt.datetime
    revoked_at: dt.datetime | None
    last_seen_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class GateDevice:
    """A device as the gate knows it: enough to authenticate it and to read its taps."""

    device_id: int
    code: str
    kind: str
    agency: str
    place: str
    service: str
    epoch: int
    state: str
    key_hash: bytes
    number_profile: str

    @property
    def id(self) -> int:
        """Return the device's id."""
        return self.device_id

    @property
    def issuer(self) -> str:
        """Return who issued the numbers it reads."""
        return self.number_profile.partition("_")[0]

    @property
    def number_kind(self) -> str:
        """Return which number of a card it reads."""
        return self.number_profile.partition("_")[2]


_ENROL = """
INSERT INTO agencies_device (code, kind, agency, place, service, number_profile, epoch, state,
key_hash,
    firmware, enrolled_at)
SELECT d.code, d.kind, a.code, d.place, d.service, d.number_profile, 1, 'active', d.key_hash, '', %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])
  WITH ORDINALITY AS d(code, kind, agency, place, service, number_profile, key_hash, n)
JOIN agencies_agency a ON a.code = d.agency
ORDER BY d.n
ON CONFLICT (code) DO NOTHING RETURNING id, code, key_hash
"""


def enrol_devices(
    *, devices: Sequence[NewDevice], actor: Actor, now: dt.datetime
) -> list[EnrolledDevice]:
    """Enrol readers and kiosks; one result a row, in order, with its key, which is shown only now.

    Announces ``agencies.device.enrolled``. Refusals in the rows: DeviceCodeUsed, DeviceNeedsAgency.
    """
    require_unit_of_work()
    keys = [secrets.token_urlsafe(32) for _ in devices]
    columns = ("code", "kind", "agency", "place", "service", "number_profile")
    values: list[list[Any]] = [[getattr(one, name) for one in devices] for name in columns]
    inserted = rows(_ENROL, [now, *values, [hash_token(key) for key in keys]])
    ids = {bytes(one.key_hash): one.id for one in inserted}
    agencies = {one.code for one in rows("SELECT code FROM agencies_agency")}
    results = [
        _enrolled(device, key, ids.get(hash_token(key)), device.agency in agencies)
        for device, key in zip(devices, keys, strict=True)
    ]
    if ids:
        announce(DevicesEnrolled(device_ids=tuple(sorted(ids.values()))))
    return results


def _enrolled(
    device: NewDevice, key: str, device_id: int | None, has_agency: bool
) -> EnrolledDevice:
    if device_id is not None:
        return EnrolledDevice(device_id=device_id, code=device.code, key=key)
    refusal: Refused = DeviceCodeUsed(device=device.code)
    if not has_agency:
        refusal = DeviceNeedsAgency(device=device.code, agency=device.agency)
    return EnrolledDevice(device_id=None, code=device.code, key=None, refusal=refusal)


def rotate_device_key(*, device_id: int, actor: Actor, now: dt.datetime) -> EnrolledDevice:
    """Give a device a new key, which begins a new epoch; the old key is dead at once.

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
    announce(DeviceKeyRotated(device_id=device_id, epoch=device.epoch + 1))
    return EnrolledDevice(device_id=device_id, code=device.code, key=key, epoch=device.epoch + 1)


def revoke_device(*, device_id: int, actor: Actor, now: dt.datetime) -> None:
    """Refuse a device from now on; twice is once. Announces ``agencies.device.revoked``.

    :raises NoSuchDevice: there is none with this id
    """
    require_unit_of_work()
    if _locked(device_id).state == "revoked":
        return
    execute(
        "UPDATE agencies_device SET state = 'revoked', revoked_at = %s WHERE id = %s",
        [now, device_id],
    )
    announce(DeviceRevoked(device_id=device_id))


def note_seen(*, device_ids: Sequence[int], now: dt.datetime) -> None:
    """Note that devices have just spoken to the city; an older instant changes nothing."""
    require_unit_of_work()
    rows(
        "WITH seen AS (SELECT id FROM agencies_device WHERE id = ANY(%s::bigint[])"
        " AND (last_seen_at IS NULL OR last_seen_at < %s) ORDER BY id FOR NO KEY UPDATE)"
        " UPDATE agencies_device d SET last_seen_at = %s FROM seen WHERE d.id = seen.id"
        " RETURNING d.id",
        [list(device_ids), now, now],
    )


_GATE = """
SELECT id AS device_id, code, kind, agency, place, service, epoch, state, key_hash, number_profile
FROM agencies_device
"""

_DEVICE = """
SELECT id AS device_id, code, kind, agency, place, service, number_profile, epoch, state, firmware,
    enrolled_at, revoked_at, last_seen_at
FROM agencies_device
"""


def devices(*, agency: str | None = None) -> list[Device]:
    """Return all devices (of one agency), by code."""
    sql = _DEVICE + " WHERE %s::text IS NULL OR agency = %s ORDER BY code"
    return [Device(**one._asdict()) for one in rows(sql, [agency, agency])]


def device(*, device_id: int) -> Device:
    """Return a device.

    :raises NoSuchDevice: there is none with this id
    """
    found = row(_DEVICE + " WHERE id = %s", [device_id])
    if found is None:
        raise NoSuchDevice()
    return Device(**found._asdict())


def devices_for_gate() -> list[GateDevice]:
    """Return all devices as the gate needs them, revoked ones too: those are refused by name."""
    return [_gate(one) for one in rows(_GATE)]


def device_by_key(*, code: str, key: str) -> GateDevice | None:
    """Return the active device that holds this key, or None: unknown, revoked and wrong key look
    alike.
    """
    found = row(_GATE + " WHERE code = %s AND state = 'active'", [code])
    if found is None or not hmac.compare_digest(bytes(found.key_hash), hash_token(key)):
        return None
    return _gate(found)


def _gate(found: Any) -> GateDevice:
    return GateDevice(**{**found._asdict(), "key_hash": bytes(found.key_hash)})


def _locked(device_id: int) -> Any:
    found = row(
        "SELECT code, epoch, state FROM agencies_device WHERE id = %s FOR NO KEY UPDATE",
        [device_id],
    )
    if found is None:
        raise NoSuchDevice()
    return found
