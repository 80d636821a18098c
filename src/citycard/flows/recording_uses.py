"""A use for somebody without a card or a phone: a clerk identifies them and enters it.

Source: 市民卡 結語「市民非必須申辦市民卡才可以使用這些公部門資源」.

It is a tap like any other (``tapping``): judged by the same rights, paid from the same allowances,
given the same points, counted in the same figures; only who it is comes from the clerk in place of
a card. Which services offer it, and where, is the pack's ``at_counter``. A counter and a service
have a device of their own, which is there from their first use on; an agency that takes it out of
service closes that path.
"""

import datetime as dt
import uuid

from citycard.agencies import api as agencies
from citycard.flows import tapping
from citycard.infra.journal import announced_together
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.taps import api as taps

DEVICE = "counter"
"""The kind of device that stands for a counter."""


class NotAtThisCounter(Refused):
    """The service {service} is not entered at this counter."""

    code = "taps.not_at_this_counter"


class ClosedAtThisCounter(Refused):
    """The agency no longer lets this counter enter the service {service}."""

    code = "taps.closed_at_this_counter"


class PriceNeeded(Refused):
    """The service {service} is paid with points: its price is needed."""

    code = "taps.price_needed"


def offered_at(*, counter: str) -> list[str]:
    """Return the services whose uses a counter's clerks may enter, in the pack's order."""
    agency, pack = agencies.counter(code=counter).agency, current_pack()
    return [
        code
        for code, row in pack.table("services")["services"].items()
        if row.get("at_counter") == "any"
        or (row.get("at_counter") == "own" and agency in pack.agencies_under(row["agency"]))
    ]


def is_paid(*, service: str) -> bool:
    """Tell whether a use of a service names a price, which a month's points may pay."""
    found = taps.service_table().services.get(service)
    return found is not None and found.spends_on is not None


def record(
    *,
    member_id: int,
    service: str,
    reason: str,
    price_ntd: int | None = None,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> taps.TapAnswer:
    """Enter a use of somebody whom a clerk identified; returns what a reader would have answered.

    Under one key it is entered once, and answered the same again.

    :param reason: one of ``taps.REASONS_AT_COUNTER``
    :param price_ntd: where the service is paid with points
    :raises NotAtThisCounter: the pack doesn't offer it here
    :raises ClosedAtThisCounter: its agency stopped it
    :raises PriceNeeded: there is no price
    """
    counter = actor.counter or ""
    if not counter or service not in offered_at(counter=counter):
        raise NotAtThisCounter(service=_name(service))
    if is_paid(service=service) and price_ntd is None:
        raise PriceNeeded(service=_name(service))
    with unit_of_work(), announced_together():
        device = _device(counter, service, actor, now)
        use = taps.note_counter_use(
            key=key,
            device_id=device.device_id,
            epoch=device.epoch,
            member_id=member_id,
            reason=reason,
            actor=actor,
            now=now,
        )
        read = taps.TapRead(
            use.device_id,
            use.epoch,
            use.seq,
            use.at,
            taps.IDENTIFIED_ISSUER,
            taps.IDENTIFIED,
            key.hex,
            sale=taps.SalePart(price_ntd or 0) if is_paid(service=service) else None,
        )
        columns = taps.columns_of(reads=[read])
        return tapping.take_open(columns=columns, now=now, identified={0: member_id}).rows()[0]


def _device(counter: str, service: str, actor: Actor, now: dt.datetime) -> agencies.Device:
    """Return what stands for a counter and a service; made when it is used first."""
    code = f"{DEVICE}-{counter}-{service}".upper()
    found = agencies.devices_by_code(codes=[code])
    if not found:
        new = agencies.NewDevice(
            code=code,
            kind=DEVICE,
            agency=agencies.counter(code=counter).agency,
            place=counter,
            service=service,
            number_profile=next(iter(current_pack().table("readers")["profiles"])),
        )
        agencies.enrol_devices(devices=[new], actor=actor, now=now)
        found = agencies.devices_by_code(codes=[code])
    if found[code].state != "active":
        raise ClosedAtThisCounter(service=_name(service))
    return found[code]


def _name(service: str) -> str:
    row = current_pack().table("services")["services"].get(service)
    return str(row["name"]["zh-Hant"]) if row else service
