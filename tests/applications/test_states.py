"""Lives as data: every walk stays inside the table, ends in an end, and the card is chosen once."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from citycard.applications import states
from citycard.applications.deciding import (
    PartState,
    due_after_supplement,
    parts_that_make_cards,
    registers_to_ask,
    state_of_application,
)
from citycard.applications.forms import form
from citycard.issuing import states as issuing_states

ORDER = ("disability", "senior", "health")
KINDS = st.sampled_from([*ORDER, None])


@pytest.mark.parametrize(
    "table",
    [
        states.APPLICATION,
        states.PART,
        issuing_states.BLANK,
        issuing_states.PRINT,
        issuing_states.REGISTRATION,
    ],
)
def test_every_state_named_is_one_and_every_life_can_end(
    table: dict[str, frozenset[str]],
) -> None:
    assert frozenset[str]().union(*table.values()) <= set(table)
    ends = {state for state, after in table.items() if not after}
    for state in table:
        seen, coming = set(), {state}
        while coming:
            seen |= coming
            coming = frozenset[str]().union(*(table[each] for each in coming)) - seen
        assert seen & ends, f"{state} never ends"


def test_the_blank_follows_its_print() -> None:
    for before, afters in issuing_states.PRINT.items():
        for after in afters:
            was, becomes = (issuing_states.BLANK_WHILE[each] for each in (before, after))
            if was and becomes and was != becomes:
                assert becomes in issuing_states.BLANK[was]


class Parts(RuleBasedStateMachine):
    """Any order of agencies' decisions over three services: one card, of the right kind."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = {
            number: PartState(number, kind, False, states.IN_REVIEW)
            for number, kind in enumerate(ORDER)
        }
        self.printed: list[int] = []

    def become(self, number: int, after: str) -> None:
        part = self.parts[number]
        assert states.may_become(states.PART, part.state, after)
        self.parts[number] = PartState(number, part.card_kind, False, after)
        made = parts_that_make_cards(self.parts.values(), one_card=True, order=ORDER)
        self.printed += [each for each in made if each not in self.printed]

    @rule(number=st.integers(0, 2), after=st.sampled_from(sorted(states.PART)))
    def step(self, number: int, after: str) -> None:
        """Take any step that the table allows, completion aside."""
        if after != states.COMPLETED and after in states.PART[self.parts[number].state]:
            self.become(number, after)

    @precondition(lambda self: self.printed)
    @rule()
    def hand_over(self) -> None:
        """Hand the card over: everything approved that shares it is completed."""
        for number, part in self.parts.items():
            if part.state == states.APPROVED:
                self.become(number, states.COMPLETED)

    @invariant()
    def at_most_one_card(self) -> None:
        """However the agencies decide, one card is made."""
        assert len(self.printed) <= 1

    @invariant()
    def the_card_is_the_first_kind_approved(self) -> None:
        """The card's kind is the first of the order among all that are ever approved."""
        if not self.printed:
            return
        kind = self.printed[0]
        ranks = [
            number
            for number, part in self.parts.items()
            if part.state in (states.APPROVED, states.COMPLETED)
        ]
        assert kind == min(ranks)

    @invariant()
    def an_application_ends_when_all_parts_have(self) -> None:
        """It is open as long as one part is."""
        present = [part.state for part in self.parts.values()]
        ended = state_of_application(present)
        assert (ended is None) == any(state not in states.PART_ENDED for state in present)


TestParts = Parts.TestCase


def test_a_slow_agency_with_a_later_kind_holds_up_nobody() -> None:
    parts = [
        PartState(1, "senior", False, states.APPROVED),
        PartState(2, "health", False, states.SUPPLEMENT),
    ]
    assert parts_that_make_cards(parts, one_card=True, order=ORDER) == [1]
    parts = [
        PartState(1, "senior", False, states.IN_REVIEW),
        PartState(2, "health", False, states.APPROVED),
    ]
    assert parts_that_make_cards(parts, one_card=True, order=ORDER) == []


def test_a_companions_card_is_never_shared() -> None:
    parts = [
        PartState(1, "disability", False, states.APPROVED),
        PartState(2, "companion", False, states.APPROVED, alone=True),
    ]
    assert parts_that_make_cards(parts, one_card=True, order=ORDER) == [1, 2]


def test_where_each_service_has_a_card_of_its_own() -> None:
    parts = [
        PartState(1, "senior", False, states.APPROVED),
        PartState(2, "health", False, states.APPROVED),
        PartState(3, "general", True, states.APPROVED),
    ]
    assert parts_that_make_cards(parts, one_card=False, order=ORDER) == [1, 2]


@given(st.integers(0, 30), st.integers(0, 60), st.integers(0, 60))
def test_the_clock_stands_still_during_a_supplement(due: int, stop: int, back: int) -> None:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    due_at, stopped_at = start + dt.timedelta(days=due), start + dt.timedelta(days=stop)
    now = stopped_at + dt.timedelta(days=back)
    left = max(due_at - stopped_at, dt.timedelta())
    assert due_after_supplement(due_at, stopped_at, now) - now == left


def test_only_what_a_chosen_service_needs_is_asked() -> None:
    statuses = {
        "disability": {"register": "disability"},
        "disability-companion": {"register": "disability"},
        "low-income": {"register": "welfare"},
        "indigenous": {"register": "household"},
    }
    facts = {"status.disability", "status.indigenous", "registered_city"}
    wanted = form(code="taipei-card")
    assert registers_to_ask(wanted, ["disability-rides"], facts, statuses) == (
        "household",
        "disability.disability",
    )
    assert registers_to_ask(wanted, ["senior-rides"], facts, statuses) == ("household",)
