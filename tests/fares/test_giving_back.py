"""Differences on a refund run: they wait with it, end with it, or are open again."""

import pytest

from citycard.fares import api as fares
from citycard.flows import activating
from citycard.infra.database import execute
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.fares.riding_town import LONG_AGO, NOW, Town, at

pytestmark = pytest.mark.django_db
RUN = 7


@pytest.fixture
def over(db: None, monkeypatch: pytest.MonkeyPatch) -> fares.OpenDifference:
    """A ride for which the taxi took 29 dollars too much."""
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")
    activating.activate(pack=current_pack(), now=LONG_AGO)
    town = Town()
    number = town.card(town.resident("senior-rides"))
    taxi = {"operator": "love-taxi", "route": ""}
    town.take(town.tap(number, at(7, 8), "whole", fare_ntd=101, charged_ntd=130, **taxi))
    [found] = fares.differences()
    return found


def put_on(over: fares.OpenDifference) -> None:
    with unit_of_work():
        fares.put_on_refund_run(ids=[over.id], run=RUN, note="多收", actor=SYSTEM)


def take_off() -> list[fares.OpenDifference]:
    with unit_of_work():
        fares.take_off_refund_run(run=RUN, actor=SYSTEM, now=NOW)
    return fares.differences()


def end(count: int = 1) -> None:
    with unit_of_work():
        fares.end_by_refund_run(run=RUN, count=count, now=NOW)


def a_rest_is_found(over: fares.OpenDifference, micro: int) -> None:
    """As the deciding leaves it, when a later tap changes a ride that was seen to."""
    with unit_of_work():
        execute(
            "INSERT INTO fares_difference (reader_id, epoch, seq, rider, boarded_at, found_at,"
            " local_month, operator_id, route_id, amount_micro, points, kind)"
            " SELECT reader_id, epoch, seq, rider, boarded_at, found_at, local_month, operator_id,"
            " route_id, %s, 0, kind FROM fares_difference WHERE id = %s",
            [micro, over.id],
        )


def test_what_waits_is_not_open_and_comes_back_as_it_was(over: fares.OpenDifference) -> None:
    put_on(over)
    assert fares.differences() == []
    [waiting] = fares.differences(run=RUN, open_only=False)
    assert (waiting.state, waiting.ended_at) == ("refunding", None)
    with pytest.raises(fares.DifferenceEnded):
        put_on(over)
    assert take_off() == [over]


def test_a_released_run_ends_all_of_its_differences_or_none(over: fares.OpenDifference) -> None:
    put_on(over)
    with pytest.raises(fares.RefundOutdated) as no:
        end(count=2)
    assert no.value.facts == {"changed": 1}
    end()
    [ended] = fares.differences(run=RUN, open_only=False)
    assert (ended.state, ended.ended_at) == ("refund", NOW)
    assert take_off() == [over]


def test_with_a_rest_in_the_queue_one_difference_stands_for_both(
    over: fares.OpenDifference,
) -> None:
    put_on(over)
    end()
    a_rest_is_found(over, -5_000_000)
    [one] = take_off()
    assert one.amount_micro == over.amount_micro - 5_000_000
    assert fares.differences(run=RUN, open_only=False) == []
    assert fares.verify() == []
