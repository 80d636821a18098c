"""Who serves the city: agencies, places, counters, staff and devices.

``activate`` brings the pack's agencies, places and counters into the tables; it runs whenever a
pack is
activated. Staff (``add_staff``) and devices (``enrol_devices``) are the city's own. A device's key
is shown
once, and begins an epoch of its sequence numbers; ``devices_for_gate`` gives the gate what it needs
to authenticate. A device is moved (``move_devices``) in two times. How it reads cards is a profile
of the pack's table ``readers`` (``reader_profile``). An
agency's own system is a *client* with a key of its own (``connect_client``). Names are
``infra.packs.Text`` in two
languages.

What takes two people is proposed by one officer and approved by another (``propose``, ``approve``);
the pack's table ``approvals`` says who may, and from which amount on. ``flows.approving`` carries
out what was approved. A change that touches many at once stands in the book of mass changes
(``draft_mass_change`` … ``mass_changes``); ``flows.braking`` writes it.

Events: see ``agencies.events``. Published relations:
``pub.devices(device_id, code, kind, agency, place, service, epoch, state, posted_at)``, and
``pub.device_posts(device_id, agency, place, service, stood)`` for instants before ``posted_at``
(null: it never moved).
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
    lapse,
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
from citycard.agencies.device_queries import (
    device,
    device_by_key,
    device_epochs,
    device_posts,
    devices,
    devices_by_code,
    devices_for_gate,
    refused_uploads,
)
from citycard.agencies.device_values import (
    Device,
    DeviceEpoch,
    DeviceMove,
    DevicePost,
    EnrolledDevice,
    GateDevice,
    Heard,
    NewDevice,
    UploadsRefused,
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
    DeviceCodeUsed,
    DeviceIsRevoked,
    DeviceNeedsAgency,
    NoSuchDevice,
    enrol_devices,
    revoke_device,
    rotate_device_key,
)
from citycard.agencies.hearing import note_heard, note_refused_uploads, note_seen
from citycard.agencies.mass_changes import (
    EndedRight,
    MassChange,
    MassChangeIsOver,
    RightFigure,
    draft_mass_change,
    ended_lately,
    ended_rights,
    forget_mass_change,
    hold_mass_change,
    mass_change,
    mass_changes,
    note_ended_rights,
    reject_mass_change,
    release_mass_change,
    undo_mass_change,
    weigh_mass_change,
)
from citycard.agencies.moving import MovesLater, move_devices
from citycard.agencies.reader_profiles import (
    Firmware,
    ReaderProfile,
    ReaderUse,
    read_profiles,
    reader_profile,
    reader_profiles,
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
    "DeviceEpoch",
    "DeviceIsRevoked",
    "DeviceMove",
    "DeviceNeedsAgency",
    "DevicePost",
    "EndedRight",
    "EnrolledDevice",
    "Firmware",
    "GateDevice",
    "Heard",
    "MassChange",
    "MassChangeIsOver",
    "MayNotCheck",
    "MayNotPropose",
    "MovesLater",
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
    "ReaderProfile",
    "ReaderUse",
    "ReasonMissing",
    "RightFigure",
    "SamePerson",
    "Staff",
    "UnknownRole",
    "UploadsRefused",
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
    "device_epochs",
    "device_posts",
    "devices",
    "devices_by_code",
    "devices_for_gate",
    "draft_mass_change",
    "ended_lately",
    "ended_rights",
    "enrol_devices",
    "forget_mass_change",
    "hold_mass_change",
    "lapse",
    "mass_change",
    "mass_changes",
    "may_check",
    "may_propose",
    "move_devices",
    "needs_second",
    "note_ended_rights",
    "note_heard",
    "note_refused_uploads",
    "note_seen",
    "operator",
    "places",
    "proposal",
    "proposals",
    "propose",
    "read_profiles",
    "reader_profile",
    "reader_profiles",
    "refused_uploads",
    "reject",
    "reject_mass_change",
    "release_mass_change",
    "revoke_client",
    "revoke_device",
    "rotate_client_key",
    "rotate_device_key",
    "staff",
    "staff_by_username",
    "staff_of",
    "undo_mass_change",
    "verify",
    "weigh_mass_change",
    "withdraw",
]
