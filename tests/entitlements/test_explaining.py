"""An old decision is explained by the pack that it was made with, whatever changed since."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from citycard.entitlements import api as entitlements
from citycard.entitlements import rulebook
from citycard.flows import activating
from citycard.infra.packs import Pack, current_pack
from tests.entitlements.test_granting import TODAY, access, decide, noon, person, say

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
LATER = TODAY + 10 * DAY


def change_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, at: dt.datetime
) -> Pack:
    """Put a changed pack in the present one's place, and make it the city's."""
    source = current_pack().directory
    directory = tmp_path / source.name
    shutil.copytree(source, directory)
    shutil.copytree(source.parent / "_schema", tmp_path / "_schema")
    rules = directory / "entitlements.yaml"
    text = rules.read_text("utf-8")
    assert old in text
    rules.write_text(text.replace(old, new), "utf-8")
    monkeypatch.setenv("CITYCARD_PACKS", str(tmp_path))
    assert activating.activate(pack=current_pack(), now=at)
    monkeypatch.setattr(rulebook, "_books", {})  # a process that starts now knows nothing by heart
    return current_pack()


@pytest.fixture
def raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    """A member granted a right at 66; ten days later the city raised the age to 70."""
    first = current_pack()
    assert activating.activate(pack=first, now=noon(TODAY))
    member = person(dt.date(1960, 1, 1))
    say(member, "approval.senior-rides", True)
    decide([member], TODAY)
    second = change_pack(
        tmp_path, monkeypatch, "- age_at_least: 65\n", "- age_at_least: 70\n", at=noon(LATER)
    )
    return member, first.hash, second.hash


def explain(member: int, *, known_at: dt.datetime | None = None) -> entitlements.Explanation:
    return entitlements.explain(
        access=access(member),
        member_id=member,
        entitlement="senior-rides",
        on=LATER,
        known_at=known_at,
    )


def test_a_decision_is_explained_by_the_pack_that_it_was_made_with(
    raised: tuple[int, str, str],
) -> None:
    member, first, second = raised
    assert first != second
    explained = explain(member)
    assert explained.pack_hash == first
    assert explained.verdict == "yes"
    assert "65" in explained.because.text("zh-Hant")
    assert "70" not in explained.because.text("zh-Hant")
    assert explained.right is not None
    assert explained.eligible == "unknown"  # who would apply now is judged by the pack in force


def test_once_decided_again_the_new_pack_speaks_and_the_old_one_when_asked_for(
    raised: tuple[int, str, str],
) -> None:
    member, first, second = raised
    decide([member], LATER)
    ended = explain(member)
    assert (ended.verdict, ended.right, ended.pack_hash) == ("unknown", None, second)
    assert "70" in ended.because.text("zh-Hant")
    before = explain(member, known_at=noon(LATER) - DAY)
    assert (before.verdict, before.pack_hash) == ("yes", first)
    assert before.right is not None
    assert before.eligible == "yes"
    assert "65" in before.because.text("zh-Hant")


def test_who_was_never_granted_anything_is_told_by_the_pack_of_that_time(
    raised: tuple[int, str, str],
) -> None:
    _, first, second = raised
    other = person(dt.date(1960, 1, 1), number="A800000014")
    assert explain(other).pack_hash == second
    assert explain(other, known_at=noon(TODAY) + DAY).pack_hash == first
    assert explain(other, known_at=noon(TODAY) - DAY).pack_hash == second  # none was active yet


def test_a_pack_that_was_edited_without_being_activated_leaves_an_explanation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = person(dt.date(1960, 1, 1))
    say(member, "approval.senior-rides", True)
    decide([member], TODAY)  # by a pack that nobody activated
    second = change_pack(
        tmp_path, monkeypatch, "- age_at_least: 65\n", "- age_at_least: 70\n", at=noon(LATER)
    )
    explained = explain(member)
    assert explained.right is not None
    assert explained.pack_hash == second.hash
