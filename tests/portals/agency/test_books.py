"""The finance officer's pages: what is due, a month closed by two, its papers, trial balance."""

import datetime as dt

import pytest
from django.urls import reverse

from citycard.agencies import api as agencies
from citycard.infra import outbox, papers
from citycard.infra.crypto import verify
from citycard.ledger import api as ledger
from tests.portals import seeding
from tests.portals.agency import finance as money

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def town(city):
    return money.build()


def finance(name="fin-a", agency="doit", roles=("finance",)):
    return seeding.signed_in(name, agency, list(roles))


def text(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def month():
    return f"{money.last_month():%Y-%m}"


def approve_newest(browser):
    [waiting] = agencies.proposals()
    address = reverse("agency:approval_decide", args=[waiting.proposal_id])
    assert browser.post(address, {"do": "approve"}).status_code == 302


def test_the_overview_says_what_is_due(town):
    page = text(finance().get(reverse("agency:books")))
    assert "待結帳月份" in page
    assert reverse("agency:month", args=[month()]) in page


def test_a_month_is_shown_with_names_before_it_is_closed(town):
    page = text(finance().get(reverse("agency:month", args=[month()])))
    for shown in ("臺北市政府體育局", "悠遊卡", "尚未結帳", "cc-matrix", "提出結帳", "32,100"):
        assert shown in page
    assert ">easycard<" not in page


def test_a_month_is_closed_by_two_and_its_files_are_kept(town, city):
    maker, checker = finance(), finance("fin-b")
    asked = {"do": "close", "reason": "例行月結"}
    answer = maker.post(reverse("agency:month_propose", args=[month()]), asked)
    assert answer.status_code == 302
    again = maker.post(reverse("agency:month_propose", args=[month()]), asked)
    assert "還在等待覆核" in text(again, 422)
    assert "等待覆核" in text(maker.get(reverse("agency:month", args=[month()])))
    approve_newest(checker)
    assert "對帳單產生中" in text(maker.get(reverse("agency:month", args=[month()])))
    outbox.drain_until_idle(now=lambda: dt.datetime.now(dt.UTC))
    page = text(maker.get(reverse("agency:month", args=[month()])))
    assert "fin-a 提出，fin-b 核准" in page
    about = f"clearing-{month()}-v1"
    address = reverse("agency:month_file", args=[month(), 1, f"{about}.pdf"])
    assert address in page
    first = maker.get(address).content
    assert first.startswith(b"%PDF")
    assert checker.get(address).content == first
    signed = maker.get(reverse("agency:month_file", args=[month(), 1, f"{about}.csv.sig"]))
    csv = maker.get(reverse("agency:month_file", args=[month(), 1, f"{about}.csv"])).content
    import base64

    assert verify(csv, base64.b64decode(signed.content))
    journal = reverse("agency:month_file", args=[month(), 1, f"journal-{month()}-v1.csv"])
    assert b"voucher" in maker.get(journal).content
    assert maker.get(address.replace("/1/", "/2/")).status_code == 404


def test_another_agency_has_its_own_statement_and_no_more(town):
    own = finance("fin-sports", "sports")
    page = text(own.get(reverse("agency:statement"), {"month": month()}))
    assert "sports-walk-2026" in page
    assert "health-walk-2026" not in page
    assert "悠遊卡" in page
    name = f"statement-{month()}-v1-sports.csv"
    mine = reverse("agency:statement_file", args=[month(), 1, "sports", name])
    assert "sports-walk-2026" in own.get(mine).content.decode()
    others = reverse(
        "agency:statement_file", args=[month(), 1, "health", name.replace("sports", "health")]
    )
    assert own.get(others).status_code == 404
    for address in ("books", "trial_balance", "liability"):
        assert own.get(reverse(f"agency:{address}")).status_code == 404
    assert own.get(reverse("agency:month", args=[month()])).status_code == 404
    assert (
        b"sports-walk-2026" in own.get(reverse("agency:statement_csv"), {"month": month()}).content
    )


def test_the_trial_balance_page_and_its_files_agree(town):
    browser = finance()
    on = {"on": f"{money.last_month().replace(day=28)}"}
    page = text(browser.get(reverse("agency:trial_balance"), on))
    assert "悠遊卡" in page
    assert "借方" in page
    for ending, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("pdf", b"%PDF")):
        address = reverse("agency:trial_balance_file", args=[ending])
        assert browser.get(address, on).content.startswith(start)
    assert browser.get(reverse("agency:trial_balance_file", args=["exe"]), on).status_code == 404
    assert browser.get(reverse("agency:trial_balance"), {"on": "nonsense"}).status_code == 200


def test_what_is_outstanding_is_by_age_and_last_day(town):
    page = text(finance().get(reverse("agency:liability")))
    assert "依發出月份" in page
    assert "依到期月份" in page
    assert "還沒有到期的歷史" in page


def test_a_move_by_hand_is_proposed_and_carried_out(town):
    maker = finance()
    form = text(maker.get(reverse("agency:hand_move")))
    once = form.split('name="once" value="')[1].split('"')[0]
    source, target = f"{town.unit}|issuer|health", f"{town.unit}|partner|easycard"
    asked = {"source": source, "target": target, "amount": "15", "reason": "短付", "once": once}
    assert "不能是同一個帳戶" in text(
        maker.post(reverse("agency:hand_move"), {**asked, "target": source}), 422
    )
    assert maker.post(reverse("agency:hand_move"), asked).status_code == 302
    assert maker.post(reverse("agency:hand_move"), asked).status_code == 422  # the same click
    approve_newest(finance("fin-b"))
    owed = [it for it in ledger.positions(month=dt.datetime.now(dt.UTC).date())]
    assert [(it.creditor, it.amount) for it in owed] == [("easycard", 15)]


def test_a_month_is_opened_again_by_two(town):
    maker = finance()
    asked = {"do": "reopen", "reason": "補登"}
    maker.post(reverse("agency:month_propose", args=[month()]), asked)
    approve_newest(finance("fin-b"))
    page = text(maker.get(reverse("agency:month", args=[month()])))
    assert "已重開，本版留存備查" in page
    assert "尚未結帳" in page


class TestTheAuditor:
    """Sees every page, changes nothing."""

    def auditor(self):
        return finance("auditor", "doit", ["auditor"])

    @pytest.mark.parametrize(
        "name", ["books", "trial_balance", "liability", "approvals", "reconciliation"]
    )
    def test_sees_the_pages(self, town, name):
        assert self.auditor().get(reverse(f"agency:{name}")).status_code == 200

    def test_sees_a_month_without_its_forms(self, town):
        page = text(self.auditor().get(reverse("agency:month", args=[month()])))
        assert "提出結帳" not in page
        assert "提出重開" not in page

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_proposes_and_decides_nothing(self, town, method):
        browser = self.auditor()
        for address in (
            reverse("agency:hand_move"),
            reverse("agency:month_propose", args=[month()]),
            reverse("agency:approval_decide", args=[1]),
        ):
            assert getattr(browser, method)(address, {"do": "close"}).status_code == 403


def test_anybody_has_the_public_key(town, client):
    answer = client.get(reverse("agency:signing_key"))
    assert answer.content == papers.public_key_pem()


@pytest.mark.parametrize("wrong", ["2026-13", "never", "2026-1-1", "0001-01", "9999-12"])
def test_a_month_that_is_none_is_not_there(town, wrong):
    assert finance().get(reverse("agency:month", args=[wrong])).status_code == 404
