"""A batch of uses comes to what its uses come to alone; a lot that lapsed early stops nobody."""

import datetime as dt
from collections.abc import Sequence

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.entitlements import api as entitlements
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.entitlements.allowance_town import (
    D,
    decide,
    grant,
    lapse,
    local,
    lots,
    partner_has,
    put,
    say,
    senior,
    use,
)
from tests.entitlements.allowance_town import given as answered

pytestmark = pytest.mark.django_db
FIRST = D(2017, 3, 1)


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


Row = tuple[int, int, int, bool]
"""Whose, which of their uses, how many points, whole."""

PEOPLE = 3
CATEGORY = ("taxi", "tra", "taxi", "metro")
ROWS = st.tuples(
    st.integers(0, PEOPLE - 1),
    st.integers(0, len(CATEGORY) * 2 - 1),
    st.sampled_from([0, 1, 25, 31, 300, 790, 900]),
    st.booleans(),
)


def _use(members: Sequence[int], row: Row) -> entitlements.AllowanceUse:
    who, which, points, whole = row
    at = local(2017, 3, 4 + which * 4 % 28, 10) + dt.timedelta(minutes=which)
    category = CATEGORY[which % len(CATEGORY)]
    return use(members[who], points, at, which, category=category, whole=whole)


def _together(uses: Sequence[entitlements.AllowanceUse]) -> list[int]:
    names = entitlements.UseColumns.__dataclass_fields__
    columns = {name: [getattr(one, name) for one in uses] for name in names}
    with unit_of_work():
        return list(
            entitlements.set_use_columns(
                uses=entitlements.UseColumns(**columns), actor=SYSTEM, now=local(2017, 4, 1)
            )
        )


def _one_by_one(uses: Sequence[entitlements.AllowanceUse]) -> list[int]:
    """Those that come to less first, as a batch does, then the others in their order."""
    stands = {
        one.key: one.points for one in rows("SELECT key, points FROM entitlements_allowance_use")
    }
    known: dict[object, int] = {}
    less = [one for one in uses if _capped(one) <= stands.get(one.key, 0)]
    for one in [*less, *(one for one in uses if one not in less)]:
        known[one.key] = put(one, now=local(2017, 4, 1))[0].points
    return [known[one.key] for one in uses]


def _capped(one: entitlements.AllowanceUse) -> int:
    return min(one.points, 30) if one.category == "tra" else one.points


_KEPT = """
SELECT at, category, wanted, points, why, revision, moves IS NULL AS plain, moved
FROM entitlements_allowance_use ORDER BY at, category, wanted, points, why, revision
"""


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(ROWS, min_size=1, max_size=9, unique_by=lambda row: row[:2]),
        min_size=1,
        max_size=3,
    )
)
def test_a_batch_comes_to_what_its_uses_come_to_alone(batches: list[list[Row]]) -> None:
    ended = []
    for put_all in (_together, _one_by_one):
        with transaction.atomic():
            members = [senior(number) for number in range(PEOPLE)]
            told = []
            for batch in batches:
                uses = [_use(members, row) for row in batch]
                told.append(put_all(uses))
                before = _moves()
                assert _together(uses) == told[-1]  # the same again changes nothing
                assert _moves() == before
            kept = [tuple(one) for one in rows(_KEPT)]
            ended.append((told, [lots(member) for member in members], partner_has(), kept))
            assert ledger.verify() == []
            assert entitlements.verify(now=local(2017, 4, 1)) == []
            transaction.set_rollback(True)
    assert ended[0] == ended[1]


def _moves() -> int:
    return len(rows("SELECT FROM pub.ledger_transfers"))


def test_a_lot_that_lapsed_by_another_s_clock_gives_no_more_and_stops_nobody() -> None:
    late, other = senior(0), senior(1)
    at = local(2017, 3, 5, 10)
    put(use(late, 30, at, 1), use(late, 20, at, 2), use(other, 5, at, 1))
    lapse(local(2017, 4, 11, 1))
    behind = local(2017, 4, 5)  # this writer's clock has not come so far
    april = use(other, 40, local(2017, 4, 2, 9))
    found = put(use(late, 72, at, 1), use(late, 9, at, 3), april, now=behind)
    assert answered(found) == [(30, "too_late"), (0, "too_late"), (40, "")]
    assert [one.change for one in found] == [0, 0, 40]
    # what one gives back is there for another
    found = put(use(late, 10, at, 1), use(late, 9, at, 3), now=behind)
    assert answered(found) == [(10, ""), (9, "")]
    assert partner_has() == 10 + 20 + 9 + 5 + 40
    lapse(local(2017, 4, 12, 1))
    assert (lots(late), lots(other)) == ({}, {D(2017, 4, 30): 760})
    assert ledger.verify() == []
    assert entitlements.verify(now=behind) == []


def test_a_lot_that_was_raised_for_a_use_and_had_lapsed_gives_it_back() -> None:
    member = senior()
    at = local(2017, 3, 5, 10)
    put(use(member, 700, at, 1))
    say(member, "approval.senior-rides", True, since=D(2017, 1, 1), to=D(2017, 3, 20))
    decide(member, on=D(2017, 1, 1), today=D(2017, 4, 2))
    grant(FIRST, member, now=local(2017, 4, 2))
    lapse(local(2017, 4, 11, 1))
    found = put(use(member, 790, at, 1), now=local(2017, 4, 5))
    assert answered(found) == [(700, "too_late")]
    assert (lots(member), partner_has()) == ({}, 700)
    assert ledger.verify() == []
    assert entitlements.verify(now=local(2017, 4, 5)) == []


def test_a_till_whose_lot_has_lapsed_is_answered_that_the_purse_pays() -> None:
    member, at = senior(since=D(2025, 1, 1)), local(2026, 3, 30, 10)
    grant(D(2026, 3, 1), member)
    lapse(local(2026, 4, 11, 1))
    ask = entitlements.TillAsk(
        key=fact_key(at, "till", 1, 1, 1), at=at, member_id=member, category="tra",
        price_ntd=90, quantity=1, purse_ntd=60, agency="tra", service="tra",
    )  # fmt: skip
    with unit_of_work():
        [paid] = entitlements.pay_at_tills(asks=[ask], actor=SYSTEM, now=local(2026, 4, 2))
    assert (paid.points, paid.stored_value_ntd, paid.cash_ntd, paid.why) == (0, 60, 30, "too_late")
    assert entitlements.paid_before(keys=[ask.key], ats=[at]) == {ask.key: paid}
