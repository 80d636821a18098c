"""After a use a resident is asked how it was: once, and counted without a name."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from citycard.infra import clock
from citycard.infra.database import rows
from citycard.insight.answers import answers_of
from tests.harness.cities import City
from tests.portals import looking, purse, seeding

CARD = re.compile(r"/cards/[0-9a-f-]{36}/")


@pytest.fixture(scope="module")
def members(city: City) -> list[int]:
    """Five residents who came to a sports centre this morning."""
    seeding.activate()
    members = seeding.residents(5)
    [reader] = seeding.enrol_readers("sports-zhongzheng", service="sports-visit").values()
    at = clock.now() - timedelta(hours=1)
    seeding.take(*(seeding.tap(reader, n, at) for n in range(5)))
    city.settle()
    return members


def card_of(who: Client) -> str:
    found = CARD.search(who.get("/").content.decode())
    assert found is not None
    return found.group(0)


def asked(who: Client) -> str | None:
    """Return the name of the use that the card's page asks about."""
    page = who.get(card_of(who)).content.decode()
    found = re.search(r'name="tap" value="([0-9-]+)"', page)
    return found.group(1) if found else None


def say(who: Client, tap: str, score: str) -> Any:
    return who.post(f"{card_of(who)}answer/", {"tap": tap, "score": score}, follow=True)


def test_a_use_is_asked_about_once_and_counted_without_a_name(members: list[int]) -> None:
    first = purse.resident(members[0])
    tap = asked(first)
    assert tap is not None
    page = first.get(card_of(first)).content.decode()
    assert "滿意嗎？" in page
    assert "很不滿意" in page
    assert "謝謝您" in say(first, tap, "5").content.decode()
    assert asked(first) is None, "one use, one question"
    assert say(first, tap, "1").status_code == 409, "one answer"
    for n, score in enumerate(("5", "4", "4"), start=1):
        who = purse.resident(members[n])
        say(who, asked(who) or "", score)
    last = purse.resident(members[4])
    assert "這次不問了" in say(last, asked(last) or "", "").content.decode()
    assert asked(last) is None, "not wanting to say is an answer, too"
    kept = rows("SELECT * FROM insight_answer ORDER BY score")
    assert [one.score for one in kept] == [4, 4, 5, 5, None]
    told = [value for one in kept for value in one]
    assert not any(value in members for value in told if isinstance(value, int) and value > 5)
    assert tap not in str(told), "the use stands there as a keyed hash"
    assert len({bytes(one.pseudonym) for one in kept}) == 5


def test_figures_count_the_answers_that_were_given(members: list[int]) -> None:
    found = answers_of(month=clock.today().replace(day=1))
    [counted] = [one for key, one in found.items() if "sports-visit" in key]
    assert counted.people == 4
    assert counted.by_score == {4: (2, 2), 5: (2, 2)}


def test_another_ones_use_is_not_answered(members: list[int], city: City) -> None:
    mine = purse.resident(members[1])
    use = rows("SELECT reader_id, epoch, seq FROM pub.taps WHERE member_id = %s", [members[0]])[0]
    answer = say(mine, f"{use.reader_id}-{use.epoch}-{use.seq}", "1")
    assert answer.status_code == 404
    assert say(mine, "nonsense", "1").status_code == 404


@pytest.fixture(scope="module")
def windows() -> Iterator[looking.Windows]:
    with looking.browsing() as browser, looking.served() as address:
        yield looking.Windows(browser, address)


@pytest.fixture(scope="module")
def newcomer(city: City, members: list[int]) -> Client:
    """Somebody who comes again at another service, and hasn't answered."""
    [reader] = seeding.enrol_readers("sports-zhongzheng", service="activity").values()
    seeding.take(seeding.tap(reader, 4, clock.now() - timedelta(minutes=5)))
    city.settle()
    return purse.resident(members[4])


@pytest.mark.browser
@looking.needs_browser[1]
@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_everybody_can_read_and_answer_it(
    newcomer: Client, windows: looking.Windows, size: str, language: str
) -> None:
    assert asked(newcomer) is not None
    page = windows.at(card_of(newcomer), newcomer, size=size, language=language)
    looking.picture(page, f"satisfaction-{size}-{language}")
    assert looking.faults(page) == []
