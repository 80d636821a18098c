"""What stands beside a card's number says the same as its whole life does: for any life of some
cards and a tap at any instant, the look-up agrees with a plain re-computation."""

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import tapping
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.errors import Refused
from citycard.taps.api import Code
from tests.taps.town import NOW, Town, tap

START = NOW - dt.timedelta(days=200)
HOUR = dt.timedelta(hours=1)
TAIPEI = dt.timezone(8 * HOUR)
_numbers, _seqs = itertools.count(7_000_000_000_000_000), itertools.count(1)

STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 1, 30)),  # hours after the step before
        st.sampled_from(("bind", "bind", "unbind", "lose", "suspend", "resume", "return")),
        st.integers(0, 1),
        st.integers(0, 1),
    ),
    max_size=9,
)
LIVES = st.tuples(
    st.sampled_from((None, 0, 1, 3)),  # the days after which the card expires
    st.sampled_from(("active", "active", "issued")),
)
INSTANTS = st.lists(st.integers(-2, 90), max_size=5)  # hours after the start


@dataclass
class Life:
    """A card as the test remembers it."""

    card_id: int
    number: str
    expires_on: dt.date | None
    states: list[tuple[dt.datetime, str]]
    held: list[list[Any]] = field(default_factory=list)  # member, binding, from, to

    def expected(self, at: dt.datetime) -> tuple[Code, int | None, int | None]:
        """Return what a tap is told, and under whose name and which binding it is kept."""
        known = [state for since, state in self.states if since <= at]
        holder = [(one[0], one[1]) for one in self.held if one[2] <= at and at < (one[3] or NOW)]
        [(member, binding)] = holder or [(None, None)]
        ended = self.expires_on is not None and self.expires_on <= at.astimezone(TAIPEI).date()
        if not known:
            return Code.UNKNOWN_CARD, member, binding
        if known[-1] != "active" or ended:
            return Code.BLOCKED, member, binding
        return (Code.ACCEPTED if holder else Code.NOT_BOUND), member, binding

    def freed(self, now: dt.datetime) -> None:
        for one in self.held:
            one[3] = one[3] or max(now, one[2] + dt.timedelta(microseconds=1))


def begin(expires: int | None, state: str) -> Life:
    number = str(next(_numbers))
    ends = None if expires is None else START.astimezone(TAIPEI).date() + dt.timedelta(expires)
    new = cards.NewCard(
        kind="general",
        medium="easycard",
        numbers={"printed": number},
        expires_on=ends,
        state=state,
    )
    with unit_of_work():
        [made] = cards.register_many(cards=[new], actor=SYSTEM, now=START)
    assert made.card_id is not None
    return Life(made.card_id, number, ends, [(START, state)])


def live(life: Life, action: str, member: int, now: dt.datetime) -> None:
    """Do something with a card, or be refused, and remember what was done."""
    asked: dict[str, Any] = {"card_id": life.card_id, "actor": SYSTEM, "now": now}
    try:
        with unit_of_work():
            if action == "bind":
                wanted = [cards.Bind(card_id=life.card_id, member_id=member)]
                [bound] = cards.bind_many(binds=wanted, actor=SYSTEM, now=now)
                if bound.refusal is None and not bound.already:
                    life.held.append([member, bound.binding_id, now, None])
            elif action == "unbind":
                cards.unbind(**asked)
                _renamed(life, now)
            elif action == "suspend":
                cards.suspend(**asked, why="holder_asked")
                life.states.append((now, "suspended"))
            elif action == "resume":
                cards.resume(**asked)
                life.states.append((now, "active"))
            elif action == "lose":
                cards.report_lost(**asked)
                life.states.append((now, "lost"))
                _renamed(life, now)
            else:
                cards.end(**asked, state="returned", why="returned")
                life.states.append((now, "returned"))
                _renamed(life, now)
    except Refused:
        pass


def _renamed(life: Life, now: dt.datetime) -> None:
    """A binding that ends is written anew, closed: under a number of its own."""
    life.freed(now)
    known = "SELECT lower(bound) AS since, binding_id FROM pub.bindings WHERE card_id = %s"
    numbers = {one.since: one.binding_id for one in rows(known, [life.card_id])}
    for one in life.held:
        one[1] = numbers[one[2]]


def tapped(
    reader: agencies.EnrolledDevice, asked: list[tuple[Life, dt.datetime]]
) -> list[tuple[Code, int | None, int | None]]:
    """Take a batch of taps and return what was told and what is kept of each."""
    reads = [tap(reader, next(_seqs), life.number, at=at) for life, at in asked]
    told = tapping.take(reads=reads, now=NOW)
    kept = {
        one.seq: one
        for one in rows(
            "SELECT seq, card_id, member_id, binding_id FROM taps_tap WHERE reader_id = %s",
            [reader.device_id],
        )
    }
    assert [kept[read.seq].card_id for read in reads] == [life.card_id for life, _ in asked]
    return [
        (answer.code, kept[read.seq].member_id, kept[read.seq].binding_id)
        for read, answer in zip(reads, told, strict=True)
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lives=st.tuples(LIVES, LIVES), steps=STEPS, instants=INSTANTS)
def test_a_tap_at_any_instant_of_any_life_is_found_as_its_whole_history_says(
    town: Town, lives: Any, steps: Any, instants: Any
) -> None:
    with transaction.atomic():  # one that fails leaves the next a whole transaction
        members, reader = town.residents(2), town.reader()
        own = [begin(expires, state) for expires, state in lives]
        now, marks = START, [START]
        for hours, action, which, member in steps:
            now += hours * HOUR
            marks.append(now)
            live(own[which], action, members[member], now)
        times = [START + hours * HOUR for hours in instants] + marks
        moved = [at + dt.timedelta(microseconds=by) for at in times for by in (-1, 0, 1)]
        asked = [(life, at) for life in own for at in moved]
        assert tapped(reader, asked) == [life.expected(at) for life, at in asked]
        assert cards.verify() == []
