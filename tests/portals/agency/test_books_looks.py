"""The finance officer's pages in a real browser, on a phone and on a desk."""

import datetime as dt

import pytest
from django.urls import reverse

from citycard.agencies import api as agencies
from citycard.infra import outbox
from tests.portals import looking, seeding
from tests.portals.agency import finance as money

pytestmark = [*looking.needs_browser, pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def town(city):
    """Last month is closed; this one has late items, and a move by hand waits."""
    found = money.build()
    maker, checker = officer("fin-a"), officer("fin-b")
    month = f"{money.last_month():%Y-%m}"
    maker.post(reverse("agency:month_propose", args=[month]), {"do": "close", "reason": "例行月結"})
    [waiting] = agencies.proposals()
    checker.post(reverse("agency:approval_decide", args=[waiting.proposal_id]), {"do": "approve"})
    outbox.drain_until_idle(now=lambda: dt.datetime.now(dt.UTC))
    last_day = dt.date(money.last_month().year + 2, 12, 31)
    found.award("social-welfare", 2_000, money.noon_of(money.last_month()), last_day)
    found.redeem("social-welfare", "metro", 1_500, money.noon_of(money.last_month()), last_day)
    asked = {
        "source": f"{found.unit}|issuer|health",
        "target": f"{found.unit}|partner|easycard",
        "amount": "1500",
        "reason": "加值機 K-12 於 10 月 3 日斷線，依差異編號 88 補付。",
        "once": "x",
    }
    maker.post(reverse("agency:hand_move"), asked)
    return found


def officer(name="fin-b", agency="doit", roles=("finance",)):
    return seeding.signed_in(name, agency, list(roles))


@pytest.fixture(scope="module")
def address(town):
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with looking.browsing() as found:
        yield found


def pages():
    closed, running = f"{money.last_month():%Y-%m}", f"{dt.datetime.now(dt.UTC):%Y-%m}"
    return {
        "books": "/agency/books/",
        "month-closed": f"/agency/books/{closed}/",
        "month-running": f"/agency/books/{running}/",
        "trial-balance": "/agency/books/trial-balance/",
        "outstanding": "/agency/books/outstanding/",
        "hand-move": "/agency/books/move/",
        "approvals": "/agency/approvals/",
        "approval": "/agency/approvals/{proposal}/",
    }


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", pages())
def test_a_page_is_accessible_and_fits(town, address, browser, name, size):
    [waiting] = agencies.proposals()
    page = looking.opened(browser, address, officer(), size=size)
    page.goto(address + pages()[name].format(proposal=waiting.proposal_id))
    looking.picture(page, f"books-{name}-{size}")
    assert looking.faults(page) == []
    page.context.close()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_an_agencys_statement_is_accessible_and_fits(town, address, browser, size):
    page = looking.opened(browser, address, officer("fin-sports", "sports"), size=size)
    page.goto(f"{address}/agency/statement/?month={money.last_month():%Y-%m}")
    looking.picture(page, f"books-statement-{size}")
    assert looking.faults(page) == []
    page.context.close()


def test_english_and_large_text_fit_a_phone(town, address, browser):
    for cookies in ({"language": "en"}, {"text": "big"}):
        page = looking.opened(browser, address, officer(), size="phone", **cookies)
        for name in ("books", "month-closed", "trial-balance", "outstanding"):
            page.goto(address + pages()[name])
            looking.picture(page, f"books-{name}-phone-{''.join(cookies.values())}")
            assert looking.faults(page) == [], (name, cookies)
        page.context.close()


def test_approving_needs_no_mouse(town, address, browser):
    page = looking.opened(browser, address, officer(), size="desk")
    page.goto(f"{address}/agency/approvals/")
    page.get_by_role("link", name="查看 人工調整分錄").press("Enter")
    page.get_by_label("覆核意見").press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("已核准並執行").wait_for()
    page.context.close()
