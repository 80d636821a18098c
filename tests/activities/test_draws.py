"""「過卡集點抽」: counted by rule, committed to first, decided by a public number, recomputed by
anybody."""

import datetime as dt
import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from citycard.activities import api as activities
from citycard.flows import drawing
from citycard.infra import papers
from citycard.infra.database import execute, rows
from citycard.infra.journal import Announced
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access, AccessTooNarrow
from citycard.kernel.actors import SYSTEM
from citycard.kernel.errors import NotFound
from citycard.notify import api as notify
from citycard.portals.openapi import recompute_draw
from tests.activities.conftest import NOW, give, open_campaign, tap

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(days=3)
SEED = "74774668"


def announce(campaign: activities.Campaign, **terms: Any) -> activities.Draw:
    usual: dict[str, Any] = {
        "campaign_id": campaign.id,
        "names": Text("年終抽獎", "Year-end draw"),
        "counts": "taps",
        "each": 1,
        "most": None,
        "prizes": [
            activities.Prize(names=Text("腳踏車", "Bicycle"), count=1),
            activities.Prize(names=Text("水壺", "Bottle"), count=3),
        ],
        "seed_source": "統一發票 11-12 月期特別獎號碼",
    }
    with unit_of_work():
        return activities.announce_draw(
            new=activities.NewDraw(**(usual | terms)), actor=SYSTEM, now=NOW
        )


def over(campaign: activities.Campaign) -> None:
    with unit_of_work():
        activities.close_campaign(campaign_id=campaign.id, actor=SYSTEM, now=NOW)


def busy(people: int = 12) -> activities.Campaign:
    """A campaign in which person n tapped n times."""
    campaign = open_campaign(per_person_cap=1000, points_per_tap=10, budget=100_000)
    give([tap(n) for n in range(1, people + 1) for _ in range(n)])
    return campaign


def tickets(draw: activities.Draw) -> list[int]:
    lines = activities.draw_list(draw_id=draw.id).splitlines()[1:]
    return sorted(int(line.split(",")[1]) for line in lines)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"counts": "taps", "each": 1}, [1, 2, 3, 4, 5, 6]),
        ({"counts": "taps", "each": 1, "most": 4}, [1, 2, 3, 4, 4, 4]),
        ({"counts": "taps", "each": 3}, [1, 1, 1, 2]),  # who came twice has no ticket
        ({"counts": "points", "each": 25}, [1, 1, 2, 2]),
    ],
)
def test_tickets_are_counted_by_the_announced_rule(
    rule: dict[str, Any], expected: list[int]
) -> None:
    campaign = busy(6)
    draw = announce(campaign, **rule)
    over(campaign)
    committed = drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    assert tickets(draw) == expected
    assert (committed.people, committed.entries) == (len(expected), sum(expected))


def test_the_city_commits_before_the_number_is_known_and_anybody_recomputes(
    tmp_path: Path,
) -> None:
    campaign = busy()
    draw = announce(campaign)
    over(campaign)
    committed = drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    paper = papers.kept(kind=drawing.ENTRIES, about=str(draw.id))
    assert paper is not None
    (file,) = paper.files
    assert hashlib.sha256(file.content).hexdigest() == committed.entries_hash

    held = drawing.hold(draw_id=draw.id, seed=SEED, actor=SYSTEM, now=LATER + dt.timedelta(days=9))
    told = activities.winners(draw_id=draw.id)
    assert [one.place for one in told] == [1, 2, 3, 4]
    assert len({one.code for one in told}) == 4
    assert [held.prize_of(n).names.en for n in (1, 2, 4)] == ["Bicycle", "Bottle", "Bottle"]

    proof = papers.kept(kind=drawing.PROOF, about=str(draw.id))
    assert proof is not None
    (tmp_path / "entries.csv").write_bytes(file.content)
    (tmp_path / "proof.json").write_bytes(proof.files[0].content)
    script = Path(recompute_draw.__file__)
    assert len(script.read_text("utf-8").splitlines()) <= 35
    run = [sys.executable, "-I", str(script), "entries.csv", "proof.json"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "RIGHT: the same winners."

    # another list, another seed or another winner is found out
    def recomputed(**changed: Any) -> str:
        said = json.loads(proof.files[0].content) | changed
        (tmp_path / "other.json").write_text(json.dumps(said))
        return recompute_draw.main(str(tmp_path / "entries.csv"), str(tmp_path / "other.json"))

    assert recomputed(seed="74774669").startswith("WRONG")
    assert recomputed(winners=json.loads(proof.files[0].content)["winners"][::-1]).startswith(
        "WRONG"
    )
    (tmp_path / "entries.csv").write_bytes(file.content.replace(b",12", b",13"))
    assert recomputed().startswith("WRONG: this list")


def test_winners_learn_it_and_own_entries_are_ones_own() -> None:
    campaign = busy(3)
    draw = announce(campaign)
    over(campaign)
    drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    drawing.hold(draw_id=draw.id, seed=SEED, actor=SYSTEM, now=LATER + dt.timedelta(days=1))
    told = activities.winners_to_tell(draw_id=draw.id)
    assert sorted(one.member_id for one in told) == [1, 2, 3]  # fewer people than prizes
    access = Access(
        subjects=frozenset({2}), fields=frozenset({"points_history"}), purpose="own",
        actor=SYSTEM, record_id=None,
    )  # fmt: skip
    (own,) = activities.own_entries(access=access, member_id=2)
    assert own.tickets == 2
    assert own.place in (1, 2, 3)
    assert f"{own.code},2\n" in activities.draw_list(draw_id=draw.id)
    with pytest.raises(AccessTooNarrow):
        activities.own_entries(access=access, member_id=3)


def test_each_step_has_its_time_and_happens_once() -> None:
    campaign = busy(2)
    draw = announce(campaign)
    with pytest.raises(activities.NotOverYet):
        drawing.commit(draw_id=draw.id, actor=SYSTEM, now=NOW)
    with pytest.raises(activities.DrawNotNow):
        drawing.hold(draw_id=draw.id, seed=SEED, actor=SYSTEM, now=LATER)
    over(campaign)
    drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    with pytest.raises(activities.DrawNotNow):
        drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    for empty in ("", "  ", "x" * 201):
        with pytest.raises(activities.DrawTermsWrong):
            drawing.hold(draw_id=draw.id, seed=empty, actor=SYSTEM, now=LATER)
    after = LATER + dt.timedelta(seconds=1)
    drawing.hold(draw_id=draw.id, seed=SEED, actor=SYSTEM, now=after)
    with pytest.raises(activities.DrawNotNow):  # nobody tries seeds until a friend wins
        drawing.hold(draw_id=draw.id, seed="1", actor=SYSTEM, now=after)
    with pytest.raises(NotFound), unit_of_work():
        activities.commit_draw(draw_id=0, actor=SYSTEM, now=LATER)


def test_a_draw_without_entries_is_not_committed_to() -> None:
    campaign = open_campaign()
    draw = announce(campaign)
    over(campaign)
    with pytest.raises(activities.NobodyTakesPart):
        drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    assert activities.draw(draw_id=draw.id).state == "announced"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("each", 0),
        ("most", 0),
        ("counts", "luck"),
        ("names", Text("", "x")),
        ("prizes", []),
        ("prizes", [activities.Prize(names=Text("獎", "Prize"), count=0)]),
        ("prizes", [activities.Prize(names=Text("獎", ""), count=1)]),
        ("seed_source", " "),
    ],
)
def test_terms_that_make_no_sense_are_refused(field: str, value: Any) -> None:
    campaign = open_campaign()
    with pytest.raises(activities.DrawTermsWrong) as wrong:
        announce(campaign, **{field: value})
    assert wrong.value.facts == {"field": field}


CHANGES = (
    "UPDATE activities_draw_entry SET tickets = 99",
    "DELETE FROM activities_draw_entry",
    "INSERT INTO activities_draw_entry SELECT draw_id, 'f', 1, 99 FROM activities_draw_entry",
    "TRUNCATE activities_draw_entry CASCADE",
    "UPDATE activities_draw SET seed = '1', state = 'drawn', drawn_at = now() + interval '1y'"
    " WHERE state = 'drawn'",
    "UPDATE activities_draw SET entries_hash = 'x'",
    "UPDATE activities_draw SET most = 1",
    "UPDATE activities_draw SET state = 'announced', entries_hash = NULL",
    "DELETE FROM activities_draw_winner",
    "INSERT INTO activities_draw_winner SELECT draw_id, 9, code, 1, '' FROM"
    " activities_draw_entry",
    "DELETE FROM activities_draw",
)  # fmt: skip


class TestTheDatabaseItself:
    """Not even SQL as the application, nor as the tables' owner, changes what was committed to."""

    @pytest.fixture
    def committed(self) -> activities.Draw:
        campaign = busy(3)
        draw = announce(campaign)
        over(campaign)
        return drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)

    @pytest.mark.parametrize("change", CHANGES)
    def test_refuses_the_application(self, committed: activities.Draw, change: str) -> None:
        drawing.hold(
            draw_id=committed.id, seed=SEED, actor=SYSTEM, now=LATER + dt.timedelta(days=1)
        )
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(change)

    def test_lets_nobody_begin_with_a_draw_that_is_drawn(self) -> None:
        campaign = busy(2)
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(
                "INSERT INTO activities_draw (campaign_id, names, counts, each, prizes, winners,"
                " seed_source, created_at, created_by, state, entries_hash, seed) VALUES (%s,"
                " '{}', 'taps', 1, '[]', 1, 'x', now(), 'x', 'drawn', 'x', 'x')",
                [campaign.id],
            )


def test_every_ticket_has_the_same_chance() -> None:
    """With three times the tickets one wins about three times as often: by the seeds alone."""
    wins: Counter[str] = Counter()
    entries = [("a" * 16, 3), ("b" * 16, 1)]
    for seed in range(2000):
        wins[min((*recompute_draw.lowest("c", str(seed), *one), one[0]) for one in entries)[2]] += 1
    assert 1420 < wins["a" * 16] < 1580  # 1,500 ± four standard deviations


def test_pseudonyms_are_the_draws_own() -> None:
    campaign = busy(3)
    first, second = announce(campaign), announce(campaign)
    over(campaign)
    for draw in (first, second):
        drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    found = rows("SELECT code FROM activities_draw_entry")
    assert len({one.code for one in found}) == 6


def test_the_message_of_a_prize_is_one_a_winner() -> None:
    campaign = busy(3)
    draw = announce(campaign)
    over(campaign)
    drawing.commit(draw_id=draw.id, actor=SYSTEM, now=LATER)
    drawing.hold(draw_id=draw.id, seed=SEED, actor=SYSTEM, now=LATER + dt.timedelta(days=1))
    held = Announced(id=1, code="activities.draw.held", body={"draw_id": draw.id}, at=LATER)
    with unit_of_work():
        for _ in range(2):
            notify.tell_about([held])
    found = rows("SELECT member_id, code, params::text AS params FROM notify_message ORDER BY id")
    assert sorted(one.member_id for one in found) == [1, 2, 3]
    assert {one.code for one in found} == {"activities.draw.held"}
    assert "腳踏車" in found[0].params
