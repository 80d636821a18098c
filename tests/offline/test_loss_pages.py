"""What a resident and a clerk see of a lost card: who knows by now, and who bears what."""

import datetime as dt
import re
from collections.abc import Iterator
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
from tests.portals import looking, purse, seeding

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(scope="module")
def resident(city: City) -> Client:
    """Somebody who lost a card; two of three readers know, and one took it after the report."""
    seeding.activate()
    [member] = seeding.residents(1)
    readers = seeding.enrol_readers("sports-zhongzheng", service="sports-visit")
    device = next(iter(readers.values()))
    who = purse.resident(member)
    snapshotting.build(clock.now())
    page = re.search(r"/cards/[0-9a-f-]{36}/lost/", who.get("/").content.decode())
    assert page is not None
    used = seeding.tap(device, 0, clock.now() - 30 * MINUTE)
    tapping.take(reads=[used], now=clock.now())
    who.post(page.group(0))
    city.settle()
    found = cards.find(issuer="easycard", number_kind="printed", number=seeding.card_number(0))
    assert found is not None
    taken = seeding.tap(device, 0, clock.now() + MINUTE)
    alone = taken._replace(answered=taps.AnsweredPart("accepted", 0, 1))
    tapping.take(reads=[alone], now=clock.now() + 2 * MINUTE)
    with unit_of_work():
        heard = [
            cards.Heard(reader_id=one, service="sports-visit", version=version, at=clock.now())
            for one, version in ((device, 2),)
        ]
        cards.note_reader_versions(heard=heard)
    city.settle()
    who.card_page = page.group(0).removesuffix("lost/")  # type: ignore[attr-defined]
    return who


def said(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_page_of_a_lost_card_says_who_knows_and_who_bears(resident: Client) -> None:
    found = said(resident.get(resident.card_page).content.decode())  # type: ignore[attr-defined]
    assert "已通知離線讀卡機" in found
    assert "1 台離線讀卡機，1 台已經知道" in found
    assert re.search(r"最後一台在 \d\d:\d\d:\d\d 知道", found)
    assert "掛失前" in found
    assert "由持卡人負擔" in found
    assert "掛失後" in found
    assert "由市府負擔" in found
    assert "掛失後 3 小時內由持卡人負擔" in found
    english = resident.get(
        resident.card_page,  # type: ignore[attr-defined]
        headers={"accept-language": "en"},
    )
    assert "1 of 1 offline readers know" in said(english.content.decode())


def test_a_found_card_never_revives(resident: Client) -> None:
    found = cards.find(issuer="easycard", number_kind="printed", number=seeding.card_number(0))
    assert found is not None
    with pytest.raises(cards.CardEnded), unit_of_work():
        cards.resume(card_id=found.card_id, actor=SYSTEM, now=clock.now())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with looking.browsing() as found:
        yield found


@pytest.mark.browser
@looking.needs_browser[1]
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_it_can_be_read_by_everybody(resident: Client, browser: Any, size: str) -> None:
    with looking.served() as address:
        page = looking.opened(browser, address, resident, size=size)
        page.goto(f"{address}{resident.card_page}")  # type: ignore[attr-defined]
        looking.picture(page, f"lost-card-{size}")
        assert looking.faults(page) == []
