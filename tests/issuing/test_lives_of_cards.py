"""Any order of clerks, printers and faults: every blank is accounted for and no card is made
twice."""

import contextlib
import datetime as dt
import hashlib
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.issuing import states
from citycard.issuing.ports import PrintResult
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import Refused

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)
COUNTERS = ("office-daan", "office-zhongzheng")
BLANKS = 4


def clerk(counter: str) -> Actor:
    return Actor(id=f"staff:{counter}", kind="staff", roles=frozenset({"clerk"}), counter=counter)


def blank(number: int) -> issuing.NewBlank:
    numbers = {"printed": f"{number:016d}", "chip_id": f"{number:010d}"}
    return issuing.NewBlank(medium="easycard", numbers=numbers)


def deliver(counter: str, first: int, many: int = BLANKS) -> list[issuing.Received]:
    with unit_of_work():
        return issuing.receive_blanks(
            counter=counter,
            blanks=[blank(first + n) for n in range(many)],
            actor=SYSTEM,
            now=NOW,
        )


def queue(parts: int) -> list[int]:
    new = [
        issuing.NewPrint(
            application_id=number,
            part_id=number,
            ref=f"A-{number}",
            member_id=number,
            card_kind="senior",
            counter=COUNTERS[0],
        )
        for number in range(1, parts + 1)
    ]
    with unit_of_work():
        return issuing.queue_prints(prints=new, actor=SYSTEM, now=NOW)


def act(step: str, print_id: int, counter: str, now: dt.datetime) -> None:
    """Take one step, as a clerk or the printer's job does; a refusal is an answer."""
    who, job = clerk(counter), issuing.print_job(print_id=print_id)
    with unit_of_work():
        if step == "preview":
            numbers = issuing.set_blank_aside(print_id=print_id, actor=who, now=now)
            drawn = issuing.Drawn(png=numbers["printed"].encode(), missing_glyphs=(), template="t")
            issuing.keep_drawing(
                print_id=print_id, number=numbers["printed"], drawn=drawn, actor=who, now=now
            )
        elif step == "print":
            png = scalar(
                "SELECT number FROM issuing_blank b JOIN issuing_print p ON p.blank_id ="
                " b.id WHERE p.id = %s",
                [print_id],
            )
            digest = hashlib.sha256((png or "").encode()).hexdigest()
            issuing.send_to_printer(print_id=print_id, sha256=digest, actor=who, now=now)
        elif step in ("printed", "fault"):
            orders = issuing.orders(print_ids=[print_id])
            said = [PrintResult(key=order.key, state=step) for order in orders]  # type: ignore[arg-type]  # one of the two
            issuing.record_printed(results=said, now=now)
        elif step == "late_answer":  # of an attempt that is over
            late = PrintResult(key=f"{job.public_id}.{job.attempt - 1}", state="fault")
            issuing.record_printed(results=[late], now=now)
        elif step == "spoil":
            issuing.spoil(print_id=print_id, reason="smeared", actor=who, now=now)
        elif step == "cancel":
            issuing.cancel(print_id=print_id, actor=who, now=now)
        else:
            issuing.hand_over(print_id=print_id, actor=who, now=now)


STEPS = st.tuples(
    st.sampled_from(
        ["preview", "print", "printed", "fault", "late_answer", "spoil", "cancel", "hand_over"]
    ),
    st.integers(0, 2),
    st.sampled_from(COUNTERS),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_the_count_adds_up(steps: list[tuple[str, int, str]]) -> None:
    with transaction.atomic():
        for place, counter in enumerate(COUNTERS):
            deliver(counter, place * 100 + 1)
        prints = queue(3)
        for second, (step, which, counter) in enumerate(steps):
            with contextlib.suppress(Refused):
                act(step, prints[which], counter, NOW + dt.timedelta(seconds=second))
            found = {one.check for one in issuing.verify(now=NOW)} - {"issuing.cards"}
            assert found == set()
            assert sum(each.received for each in issuing.stock()) == BLANKS * len(COUNTERS)
        live = rows(
            "SELECT print_id, count(*) FILTER (WHERE after = 'issued') AS issued"
            " FROM issuing_blank_move WHERE print_id IS NOT NULL GROUP BY 1"
        )
        assert all(one.issued <= 1 for one in live)
        transaction.set_rollback(True)


def test_a_delivery_is_taken_once_and_a_wrong_number_is_named() -> None:
    first = deliver(COUNTERS[0], 1)
    assert all(each.blank_id for each in first)
    with unit_of_work():
        again = issuing.receive_blanks(
            counter=COUNTERS[1],
            blanks=[
                blank(1),
                blank(99),
                blank(99),
                issuing.NewBlank(medium="easycard", numbers={"printed": "12", "chip_id": "1"}),
                issuing.NewBlank(medium="easycard", numbers={"chip_id": "0000000001"}),
                issuing.NewBlank(medium="virtual", numbers={"token": "V0123456789ABCDE"}),
                issuing.NewBlank(medium="paper", numbers={}),
            ],
            actor=SYSTEM,
            now=NOW,
        )
    codes = [each.refusal.code if each.refusal else None for each in again]
    assert codes[:5] == [
        "issuing.blank_known",
        None,
        "issuing.blank_known",
        "issuing.blank_number_wrong",
        "issuing.blank_number_wrong",
    ]
    assert codes[6] == "issuing.no_such_medium"
    (known,) = [each for each in issuing.stock(counter=COUNTERS[0])]
    assert known.in_stock == BLANKS


def test_a_damaged_blank_is_taken_out_once() -> None:
    deliver(COUNTERS[0], 1)
    arguments: dict[str, Any] = {
        "medium": "easycard",
        "number": f"{1:016d}",
        "reason": "bent",
        "actor": clerk(COUNTERS[0]),
        "now": NOW,
    }
    with unit_of_work():
        issuing.spoil_blank(**arguments)
    with pytest.raises(issuing.BlankNotInStock, match="spoiled"), unit_of_work():
        issuing.spoil_blank(**arguments)


def test_a_part_is_queued_once() -> None:
    assert queue(2) == queue(2)
    assert scalar("SELECT count(*) FROM issuing_print") == 2
    assert scalar("SELECT count(*) FROM infra_journal WHERE code = 'issuing.print.queued'") == 2


def test_the_ledger_of_blanks_is_append_only() -> None:
    from django.db import ProgrammingError

    deliver(COUNTERS[0], 1)
    for statement in (
        "UPDATE issuing_blank_move SET after = 'spoiled'",
        "DELETE FROM issuing_blank_move",
        "DELETE FROM issuing_blank",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            rows(f"{statement} RETURNING id")


def test_a_blank_moved_behind_the_ledgers_back_is_found() -> None:
    deliver(COUNTERS[0], 1)
    rows("UPDATE issuing_blank SET state = 'spoiled' WHERE number = %s RETURNING id", [f"{1:016d}"])
    assert [one.check for one in issuing.verify(now=NOW)] == ["issuing.stock"]
    assert set(states.BLANK) == {"in_stock", "loaded", "issued", "spoiled"}
