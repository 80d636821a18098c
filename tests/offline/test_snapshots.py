"""A reader proves what it is given, and answers by it alone when the city is away."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import snapshotting
from citycard.infra import signers
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.portals.gate.snapshots import Shelves
from citycard_reader import NotTrusted, Offline
from citycard_reader.documents import joined, parsed, split
from tests.offline.lines import Line, city_key, gate_reader, reader
from tests.taps.town import NOW, Town


class Clock:
    """A clock that the test sets."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def __call__(self) -> dt.datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(NOW)
    monkeypatch.setattr("citycard.infra.clock.now", made)
    return made


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def shelved() -> Shelves:
    """Return what a gate has in memory just now."""
    shelves = Shelves()
    shelves._refresh()
    return shelves


def lose(number: str, town: Town, clock: Clock) -> None:
    """Report a card lost, and let the event be followed."""
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(number), actor=SYSTEM, now=clock.at)
    follow(town.card_id(number))


def follow(*card_ids: int) -> None:
    from citycard.infra.journal import Announced

    event = Announced(
        id=1, code="cards.card.reported_lost", body={"card_ids": list(card_ids)}, at=NOW
    )
    with unit_of_work():
        snapshotting.follow_cards([event])


def a_reader(town: Town, clock: Clock, *args: str, path: Path | str = ":memory:") -> tuple:  # type: ignore[type-arg]
    enrolled = town.reader(*args)
    assert enrolled.device_id is not None
    snapshotting.build(clock.at)
    line = Line(shelved(), gate_reader(enrolled.device_id), clock)
    made, offline, journal = reader(line, now=clock, key=city_key(clock.at), path=path)
    made.poll()
    return line, made, offline, journal


def test_a_reader_answers_alone_by_its_snapshot(town: Town, clock: Clock) -> None:
    [known, other] = town.cards(town.residents(2))
    line, made, _, journal = a_reader(town, clock)
    line.is_up = False
    assert made.tap(known).offline.is_accepted
    assert made.tap("9999999999999999").code == "unknown_card"
    line.is_up = True
    lose(other, town, clock)
    line.shelves = shelved()
    assert made.poll()
    line.is_up = False
    assert made.tap(other).code == "blocked"
    line.is_up = True
    assert made.upload() == 3
    assert [one["code"] for one in answers(journal)] == ["accepted", "unknown_card", "blocked"]


def answers(journal: object) -> list[dict[str, object]]:
    import json

    found = journal._db.execute("SELECT answer FROM tap ORDER BY epoch, seq")  # type: ignore[attr-defined]
    return [json.loads(answer) for (answer,) in found]


def test_an_online_tap_is_the_city_s_and_a_lost_answer_decides_nothing(
    town: Town, clock: Clock
) -> None:
    [number] = town.cards(town.residents(1))
    line, made, _, journal = a_reader(town, clock)
    assert made.tap(number).offline is None
    line.lose_answers = True
    assert made.tap(number) is None  # the city may have taken it: ask for the card again
    line.lose_answers, line.is_up = False, False
    assert made.tap(number).offline.is_accepted
    line.is_up = True
    clock.at += dt.timedelta(seconds=2)
    made.upload()
    assert [one["code"] for one in answers(journal)] == ["accepted"] * 3


def test_an_old_snapshot_decides_nothing_but_a_refusal(town: Town, clock: Clock) -> None:
    [good, lost] = town.cards(town.residents(2))
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(lost), actor=SYSTEM, now=clock.at)
    line, made, *_ = a_reader(town, clock)
    line.is_up = False
    clock.at += dt.timedelta(hours=25)
    assert made.tap(good).code == "no_snapshot"
    assert made.tap(lost).code == "blocked"
    clock.at -= dt.timedelta(hours=26)  # its clock was set back: that makes nothing young again
    assert made.tap(good).code == "no_snapshot"


def test_a_word_of_freshness_keeps_a_snapshot_young(town: Town, clock: Clock) -> None:
    [good] = town.cards(town.residents(1))
    line, made, *_ = a_reader(town, clock)
    clock.at += dt.timedelta(hours=20)
    snapshotting.refresh(clock.at)
    line.shelves = shelved()
    assert not made.poll()
    line.is_up = False
    clock.at += dt.timedelta(hours=20)
    assert made.tap(good).offline.is_accepted


def test_limits_hold_for_each_card(town: Town, clock: Clock) -> None:
    [one, other] = town.cards(town.residents(2))
    line, made, *_ = a_reader(town, clock)
    line.is_up = False
    said = [made.tap(one).code for _ in range(21)]
    assert said == ["accepted"] * 20 + ["limit_reached"]
    assert made.tap(other).code == "accepted"
    assert made.tap(other, points=100).offline.points == 100
    assert made.tap(other, points=1).code == "limit_reached"
    clock.at += dt.timedelta(hours=20)
    assert made.tap(one).code == "accepted"  # another day


def test_a_snapshot_outlives_a_restart_and_a_changed_key(
    town: Town, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    keys = tmp_path / "keys.json"
    shutil.copy(__import__("os").environ["CITYCARD_KEYS"], keys)
    monkeypatch.setenv("CITYCARD_KEYS", str(keys))
    [number] = town.cards(town.residents(1))
    pinned = city_key(clock.at)
    line, made, offline, _ = a_reader(town, clock, path=tmp_path / "reader.db")
    new = signers.rotate_signer(now=clock.at, old_good_for=dt.timedelta(days=7))
    town.card(town.residents(1)[0])
    clock.at += dt.timedelta(hours=1)
    snapshotting.build(clock.at)
    line.shelves = shelved()
    assert made.poll()  # the new key is named by the old one
    offline.close()
    assert signers.signers(now=clock.at)[-1].kid == new.kid
    again = Offline(tmp_path / "reader.db", service=line.reader.service, key=pinned, now=clock)
    assert again.version == 2
    decided = again.decide(number, issuer="easycard", kind="printed", at=clock.at)
    assert decided.is_accepted
    clock.at += dt.timedelta(days=8)  # the old key is at its end
    snapshotting.build(clock.at)
    assert [one.kid for one in signers.signers(now=clock.at)] == [new.kid]
    again.take(shelved()._shelves["sports-visit"].after(2))
    late = Offline(":memory:", service="sports-visit", key=pinned, now=clock)
    with pytest.raises(NotTrusted, match="not known"):
        late.take(shelved()._shelves["sports-visit"].after(2))


def forged(documents: list[bytes]) -> list[Callable[[], bytes]]:
    base = documents[0]
    return [
        lambda: base[:-1] + bytes([base[-1] ^ 1]),  # the signature
        lambda: base.replace(b'"without_snapshot": "refuse"', b'"without_snapshot": "accept"'),
        lambda: base[:-70] + bytes([base[-70] ^ 1]) + base[-69:],  # a mark
        lambda: base[:200],
        lambda: b"CCS1" + bytes(80),
    ]


def test_what_is_forged_altered_or_cut_off_is_refused(town: Town, clock: Clock) -> None:
    town.cards(town.residents(1))
    line, *_ = a_reader(town, clock)
    stream = line.said[-1]
    for forge in forged(list(split(stream))):
        fresh = Offline(":memory:", service="sports-visit", key=city_key(clock.at), now=clock)
        with pytest.raises(NotTrusted):
            fresh.take(joined([forge()]))
        assert fresh.version == 0
    for cut in (3, 40, len(stream) - 1):
        with pytest.raises(NotTrusted):
            Offline(":memory:", service="sports-visit", key=city_key(clock.at), now=clock).take(
                stream[:cut]
            )


def test_another_service_s_snapshot_is_refused(town: Town, clock: Clock) -> None:
    town.cards(town.residents(1))
    line, *_ = a_reader(town, clock)
    other = Offline(":memory:", service="activity", key=city_key(clock.at), now=clock)
    with pytest.raises(NotTrusted, match="service"):
        other.take(line.said[-1])


def test_nothing_goes_back_and_nothing_is_left_out(town: Town, clock: Clock) -> None:
    [one, two, three] = town.cards(town.residents(3))
    line, made, offline, _ = a_reader(town, clock)
    [base, *_] = split(line.said[-1])
    changes = []
    for number in (one, two):
        clock.at += dt.timedelta(minutes=1)
        lose(number, town, clock)
    line.shelves = shelved()
    stream = line.shelves._shelves["sports-visit"].after(1)
    changes = list(split(stream))
    assert len(changes) == 3  # two changes and the word of freshness
    with pytest.raises(NotTrusted, match="follow"):
        offline.take(joined(changes[1:]))  # the first is left out
    offline.take(joined(changes))
    assert offline.version == 3
    with pytest.raises(NotTrusted, match="follow"):
        offline.take(joined(changes[:1]))  # replayed
    with pytest.raises(NotTrusted, match="older"):
        offline.take(joined([base]))  # rolled back
    assert offline.decide(one, issuer="easycard", kind="printed", at=clock.at).code == "blocked"
    # a new base goes on where the line stands
    clock.at += dt.timedelta(hours=25)
    snapshotting.build(clock.at)
    line.shelves = shelved()
    assert made.poll()
    assert offline.version == 4
    assert offline.decide(three, issuer="easycard", kind="printed", at=clock.at).is_accepted


def test_marks_are_the_service_s_own_and_rarely_meet() -> None:
    form = cards.snapshot_format
    assert form.mark(b"a" * 32, 5, "i", "k", "1") != form.mark(b"b" * 32, 5, "i", "k", "1")
    for count in (1, 1_000, 720_000, 23_000_000):
        size = form.mark_bytes(count, per_billion=1000)
        assert form.false_accept(count, size) <= 1e-6
        assert size == 4 or form.false_accept(count, size - 1) > 1e-6


def test_the_clock_of_a_loss(town: Town, clock: Clock) -> None:
    [number] = town.cards(town.residents(1))
    line, made, *_ = a_reader(town, clock)
    assert cards.loss_clock(card_id=town.card_id(number)) is None
    lose(number, town, clock)
    line.shelves = shelved()
    made.poll()
    clock.at += dt.timedelta(seconds=20)
    made.poll()  # it says which version it holds by asking for what comes after
    line.shelves._note()
    told = cards.loss_clock(card_id=town.card_id(number))
    assert told is not None
    assert (told.reported_at, told.published_at, told.known, told.readers) == (NOW, NOW, 1, 1)
    assert told.last_known_at == NOW + dt.timedelta(seconds=20)


def test_a_base_that_waited_for_a_later_word_is_taken(town: Town, clock: Clock) -> None:
    town.cards(town.residents(1))
    line, made, offline, _ = a_reader(town, clock)
    clock.at += dt.timedelta(hours=25)
    began = clock.at  # other services' bases come first, and meanwhile …
    clock.at += dt.timedelta(seconds=2)
    snapshotting.refresh(clock.at)
    line.shelves = shelved()
    assert not made.poll()  # it holds the later word now
    [plan] = snapshotting.plans()
    assert snapshotting.build_service(plan=plan, now=began) == 1
    line.shelves = shelved()
    assert made.poll()
    assert offline.version == 2
    snapshotting.refresh(began)  # a job that waited takes no word back either
    fresh, _ = parsed(shelved()._shelves["sports-visit"].fresh)
    assert dt.datetime.fromisoformat(fresh["at"]) == clock.at


def another_kind(*, profile: str = "easycard_chip_id") -> None:
    """Enrol a reader of another number kind: the service's next base is of another plan."""
    new = agencies.NewDevice(
        code="R-other",
        kind="reader",
        agency="sports",
        place="",
        service="sports-visit",
        number_profile=profile,
    )
    with unit_of_work():
        [enrolled] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=NOW)
    assert enrolled.device_id is not None


def test_a_card_lost_before_the_next_plan_s_base_is_on_the_list_at_once(
    town: Town, clock: Clock
) -> None:
    [number, good] = town.cards(town.residents(2))
    card_id = town.card_id(number)
    line, made, offline, _ = a_reader(town, clock)
    another_kind()
    lose(number, town, clock)
    line.shelves = shelved()
    assert made.poll()
    line.is_up = False
    assert made.tap(number).code == "blocked"
    assert made.tap(good).offline.is_accepted
    assert cards.first_versions(card_ids=[card_id]) == {(card_id, "sports-visit"): 2}
    line.is_up = True
    snapshotting.build(clock.at)
    line.shelves = shelved()
    assert made.poll()
    assert offline.version == 3
    assert offline.decide(number, issuer="easycard", kind="printed", at=clock.at).code == "blocked"


def reported(number: str, town: Town, clock: Clock) -> int:
    """Report a card lost; those who follow have not got to it yet."""
    card_id = town.card_id(number)
    with unit_of_work():
        cards.report_lost(card_id=card_id, actor=SYSTEM, now=clock.at)
    return card_id


def test_whichever_document_names_a_lost_card_first_is_noted(town: Town, clock: Clock) -> None:
    [before, by_delta, stopped, by_base] = town.cards(town.residents(4))
    earlier = reported(before, town, clock)
    line, made, *_ = a_reader(town, clock)  # the service's first list names it
    clock.at += dt.timedelta(minutes=5)
    reported(by_delta, town, clock)
    snapshotting.build(clock.at)  # the clock was sooner than those who follow
    follow(town.card_id(by_delta))
    with unit_of_work():
        cards.suspend(card_id=town.card_id(stopped), why="holder_asked", actor=SYSTEM, now=clock.at)
    follow(town.card_id(stopped))
    line.shelves = shelved()
    made.poll()
    made.poll()
    line.shelves._note()
    reported(stopped, town, clock)
    assert snapshotting.build(clock.at) == 0  # it is on the list already
    another_kind()
    reported(by_base, town, clock)
    snapshotting.build(clock.at)
    first = {
        town.card_id(number): cards.first_versions(card_ids=[town.card_id(number)])
        for number in (before, by_delta, stopped, by_base)
    }
    versions = [of[card_id, "sports-visit"] for card_id, of in first.items()]
    assert versions == [1, 2, 4, 5]
    clocks = {one: cards.loss_clock(card_id=one) for one in first}
    assert [one and (one.known, one.readers) for one in clocks.values()] == [
        (1, 1),
        (1, 1),
        (1, 1),
        (0, 1),
    ]
    assert [one.version for one in cards.readers_behind(card_id=town.card_id(by_base))] == [4]
    told = clocks[earlier]
    assert told is not None
    assert told.published_at == NOW


def test_a_service_that_begins_later_kept_nobody_waiting(town: Town, clock: Clock) -> None:
    [number] = town.cards(town.residents(1))
    a_reader(town, clock)
    lose(number, town, clock)
    clock.at += dt.timedelta(days=30)
    town.reader("activity")
    snapshotting.build(clock.at)
    card_id = town.card_id(number)
    assert {service for _, service in cards.first_versions(card_ids=[card_id])} == {
        "sports-visit",
        "activity",
    }
    told = cards.loss_clock(card_id=card_id)
    assert told is not None
    assert told.published_at == NOW
