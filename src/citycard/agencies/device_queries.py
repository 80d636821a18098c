"""Reads of devices: for their operators, and for the gate."""

import datetime as dt
import hmac
from collections.abc import Sequence
from typing import Any

from citycard.agencies.device_values import (
    Device,
    DeviceEpoch,
    DevicePost,
    GateDevice,
    UploadsRefused,
)
from citycard.agencies.equipping import NoSuchDevice
from citycard.infra.crypto import hash_token
from citycard.infra.database import row, rows

_GATE = """
SELECT id AS device_id, code, kind, agency, place, service, epoch, state, key_hash, number_profile,
    firmware
FROM agencies_device
"""

_DEVICE = """
SELECT id AS device_id, code, kind, agency, place, service, number_profile, epoch, state, firmware,
    enrolled_at, revoked_at, revoked_because, last_seen_at, backlog, skew_ms
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


def devices_by_code(*, codes: Sequence[str]) -> dict[str, Device]:
    """Return the devices that have these codes, by code; a code without one is left out."""
    found = rows(_DEVICE + " WHERE code = ANY(%s::text[])", [list(codes)])
    return {one.code: Device(**one._asdict()) for one in found}


def devices_for_gate() -> list[GateDevice]:
    """Return all devices as the gate needs them, revoked ones too: those are refused by name."""
    return [_gate(one) for one in rows(_GATE)]


def devices_mark() -> tuple[int, int]:
    """Return a mark of all devices' rows that is another one once any of them changed: cheap to ask
    for twice a second."""
    [found] = rows(
        "SELECT count(*) AS devices, coalesce(sum(xmin::text::bigint), 0)::bigint AS written"
        " FROM agencies_device"
    )
    return found.devices, found.written


def device_by_key(*, code: str, key: str) -> GateDevice | None:
    """Return the active device that holds this key, or None: unknown, revoked and wrong key look
    alike.
    """
    found = row(_GATE + " WHERE code = %s AND state = 'active'", [code])
    if found is None or not hmac.compare_digest(bytes(found.key_hash), hash_token(key)):
        return None
    return _gate(found)


def device_posts(*, device_id: int) -> list[DevicePost]:
    """Return where a device stood, as it is known now, the present place first."""
    found = rows(
        """
        SELECT agency, place, service, lower(stood) AS since, upper(stood) AS until
        FROM agencies_device_post WHERE device_id = %s AND upper_inf(recorded)
        ORDER BY stood DESC
        """,
        [device_id],
    )
    return [DevicePost(**one._asdict()) for one in found]


def device_epochs(*, device_id: int) -> list[DeviceEpoch]:
    """Return a device's epochs, the newest first."""
    found = rows(
        "SELECT epoch, began_at, why FROM agencies_device_epoch WHERE device_id = %s"
        " ORDER BY epoch DESC",
        [device_id],
    )
    return [DeviceEpoch(**one._asdict()) for one in found]


def refused_uploads(*, since: dt.date, device_id: int | None = None) -> list[UploadsRefused]:
    """Return how often uploads of devices (of one) were not taken since a day, by problem."""
    found = rows(
        """
        SELECT device_id, problem, sum(times)::bigint AS times, max(last_at) AS last_at
        FROM agencies_device_refusal
        WHERE day >= %s AND (%s::bigint IS NULL OR device_id = %s)
        GROUP BY device_id, problem ORDER BY device_id, times DESC, problem
        """,
        [since, device_id, device_id],
    )
    return [UploadsRefused(**one._asdict()) for one in found]


def _gate(found: Any) -> GateDevice:
    return GateDevice(**{**found._asdict(), "key_hash": bytes(found.key_hash)})
