"""A small city for tests of the agencies' and operators' doors: staff, readers, residents, taps."""

import datetime as dt
import itertools

from django.test import Client

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.flows import activating, tapping
from citycard.identity import api as identity
from citycard.infra.database import execute
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people
from citycard.taps import api as taps

PASSWORD = "correct horse battery"
_seq = itertools.count(1)


def at_noon(days_ago: int = 0) -> dt.datetime:
    """Noon in Taipei so many days before today."""
    today = dt.datetime.now(dt.UTC).replace(hour=4, minute=0, second=0, microsecond=0)
    return today - dt.timedelta(days=days_ago + 1)


def activate() -> None:
    """Make the pack the city's."""
    activating.activate(pack=current_pack(), now=at_noon())


def signed_in(username: str, agency: str, roles: list[str], **headers: str) -> Client:
    """A browser in which a member of staff is signed in."""
    at = at_noon()
    with unit_of_work():
        known = agencies.staff_by_username(username=username)
        if known is not None:
            staff_id = known.staff_id
        else:
            staff_id = agencies.add_staff(
                username=username,
                display_name=username,
                agency=agency,
                counter=None,
                roles=roles,
                actor=SYSTEM,
                now=at,
            )
        if identity.account_of_staff(staff_id=staff_id) is None:  # renewing it ends its sessions
            identity.open_staff_account(staff_id=staff_id, password=PASSWORD, actor=SYSTEM, now=at)
    account = identity.account_of_staff(staff_id=staff_id)
    assert account is not None
    browser = Client(headers=headers or None)
    session = browser.session
    session["account_id"] = account.account_id
    session["level"] = account.level
    session.save()
    return browser


def enrol_readers(*places: str, service: str = "activity") -> dict[str, int]:
    """Readers at places, by place."""
    of_place = {one.code: one.agency for one in agencies.places()}
    with unit_of_work():
        made = agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code=f"{service}-{place}".upper(),
                    kind="reader",
                    agency=of_place[place],
                    place=place,
                    service=service,
                )
                for place in places
            ],
            actor=SYSTEM,
            now=at_noon(40),
        )
    assert all(one.refusal is None for one in made)
    return {place: one.device_id for place, one in zip(places, made, strict=True)}


def residents(count: int) -> list[int]:
    """Members with a bound EasyCard each; their numbers are `card_number(n)`."""
    born = dt.date(1980, 5, 12)
    new = [
        people.NewMember(
            name=f"市民{n:03d}",
            birth_on=born,
            sex="f",
            id_number=with_check_digit(f"A2{n:07d}"),
            district="daan",
            source="import",
        )
        for n in range(count)
    ]
    at = at_noon(40)
    with unit_of_work():
        members = [one.member_id for one in people.enrol_many(people=new, actor=SYSTEM, now=at)]
        people.record_facts(
            facts=[
                people.NewFact(
                    member_id=member,
                    name="registered_city",
                    value=current_pack().code,
                    valid_from=dt.date(2000, 1, 1),
                    source="import",
                    basis_kind="import",
                )
                for member in members
            ],
            actor=SYSTEM,
            now=at,
        )
        entitlements.decide(member_ids=members, on=dt.date(2020, 1, 1), actor=SYSTEM, now=at)
        made = cards.register_many(
            cards=[
                cards.NewCard(
                    kind="general", medium="easycard", numbers={"printed": card_number(n)}
                )
                for n in range(count)
            ],
            actor=SYSTEM,
            now=at,
        )
        assert all(one.refusal is None for one in made), [one.refusal for one in made][:1]
        binds = [
            cards.Bind(card_id=card.card_id, member_id=member)
            for card, member in zip(made, members, strict=True)
        ]
        bound = cards.bind_many(binds=binds, actor=SYSTEM, now=at)
        assert all(one.refusal is None for one in bound)
    return members


def card_number(n: int) -> str:
    """A printed EasyCard number."""
    return f"{9_120_000_000_000_000 + n:016d}"


def tap(device_id: int, n: int, at: dt.datetime) -> taps.TapRead:
    """The tap of resident `n` at a reader."""
    return taps.TapRead(
        device_id=device_id,
        epoch=1,
        seq=next(_seq),
        at=at,
        issuer="easycard",
        number_kind="printed",
        number=card_number(n),
    )


def take(*reads: taps.TapRead) -> list[taps.TapAnswer]:
    """Take taps as the gate does."""
    return tapping.take(reads=reads, now=max(read.at for read in reads))


def campaign(
    code: str, agency: str, devices: list[int], *, budget: int = 20_000, opened: bool = True
) -> activities.Campaign:
    """An activity that gives ten points a tap, thirty a person."""
    new = activities.NewCampaign(
        code=code,
        agency=agency,
        names=Text(zh="大安運動集點", en="Daan sports points"),
        unit=next(iter(current_pack().table("points")["units"])),
        points_per_tap=10,
        per_person_cap=30,
        budget=budget,
        starts_at=at_noon(35),
        ends_at=at_noon(-40),
        devices=devices,
        residents_only=False,
    )
    with unit_of_work():
        made = activities.create_campaign(new=new, actor=SYSTEM, now=at_noon(36))
        if opened:
            made = activities.open_campaign(campaign_id=made.id, actor=SYSTEM, now=at_noon(35))
    return made


def reach(*, need: str, holders: int, carded: int) -> None:
    """Say of all months how many could use what asks for a right, as the night's count would."""
    execute("DELETE FROM insight_reach WHERE need = %s", [need])
    execute(
        "INSERT INTO insight_reach (month, need, holders, carded, counted_at)"
        " SELECT DISTINCT month, %s, %s::bigint, %s::bigint, now() FROM insight_cell",
        [need, holders, carded],
    )
