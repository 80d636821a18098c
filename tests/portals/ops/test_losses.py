"""Operations' page of losses: each loss with its clock, and nobody named on it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from citycard.cards import api as cards
from citycard.flows import snapshotting, tapping
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.taps import api as taps
from tests.harness.cities import City
from tests.portals import looking, seeding

MINUTE = timedelta(minutes=1)
NUMBER = seeding.card_number(0)


@pytest.fixture(scope="module")
def lost(city: City) -> int:
    """A lost card: one of two readers knows, the other let it in after the report."""
    seeding.activate()
    seeding.residents(2)
    knows, slow = seeding.enrol_readers(
        "sports-zhongzheng", "sports-datong", service="sports-visit"
    ).values()
    snapshotting.build(clock.now())
    _heard((knows, 1), (slow, 1))
    found = cards.find(issuer="easycard", number_kind="printed", number=NUMBER)
    assert found is not None
    with unit_of_work():
        cards.report_lost(card_id=found.card_id, actor=SYSTEM, now=clock.now())
    city.settle()
    later = clock.now() + MINUTE
    alone = seeding.tap(slow, 0, later)._replace(answered=taps.AnsweredPart("accepted", 0, 1))
    tapping.take(reads=[alone], now=later + MINUTE)
    tapping.take(reads=[seeding.tap(knows, 0, later)], now=later + MINUTE)
    _heard((knows, 2))
    city.settle()
    return found.card_id


def _heard(*held: tuple[int, int]) -> None:
    said = [
        cards.Heard(reader_id=one, service="sports-visit", version=version, at=clock.now())
        for one, version in held
    ]
    with unit_of_work():
        cards.note_reader_versions(heard=said)


@pytest.fixture(scope="module")
def operator(lost: int) -> Client:
    return seeding.signed_in("operator", "doit", ["operator"])


def said(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_list_says_who_knows_and_what_came_after(operator: Client, lost: int) -> None:
    found = operator.get("/ops/losses/")
    assert f"/ops/losses/{lost}/" in found.content.decode()
    assert "2 台中 1 台" in said(found)
    english = operator.get("/ops/losses/", headers={"accept-language": "en"})
    assert "1 of 2" in said(english)


def test_a_loss_shows_its_clock_the_slow_reader_and_who_bears_what(
    operator: Client, lost: int
) -> None:
    found = said(operator.get(f"/ops/losses/{lost}/"))
    assert "2 台離線讀卡機，1 台已經知道" in found
    assert "1 → 2" in found, "what the slow reader holds, and what it needs"
    assert "由市府負擔" in found
    assert "還沒有這張卡" in found
    assert "掛失後有人拿這張卡刷了 1 次" in found


def test_a_caller_reads_the_number_out(operator: Client, lost: int) -> None:
    found = operator.post("/ops/losses/", {"number": NUMBER})
    assert found.headers["Location"] == f"/ops/losses/{lost}/"
    in_use = operator.post("/ops/losses/", {"number": seeding.card_number(1)})
    assert in_use.status_code == 422, "a card in use isn't found by its number"
    assert "沒有掛失的卡" in said(in_use)


def test_no_page_names_a_number_or_a_person(operator: Client, lost: int) -> None:
    for path in ("/ops/losses/", f"/ops/losses/{lost}/"):
        page = operator.get(path).content.decode()
        assert NUMBER not in page
        assert "市民000" not in page


def test_an_auditor_looks_too_and_a_clerk_does_not(lost: int) -> None:
    auditor = seeding.signed_in("auditor", "doit", ["auditor"])
    assert auditor.get(f"/ops/losses/{lost}/").status_code == 200
    clerk = seeding.signed_in("clerk", "office-zhongzheng", ["clerk"])
    assert clerk.get("/ops/losses/").status_code == 403


def test_a_card_that_is_not_lost_has_no_page(operator: Client) -> None:
    assert operator.get("/ops/losses/999999/").status_code == 404


@pytest.fixture(scope="module")
def windows() -> Iterator[looking.Windows]:
    with looking.browsing() as browser, looking.served() as address:
        yield looking.Windows(browser, address)


@pytest.mark.browser
@looking.needs_browser[1]
@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("which", ["losses", "loss"])
def test_it_can_be_read_by_everybody(
    operator: Client, lost: int, windows: looking.Windows, which: str, size: str, language: str
) -> None:
    path = f"/ops/losses/{lost}/" if which == "loss" else "/ops/losses/"
    page = windows.at(path, operator, size=size, language=language)
    looking.picture(page, f"ops-{which}-{size}-{language}")
    assert looking.faults(page) == []
