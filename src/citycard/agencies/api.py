"""Who serves the city: agencies, places, counters, staff and devices.

``activate`` brings the pack's agencies, places and counters into the tables; it runs whenever a
pack is
activated. Staff (``add_staff``) and devices (``enrol_devices``) are the city's own. A device's key
is shown
once; ``devices_for_gate`` gives the gate what it needs to authenticate. An
agency's own system is a *client* with a key of its own (``connect_client``). Names are
``infra.packs.Text`` in two
languages.

What takes two people is proposed by one officer and approved by another (``propose``, ``approve``);
the pack's table ``approvals`` says who may, and from which amount on. ``flows.approving`` carries
out what was approved.

Events: see ``agencies.events``. Published relations:
``pub.devices(device_id, code, kind, agency, place, service, epoch, state)``.
"""

from citycard.agencies.activating import activate
from citycard.agencies.approval_rules import (
    MayNotCheck,
    MayNotPropose,
    approval_kinds,
    may_check,
    may_propose,
    needs_second,
    operator,
)
from citycard.agencies.approving import (
    AlreadyProposed,
    NotTheMaker,
    Proposal,
    ProposalIsOver,
    ReasonMissing,
    SamePerson,
    approve,
    proposal,
    proposals,
    propose,
    reject,
    withdraw,
)
from citycard.agencies.connecting import (
    Client,
    ClientCodeUsed,
    ClientIsRevoked,
    ConnectedClient,
    NoSuchClient,
    client,
    client_by_key,
    clients,
    connect_client,
    revoke_client,
    rotate_client_key,
)
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
    NotOneself,
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
    "AlreadyProposed",
    "Client",
    "ClientCodeUsed",
    "ClientIsRevoked",
    "ConnectedClient",
    "Counter",
    "CounterOfAnotherAgency",
    "Device",
    "DeviceCodeUsed",
    "DeviceIsRevoked",
    "DeviceNeedsAgency",
    "EnrolledDevice",
    "GateDevice",
    "MayNotCheck",
    "MayNotPropose",
    "NewDevice",
    "NoSuchAgency",
    "NoSuchClient",
    "NoSuchCounter",
    "NoSuchDevice",
    "NoSuchStaff",
    "NotOneself",
    "NotTheMaker",
    "Place",
    "Proposal",
    "ProposalIsOver",
    "ReasonMissing",
    "SamePerson",
    "Staff",
    "UnknownRole",
    "UsernameTaken",
    "activate",
    "add_staff",
    "agencies",
    "agency",
    "approval_kinds",
    "approve",
    "change_staff",
    "client",
    "client_by_key",
    "clients",
    "connect_client",
    "counter",
    "counters",
    "device",
    "device_by_key",
    "devices",
    "devices_for_gate",
    "enrol_devices",
    "may_check",
    "may_propose",
    "needs_second",
    "note_seen",
    "operator",
    "places",
    "proposal",
    "proposals",
    "propose",
    "reject",
    "revoke_client",
    "revoke_device",
    "rotate_client_key",
    "rotate_device_key",
    "staff",
    "staff_by_username",
    "staff_of",
    "verify",
    "withdraw",
]
