"""A small town for tests of taps: residents, cards, readers; made through faces only."""

import datetime as dt
import itertools
from collections.abc import Sequence

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra.packs import Text, current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.taiwan.national_id import LETTER_VALUE
from citycard.people import api as people
from citycard.taps import api as taps

NOW = dt.datetime(2026, 11, 18, 4, 0, tzinfo=dt.UTC)
SINCE = dt.date(2026, 1, 5)
_LONG_AGO = dt.datetime(2026, 1, 5, 0, 0, tzinfo=dt.UTC)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 1)


def id_number(serial: int) -> str:
    """Return a valid citizen's number for each serial below ten million."""
    digits = f"1{serial:07d}"
    tens, ones = divmod(LETTER_VALUE["A"], 10)
    said = tens + 9 * ones + sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True))
    return f"A{digits}{-said % 10}"


class Town:
    """What the test makes, numbered as it comes."""

    def __init__(self) -> None:
        self._serials = itertools.count(1)
        self._devices = itertools.count(1)
        with unit_of_work():
            agencies.activate(pack=current_pack(), now=_LONG_AGO)

    def residents(self, count: int, *, registered: bool = True) -> list[int]:
        """Enrol people, registered in the city or not, and decide their rights."""
        new = [
            people.NewMember(
                name=f"林測試{serial}",
                birth_on=dt.date(1990, 3, 4),
                sex="m",
                id_number=id_number(serial),
                source="import",
            )
            for serial in itertools.islice(self._serials, count)
        ]
        with unit_of_work():
            enrolled = people.enrol_many(people=new, actor=SYSTEM, now=_LONG_AGO)
            members = [one.member_id for one in enrolled if one.member_id is not None]
            facts = [
                people.NewFact(
                    member_id=member,
                    name="registered_city",
                    value=current_pack().code if registered else "elsewhere",
                    valid_from=dt.date(2000, 1, 1),
                    source="import",
                    basis_kind="import",
                )
                for member in members
            ]
            people.record_facts(facts=facts, actor=SYSTEM, now=_LONG_AGO)
            entitlements.decide(member_ids=members, on=SINCE, now=_LONG_AGO, actor=SYSTEM)
        return members

    def card(self, member: int | None = None, *, kind: str = "general") -> str:
        """Make a card known, bound to a member if one is given; returns its printed number."""
        return self.cards([member], kind=kind)[0]

    def cards(self, members: Sequence[int | None], *, kind: str = "general") -> list[str]:
        """Make cards known, one for each member."""
        numbers = [f"{next(self._serials):016d}" for _ in members]
        new = [
            cards.NewCard(kind=kind, medium="easycard", numbers={"printed": number})
            for number in numbers
        ]
        with unit_of_work():
            made = cards.register_many(cards=new, actor=SYSTEM, now=_LONG_AGO)
            binds = [
                cards.Bind(card_id=one.card_id, member_id=member)
                for one, member in zip(made, members, strict=True)
                if one.card_id is not None and member is not None
            ]
            bound = cards.bind_many(binds=binds, actor=SYSTEM, now=_LONG_AGO)
            assert all(one.refusal is None for one in [*made, *bound])
        return numbers

    def card_id(self, number: str) -> int:
        """Return the id of a card by its printed number."""
        found = cards.find(issuer="easycard", number_kind="printed", number=number)
        assert found is not None
        return found.card_id

    def reader(
        self, service: str = "sports-visit", agency: str = "sports", place: str = ""
    ) -> agencies.EnrolledDevice:
        """Enrol a reader."""
        code = f"R-{next(self._devices):03d}"
        new = agencies.NewDevice(
            code=code, kind="reader", agency=agency, place=place, service=service
        )
        with unit_of_work():
            [enrolled] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=_LONG_AGO)
        assert enrolled.device_id is not None
        return enrolled

    def campaign(
        self,
        *readers: agencies.EnrolledDevice,
        points: int = 5,
        cap: int = 1_000,
        budget: int = 1_000_000,
    ) -> activities.Campaign:
        """Open a campaign whose points are given at readers."""
        new = activities.NewCampaign(
            code=f"walk-{next(self._serials)}",
            agency="doit",
            names=Text("走路集點", "Walking"),
            unit=next(iter(current_pack().table("points")["units"])),
            points_per_tap=points,
            per_person_cap=cap,
            budget=budget,
            starts_at=_LONG_AGO,
            ends_at=NOW + dt.timedelta(days=60),
            devices=[reader.device_id for reader in readers if reader.device_id is not None],
        )
        with unit_of_work():
            made = activities.create_campaign(new=new, actor=SYSTEM, now=_LONG_AGO)
            return activities.open_campaign(campaign_id=made.id, actor=SYSTEM, now=_LONG_AGO)

    def library_numbers(self, agency: str, *pairs: tuple[int, str]) -> None:
        """Note an agency's own numbers of members."""
        with unit_of_work():
            linked = cards.link_agency_numbers(
                agency=agency, links=pairs, actor=SYSTEM, now=_LONG_AGO
            )
        assert all(one.refusal is None for one in linked)


def tap(
    reader: agencies.EnrolledDevice,
    seq: int,
    number: str,
    *,
    at: dt.datetime = NOW,
    epoch: int = 1,
) -> taps.TapRead:
    """Return what a reader of printed numbers saw."""
    assert reader.device_id is not None
    return taps.TapRead(reader.device_id, epoch, seq, at, "easycard", "printed", number)
