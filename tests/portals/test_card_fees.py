"""What a card costs is said where somebody decides, and where it is paid, by the city's pack."""

import datetime as dt
import re

import pytest
from django.test import Client

from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals import looking, purse, seeding
from tests.portals.counter_desk import sentences

COSTS = "首次免費，補發每張 100 元"
TODAY = dt.date(2026, 3, 2)


@pytest.fixture(scope="module", autouse=True)
def _open(city: City) -> None:
    desk.open_city()
    desk.blanks(40)


@pytest.fixture(scope="module")
def member(city: City) -> int:
    """Return a resident with a senior card, beside the card that everybody here has."""
    [found] = seeding.residents(1)
    new = cards.NewCard(kind="senior", medium="easycard", numbers={"printed": "1234000056780009"})
    with unit_of_work():
        [made] = cards.register_many(cards=[new], actor=SYSTEM, now=clock.now())
        assert made.card_id is not None, made.refusal
        bind = cards.Bind(card_id=made.card_id, member_id=found)
        [bound] = cards.bind_many(binds=[bind], actor=SYSTEM, now=clock.now())
        assert bound.refusal is None, bound.refusal
    return found


@pytest.fixture
def me(member: int) -> Client:
    return purse.resident(member)


def senior_card(me: Client) -> str:
    """Return the address at which the senior card is reported lost."""
    for card in sorted(set(re.findall(r"/cards/[0-9a-f-]{36}/", me.get("/").content.decode()))):
        if "敬老" in re.findall(r"<h1>(.*?)</h1>", me.get(card).content.decode())[0]:
            return f"{card}lost/"
    raise AssertionError("no senior card is on the home page")


def test_a_fee_is_that_of_its_day() -> None:
    assert cards.fee_of(kind="senior", on=dt.date(2002, 12, 31)) is None
    fee = cards.fee_of(kind="senior", on=TODAY)
    assert fee == cards.Fee(first_ntd=0, replacement_ntd=100)
    assert cards.fee_of(kind="no-such", on=TODAY) is None


def test_a_visitor_reads_it_on_the_service_s_page(city: City) -> None:
    page = Client().get("/services/senior-rides/")
    assert "製卡費用" in sentences(page)
    assert COSTS in sentences(page)
    english = Client(headers={"accept-language": "en"}).get("/services/senior-rides/")
    assert "a replacement costs NT$100" in sentences(english)


def test_it_is_said_when_applying(me: Client) -> None:
    assert COSTS in sentences(me.get("/apply/"))
    begun = me.post("/apply/", {"services": ["senior-rides"]}).headers["Location"]
    check = sentences(me.get(f"/apply/{begun.split('/')[2]}/check/"))
    assert "製卡費用" in check
    assert COSTS in check


def test_it_is_said_before_a_lost_card_is_stopped(me: Client) -> None:
    said = sentences(me.get(senior_card(me)))
    assert "掛失後不能恢復" in said
    assert "補發新卡每張 100 元。" in said


def test_the_counter_says_what_to_collect(city: City) -> None:
    clerk = desk.clerk_at()
    given = desk.senior("溫美玉")
    draft = desk.begin(clerk)
    clerk.post(draft, given)
    assert COSTS in sentences(clerk.get(f"{draft}check/"))
    ref = desk.apply(clerk, given)
    city.settle()
    desk.approve(ref)
    here = f"/counter/prints/{desk.print_of(ref).print_id}/"
    assert "第一次領這種卡，免費。" in sentences(clerk.get(here))
    clerk.post(f"{here}draw/")
    desk.send(clerk, here)
    city.settle()
    clerk.post(f"{here}hand-over/")
    assert "第一次領這種卡" not in sentences(clerk.get(here))
    person = desk.handle_in(clerk.get(f"/counter/cases/{ref}/").content.decode())
    (lost,) = re.findall(r'href="([^"]+/lost/)"', clerk.get(person).content.decode())
    assert "補發新卡每張 100 元。" in sentences(clerk.get(lost))
    clerk.post(lost)
    again = desk.apply(clerk, given)
    city.settle()
    desk.approve(again)
    anew = f"/counter/prints/{desk.print_of(again).print_id}/"
    assert "曾領過這種卡：補發請收 100 元。" in sentences(clerk.get(anew))


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_the_pages_are_accessible_and_fit(city: City, me: Client) -> None:
    begun = me.post("/apply/", {"services": ["senior-rides", "general"]}).headers["Location"]
    pages = {
        "service": "/services/senior-rides/",
        "apply": "/apply/",
        "check": f"/apply/{begun.split('/')[2]}/check/",
        "lost": senior_card(me),
    }
    with looking.served() as address, looking.browsing() as browser:
        windows = looking.Windows(browser, address)
        for name, path in pages.items():
            for size in ("phone", "desk"):
                page = windows.at(path, me, size=size)
                looking.picture(page, f"fees-{name}-{size}")
                assert looking.faults(page) == [], (name, size)
