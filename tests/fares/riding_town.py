"""Residents of Taoyuan with cards, devices on vehicles, and months that are decided by event."""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.flows import riding, tapping
from citycard.infra import clock, partitions
from citycard.infra.database import rows
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import next_month
from citycard.ledger import api as ledger
from citycard.people import api as people
from citycard.taps import api as taps
from tests.taps.town import id_number

MONTH = dt.date(2026, 3, 1)
LONG_AGO = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)
UNIT = "ride-points"

_serials = itertools.count(5_000)
_seqs = itertools.count(1)
_HANDLERS: list[tuple[frozenset[str], Callable[[Sequence[Announced]], None]]] = [
    (frozenset({riding.KEPT}), riding.follow_readings),
    (riding.FOLLOWED, riding.follow_changes),
    (frozenset({riding.DECIDED}), riding.post_points),
]


def at(day: int, hour: int, minute: int = 0, *, month: int = 3) -> dt.datetime:
    """An instant of March 2026 by the city's own clock."""
    local = dt.datetime(2026, month, day, hour, minute, tzinfo=current_pack().time.zone)
    return local.astimezone(dt.UTC)


class Town:
    """What the test makes; events are handed on by ``settle`` as the worker would."""

    def __init__(self) -> None:
        with unit_of_work():
            for month in (MONTH, NOW.date(), LONG_AGO.date()):
                partitions.ensure_months(month, month)
            agencies.activate(pack=current_pack(), now=LONG_AGO)
            new = agencies.NewDevice(
                code=f"BUS-{next(_serials)}", kind="reader", agency="transport", place="",
                service="concession-ride",
            )  # fmt: skip
            [made] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=LONG_AGO)
        assert made.device_id is not None
        self.device = made.device_id
        self._seen = self._last_event()

    def resident(self, *rights: str, born: dt.date = dt.date(1955, 5, 5), **facts: Any) -> int:
        """Enrol a resident whose applications for some rights were approved."""
        new = people.NewMember(
            name="林乘客", birth_on=born, sex="f", id_number=id_number(next(_serials)),
            source="import",
        )  # fmt: skip
        with unit_of_work():
            [one] = people.enrol_many(people=[new], actor=SYSTEM, now=LONG_AGO)
        assert one.member_id is not None
        told = {"registered_city": "taoyuan", "registered_district": "zhongli"} | facts
        told |= {f"approval.{right}": True for right in rights}
        for name, value in told.items():
            self.say(one.member_id, name, value)
        self.decide_rights(one.member_id)
        return one.member_id

    def say(self, member: int, name: str, value: Any, *, to: dt.date | None = None) -> None:
        """Record a fact that holds since long ago, perhaps to a day."""
        fact = people.NewFact(
            member_id=member, name=name, value=value, valid_from=dt.date(2000, 1, 1), valid_to=to,
            source="test", basis_kind="test",
        )  # fmt: skip
        with unit_of_work():
            people.record_facts(facts=[fact], actor=SYSTEM, now=NOW if to else LONG_AGO)

    def decide_rights(self, member: int, *, on: dt.date = dt.date(2026, 1, 5)) -> None:
        """Decide somebody's rights from a day on."""
        with unit_of_work():
            entitlements.decide(
                member_ids=[member], on=on, now=LONG_AGO if on.month == 1 else NOW, actor=SYSTEM
            )

    def card(self, member: int | None, kind: str = "senior") -> str:
        """Make a card known and bind it; returns its number."""
        number = f"{next(_serials):016d}"
        new = cards.NewCard(kind=kind, medium="easycard", numbers={"printed": number})
        with unit_of_work():
            [made] = cards.register_many(cards=[new], actor=SYSTEM, now=LONG_AGO)
            assert made.card_id is not None, made.refusal
        if member is not None:
            self.bind(number, member, at_=LONG_AGO)
        return number

    def bind(self, number: str, member: int, *, at_: dt.datetime) -> None:
        """Bind a card at an instant."""
        with unit_of_work():
            bind = cards.Bind(card_id=self.card_id(number), member_id=member)
            [bound] = cards.bind_many(binds=[bind], actor=SYSTEM, now=at_)
            assert bound.refusal is None, bound.refusal

    def unbind(self, number: str, *, at_: dt.datetime) -> None:
        """Take a card off its holder at an instant."""
        with unit_of_work():
            cards.unbind(card_id=self.card_id(number), actor=SYSTEM, now=at_)

    def card_id(self, number: str) -> int:
        """Return the id of a card."""
        found = cards.find(issuer="easycard", number_kind="printed", number=number)
        assert found is not None
        return found.card_id

    def tap(self, number: str, when: dt.datetime, leg: taps.Leg, **ride: Any) -> taps.TapRead:
        """Return what a device on a bus saw, or on whatever ``operator`` runs."""
        said = {"operator": "taoyuan-bus", "route": "5053"} | ride
        return taps.TapRead(
            self.device, 1, next(_seqs), when, "easycard", "printed", number,
            taps.RidePart(leg=leg, **said),
        )  # fmt: skip

    def take(self, *reads: taps.TapRead, now: dt.datetime = NOW, settle: bool = True) -> None:
        """Upload taps, and let the city see to them."""
        with clock.stopped_at(now):
            tapping.take(reads=reads, now=now)
            if settle:
                self.settle()

    def settle(self) -> None:
        """Hand events to who follows them until nothing is left."""
        with clock.stopped_at(NOW):
            while new := self._events():
                self._seen = new[-1].id
                for codes, handle in _HANDLERS:
                    if batch := [event for event in new if event.code in codes]:
                        with unit_of_work():
                            handle(batch)

    def rides(self, member: int, month: dt.date = MONTH) -> list["Stored"]:
        """Return a person's rides as they are in force."""
        found = rows(
            "SELECT boarded_at, charged_ntd, points_taken, fare_ntd, points, stored_ntd, cash_ntd,"
            " due_micro, collected_micro, subsidies, difference_micro, difference_kind, ended,"
            " b.reasons[reason + 1] AS reason FROM fares_ride r"
            " JOIN fares_decision d ON d.rider = r.rider AND d.local_month = r.local_month"
            " AND d.revision = r.revision JOIN fares_book b ON b.id = d.book_id"
            " WHERE r.rider = %s AND r.local_month = %s AND closed_at IS NULL"
            " ORDER BY boarded_at, seq",
            [member, month],
        )
        return [Stored(*row[:9], tuple(row.subsidies or ()), *row[10:]) for row in found]

    def points_left(self, member: int, on: dt.date = dt.date(2026, 3, 31)) -> int:
        """Return what the ledger says is left of the month."""
        found = ledger.balances(access=None, holders=[member], unit=UNIT, on=on)[member]
        return sum(lot.amount for lot in found.lots if lot.expires_on == on)

    def queue(self, rider: int) -> list[tuple[int, int, int]]:
        """Return the open differences of somebody: kind, dollars, points."""
        found = rows(
            "SELECT kind, amount_micro, points FROM fares_difference WHERE rider = %s"
            " AND state = 'open' ORDER BY boarded_at, seq",
            [rider],
        )
        return [(row.kind, row.amount_micro // 1_000_000, row.points) for row in found]

    def counts(self) -> tuple[int, ...]:
        """Return how many rows each table has that deciding and posting write."""
        tables = ("fares_ride", "fares_decision", "fares_difference", "ledger_transfer")
        return tuple(int(rows(f"SELECT count(*) AS n FROM {table}")[0].n) for table in tables)

    def decide_again(self, members: Sequence[int]) -> None:
        """Do every job again."""
        months = [(month, member) for member in members for month in (MONTH, next_month(MONTH))]
        with unit_of_work():
            riding.decide(months=months, now=NOW)
        riders = ((month, member) for month, member in months)
        with clock.stopped_at(NOW):
            for month, member in riders:
                event = Announced(
                    id=0, code=riding.DECIDED, at=NOW,
                    body={"month": month.isoformat(), "riders": [member]},
                )  # fmt: skip
                with unit_of_work():
                    riding.post_points([event])
        self.settle()

    def _events(self) -> list[Announced]:
        found = rows(
            "SELECT id, code, body::text AS body, recorded_at FROM infra_journal WHERE id > %s"
            " ORDER BY id",
            [self._seen],
        )
        return [
            Announced(id=row.id, code=row.code, body=json.loads(row.body), at=row.recorded_at)
            for row in found
        ]

    def _last_event(self) -> int:
        found = rows("SELECT coalesce(max(id), 0) AS id FROM infra_journal")
        return int(found[0].id)


class Stored(NamedTuple):
    """A ride as it is stored."""

    boarded_at: dt.datetime
    charged_ntd: int
    points_taken: int
    fare_ntd: int
    points: int
    stored_ntd: int
    cash_ntd: int
    due_micro: int
    collected_micro: int
    subsidies: tuple[int, ...]
    difference_micro: int
    difference_kind: int
    ended: int
    reason: str
