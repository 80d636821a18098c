"""Two hundred readers that are cut off for minutes to days (MISSION X2): what is lost is bounded,
nobody lets in what they knew to be lost, and the city ends in the same state whoever comes back
first."""

import random

import pytest

from citycard.agencies import api as agencies
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.taps import api as taps
from tests.offline.merging import merged, settle, taken_back
from tests.offline.trial import BEGIN, DAYS, HOUR, Clock, Given, Trial, upload
from tests.taps.town import NOW

READERS = 200
RESIDENTS = 120
ORDERS = 3


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("citycard.infra.clock.now", made)
    return made


@pytest.mark.slow
def test_readers_that_are_cut_off_lose_little_and_merge_in_any_order(
    db: None, clock: Clock
) -> None:
    trial = Trial(clock, readers=READERS, residents=RESIDENTS)
    trial.run(taps_each=9, losses=18)
    assert trial.wrongly_accepted() == []
    flashed = trial.posts[1]
    _flash_and_notice(trial, clock)
    clock.at = NOW
    uploads = trial.uploads()
    found, answered = [], []
    for seed in range(ORDERS):
        order = random.Random(seed).sample(uploads, len(uploads))
        with taken_back():
            told: dict[tuple[int, int, int], str] = {}
            settled = 0
            for n, (post, body) in enumerate(order):
                told |= upload(post, body, NOW)
                if n % 10 == 0:
                    settled = settle(after=settled)
            settle(after=settled)
            found.append(merged())
            answered.append(told)
            lost = taps.losses(since=BEGIN - HOUR, until=NOW, limit=100_000)
    assert all(one == answered[0] for one in answered), "a reader was answered otherwise"
    for name in found[0]:
        assert all(one[name] == found[0][name] for one in found), f"{name} depend on the order"
    _is_bounded(lost)
    assert trial.online, "nothing was asked of the city: no trial"
    assert flashed.reader is not trial.posts[1].reader


def _flash_and_notice(trial: Trial, clock: Clock) -> None:
    """A reader that lost its memory uses its numbers again: it is noticed at its first upload, and
    accepts nothing until it has a new key."""
    post = trial.posts[1]
    clock.at = BEGIN + DAYS * 24 * HOUR + HOUR
    post.down.clear()
    post.line.is_up = True
    post.reader.upload()
    post = trial.flash(post)
    post.line.is_up = False
    trial.posts[1].down.append((clock.at, clock.at + 2 * HOUR))
    before = len(trial.given)
    trial.tap(post)
    assert not trial.given[before].accepted, "a reader without a snapshot let somebody in"
    clock.at += 3 * HOUR
    post.line.is_up = True
    post.reader.upload()
    assert post.offline.stopped
    [health] = [one for one in taps.reader_health() if one.reader_id == post.line.reader.device_id]
    assert health.conflicts == 1
    post.down.append((clock.at, clock.at + HOUR))
    trial.tap(post)
    assert not trial.given[-1].accepted
    with unit_of_work():
        assert post.device.device_id is not None
        agencies.rotate_device_key(device_id=post.device.device_id, actor=SYSTEM, now=clock.at)


def _is_bounded(lost: list[taps.Loss]) -> None:
    limits = current_pack().table("offline")["limits"]["default"]
    points = [one for one in lost if one.amount]
    assert points, "no clone overspent: no trial"
    assert any(one.why == "blocked" for one in lost), "no reader was behind a loss: no trial"
    blocked = [one for one in lost if one.why == "blocked"]
    assert {(one.report, one.reader_knew) for one in blocked} == {("after", False)}
    assert sum(one.amount for one in points) <= READERS * limits["points_in_all_each_month"]
    of_card: dict[tuple[int | None, int], int] = {}
    for one in points:
        of_card[one.card_id, one.reader_id] = (
            of_card.get((one.card_id, one.reader_id), 0) + one.amount
        )
    assert max(of_card.values()) <= limits["points_per_card_each_month"]
    assert all(one.posted == one.amount for one in points)


def test_the_trial_notices_a_reader_that_ignores_its_list(db: None, clock: Clock) -> None:
    trial = Trial(clock, readers=2, residents=3)
    trial.lose(trial.numbers[0])
    service = trial.posts[0].line.reader.service
    trial.given.append(Given(1, trial.numbers[0], service, 1, True))
    assert trial.wrongly_accepted() == []  # that snapshot was from before
    trial.given.append(Given(1, trial.numbers[0], service, 2, True))
    assert len(trial.wrongly_accepted()) == 1
