"""A policy is tried on months as they were: today's rules give what was booked, the proposal its
difference, and nothing is written."""

import datetime as dt

import numpy as np
import pytest

from citycard.fares import api as fares
from citycard.fares.estimating import whole
from citycard.flows import trying_policies
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.packs import current_pack, proposed
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.fares.riding_town import MONTH, NOW, Town, at

pytestmark = [pytest.mark.city("taoyuan"), pytest.mark.usefixtures("city")]

NOBODY = fares.Guess("low", {})
MORE = fares.Guess("high", {"taxi": 50})
TODAY = NOW.date()


@pytest.fixture(scope="module")
def town(city) -> Town:
    made = Town()
    for n in range(12):
        member = made.resident("senior-rides")
        card = made.card(member)
        for day in range(1, 4 + n % 3):
            out = made.tap(card, at(day, 9, 30), "out", stop="")
            made.take(made.tap(card, at(day, 9), "in"), out)
        made.take(made.tap(card, at(20, 8), "whole", operator="tra", route="", fare_ntd=150))
    return made


def lower_allowance(amount: int) -> str:
    return (
        "senior-rides: {gives: {subsidy_points_each_month:"
        f" [{{from: 2015-09-01, amount: {amount}, source: proposal}}]}}}}"
    )


def trial(changes: dict[str, str], *guesses: fares.Guess) -> fares.PolicyTrial:
    proposal = proposed(city=current_pack(), changes=changes)
    return trying_policies.try_policy(
        proposal=proposal, months=[MONTH], guesses=guesses or (NOBODY,), today=TODAY
    )


def test_the_rules_in_force_give_what_was_booked_to_the_dollar(town: Town) -> None:
    found = trial({})
    booked = rows(
        "SELECT count(*) AS rides, sum((SELECT sum(s) FROM unnest(subsidies) s)) AS micro"
        " FROM fares_ride WHERE closed_at IS NULL"
    )[0]
    assert (found.booked_rides, found.other_rides) == (booked.rides, 0)
    assert found.all.before_ntd == found.all.after_ntd == whole(int(booked.micro))
    assert found.all.guesses == (fares.Estimate(0, 0, 0),)
    assert found.rides == booked.rides


def test_a_smaller_allowance_costs_the_city_less_and_riders_more(town: Town) -> None:
    found = trial({"entitlements": lower_allowance(10)})
    assert found.all.people == 12
    saved = (found.all.before_ntd or 0) - (found.all.after_ntd or 0)
    assert saved > 0
    assert found.lose == 12
    assert found.gain == 0
    assert found.own_after_ntd - found.own_before_ntd == saved
    (change,) = found.all.guesses or ()
    assert change.ntd == -saved
    assert change.low <= change.ntd <= change.high < 0
    assert sum(line.before_ntd or 0 for line in found.by_mode) == found.all.before_ntd


def test_nothing_is_written_and_the_citys_rules_are_back(town: Town) -> None:
    tables = ("fares_ride", "fares_decision", "ledger_transfer", "entitlements_allowance")
    before = [rows(f"SELECT count(*) AS n FROM {table}")[0].n for table in tables]
    trial({"entitlements": lower_allowance(10)})
    assert [rows(f"SELECT count(*) AS n FROM {table}")[0].n for table in tables] == before
    assert trial({}).other_rides == 0


def test_riders_follow_lower_prices_as_far_as_the_officer_guesses(town: Town) -> None:
    more = fares.Guess("high", {"train": 50, "tra": 50, "bus": 50})
    found = trial({"entitlements": lower_allowance(10)}, NOBODY, more)
    low, high = found.all.guesses or ()
    assert low == high  # nobody pays less: nobody rides more


def test_few_people_are_not_told_of(town: Town) -> None:
    member = town.resident("senior-rides", born=dt.date(1930, 1, 1))
    town.take(town.tap(town.card(member), at(9, 9), "whole", operator="tra", route="", fare_ntd=90))
    found = trial({})
    assert {line.people for line in found.by_age} == {None}  # one of 96: their neighbours go along
    assert found.all.people == 13


@pytest.mark.parametrize(("months", "refusal"), [
    ([dt.date(2020, 1, 1)], trying_policies.NoRides),
])  # fmt: skip
def test_a_month_without_rides_says_so(
    town: Town, months: list[dt.date], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        trying_policies.try_policy(
            proposal=current_pack(), months=months, guesses=[NOBODY], today=TODAY
        )


def test_who_holds_a_right_is_not_tried_on_stored_rides(town: Town) -> None:
    with pytest.raises(trying_policies.ChangesWhoHolds):
        trial({"entitlements": "senior-rides: {who: {age_at_least: 70, all: null}}"})


def test_an_interval_holds_the_truth_about_nine_times_in_ten() -> None:
    """Samples of a known people: the interval of most holds what all of them come to."""
    random = np.random.default_rng(3)
    everybody = random.gamma(0.6, 200.0, 200_000) * 1e6
    share, held = 2_000, 0
    truth = everybody.mean() * share / 1e6
    for n in range(60):
        sample = random.choice(everybody, share).astype(np.int64)
        group = np.zeros(share, np.int64)
        (one, _) = fares.estimates(change=sample, group=group, groups=1, seed=n)
        held += one.low <= truth <= one.high
    assert 46 <= held <= 60


def test_a_trial_is_asked_for_and_run_by_the_job(town: Town) -> None:
    new = fares.NewTrial(
        title="每月10點",
        months=[MONTH],
        changes={"entitlements": lower_allowance(10)},
        settings={"x": (800, 10)},
        guesses=[NOBODY, MORE],
    )
    number = trying_policies.ask(new=new, actor=SYSTEM, now=NOW)
    assert fares.trial(trial_id=number).state == "waiting"
    trying_policies.go_on(NOW)
    found = fares.trial(trial_id=number)
    assert (found.state, found.done, found.said) == ("done", found.whole, "")
    assert found.figures == trial({"entitlements": lower_allowance(10)}, NOBODY, MORE)
    with unit_of_work():
        assert fares.take_trial(now=clock.now()) is None


def test_a_trial_is_run_by_one_and_taken_over_after_its_lease(town: Town) -> None:
    new = fares.NewTrial(
        title="t",
        months=[MONTH],
        changes={"entitlements": lower_allowance(10)},
        settings={},
        guesses=[NOBODY],
    )
    number = trying_policies.ask(new=new, actor=SYSTEM, now=NOW)
    taken, again, later = [], NOW + dt.timedelta(minutes=4), NOW + dt.timedelta(minutes=6)
    for when in (NOW, again, later):
        with unit_of_work():
            taken.append(fares.take_trial(now=when))
    assert [one and one.id for one in taken] == [number, None, number]
    with unit_of_work():
        fares.finish_trial(trial_id=number, figures=None, said="x", now=later)


def test_a_trial_that_breaks_holds_up_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    new = fares.NewTrial(
        title="t",
        months=[MONTH],
        changes={"entitlements": lower_allowance(10)},
        settings={},
        guesses=[NOBODY],
    )
    number = trying_policies.ask(new=new, actor=SYSTEM, now=NOW)

    def broken(**_: object) -> fares.PolicyTrial:
        raise ZeroDivisionError

    monkeypatch.setattr(trying_policies, "try_policy", broken)
    with pytest.raises(ZeroDivisionError):
        trying_policies.go_on(NOW)
    found = fares.trial(trial_id=number)
    assert (found.state, found.said) == ("refused", "ZeroDivisionError")


def test_a_proposal_without_a_change_is_refused_at_once(town: Town) -> None:
    new = fares.NewTrial(title="t", months=[MONTH], changes={}, settings={}, guesses=[NOBODY])
    with pytest.raises(trying_policies.NothingProposed):
        trying_policies.ask(new=new, actor=SYSTEM, now=NOW)
