"""Who serves the city: agencies, places, counters, staff and devices.

``activate`` brings the pack's agencies, places and counters into the tables; it runs whenever a
pack is
activated. Staff (``add_staff``) and devices (``enrol_devices``) are the city's own. A device's key
is shown
once; ``devices_for_gate`` gives the gate what it needs to authenticate. Names are
``infra.packs.Text`` in two
languages.

Events: see ``agencies.events``. Published relations:
``pub.devices(device_id, code, kind, agency, place, service, epoch, state)``.
"""

from citycard.agencies.activating import activate
from citycard.agencies.directory import (
    Agency,
    Counter,
    NoSuchAgency,
    NoSuchCounter,
    Place,
    agencies,
    agency,
    counter,
    counters,
    places,
)
from citycard.agencies.equipping import (
    Device,
    DeviceCodeUsed,
    DeviceIsRevoked,
    DeviceNeedsAgency,
    EnrolledDevice,
    GateDevice,
    NewDevice,
    NoSuchDevice,
    device,
    device_by_key,
    devices,
    devices_for_gate,
    enrol_devices,
    note_seen,
    revoke_device,
    rotate_device_key,
)
from citycard.agencies.staffing import (
    CounterOfAnotherAgency,
    NoSuchStaff,
    Staff,
    UnknownRole,
    UsernameTaken,
    add_staff,
    change_staff,
    staff,
    staff_by_username,
    staff_of,
)
from citycard.agencies.verifying import verify

__all__ = [
    "Agency",
    "Counter",
    "CounterOfAnotherAgency",
    "Device",
    "DeviceCodeUsed",
    "DeviceIsRevoked",
    "DeviceNeedsAgency",
    "EnrolledDevice",
    "GateDevice",
    "NewDevice",
    "NoSuchAgency",
    "NoSuchCounter",
    "NoSuchDevice",
    "NoSuchStaff",
    "Place",
    "Staff",
    "UnknownRole",
    "UsernameTaken",
    "activate",
    "add_staff",
    "agencies",
    "agency",
    "change_staff",
    "counter",
    "counters",
    "device",
    "device_by_key",
    "devices",
    "devices_for_gate",
    "enrol_devices",
    "note_seen",
    "places",
    "revoke_device",
    "rotate_device_key",
    "staff",
    "staff_by_username",
    "staff_of",
    "verify",
]
