"""Two officers over HTTP: one proposes, the other looks and approves or sends back."""

import datetime as dt

import pytest
from django.urls import reverse

from citycard.agencies import api as agencies
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import api as ledger
from tests.portals import seeding

pytestmark = pytest.mark.usefixtures("city")
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module", autouse=True)
def active(city):
    seeding.activate()


def finance(name="fin-a", agency="doit", roles=("finance",)):
    return seeding.signed_in(name, agency, list(roles))


def staff_actor(name):
    found = agencies.staff_by_username(username=name)
    return Actor(id=f"staff:{found.staff_id}", kind="staff", roles=found.roles, agency=found.agency)


def proposed(about):
    finance()
    content = {
        "unit": "taipei-points",
        "amount": 40,
        "source": {"class": "issuer", "code": "health"},
        "target": {"class": "loss", "code": "reader-7"},
    }
    with unit_of_work():
        return agencies.propose(
            kind="ledger.move",
            about=about,
            content=content,
            reason="離線超付",
            actor=staff_actor("fin-a"),
            now=NOW,
        )


def decide(browser, number, **said):
    return browser.post(reverse("agency:approval_decide", args=[number]), said)


def text(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def loss():
    today = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    found = [it for it in ledger.trial_balance(on=today) if it.account_class == "loss"]
    return sum(it.amount for it in found)


def test_the_second_officer_sees_what_it_would_do_and_approves(city):
    number = proposed("a")
    maker, checker = finance(), finance("fin-b")
    own = text(maker.get(reverse("agency:approval", args=[number])))
    assert "等待另一位同仁" in own
    assert "核准並執行" not in own
    page = text(checker.get(reverse("agency:approval", args=[number])))
    assert "臺北市政府衛生局" in page  # whose account, by name
    assert "離線超付" in page
    before = loss()
    assert decide(checker, number, do="approve").status_code == 302
    assert loss() == before + 40
    assert agencies.proposal(proposal_id=number).checked_by == staff_actor("fin-b").id
    assert "已核准" in text(checker.get(reverse("agency:approvals")))


def test_the_maker_can_not_approve_but_withdraw(city):
    number = proposed("b")
    before = loss()
    assert "另一位同仁" in text(decide(finance(), number, do="approve"), 422)
    assert loss() == before
    assert decide(finance(), number, do="withdraw").status_code == 302
    assert agencies.proposal(proposal_id=number).state == "withdrawn"


def test_sending_back_needs_a_reason(city):
    number = proposed("c")
    checker = finance("fin-b")
    assert "請填寫原因" in text(decide(checker, number, do="reject", said=" "), 422)
    assert decide(checker, number, do="reject", said="金額不符").status_code == 302
    assert "金額不符" in text(finance().get(reverse("agency:approval", args=[number])))


def test_the_auditor_sees_and_can_not_act(city):
    number = proposed("d")
    auditor = finance("auditor", "doit", ["auditor"])
    page = text(auditor.get(reverse("agency:approval", args=[number])))
    assert "核准並執行" not in page
    assert decide(auditor, number, do="approve").status_code == 403


def test_another_agencys_officer_does_not_find_it(city):
    number = proposed("e")
    stranger = finance("fin-health", "health", ["finance"])
    assert stranger.get(reverse("agency:approval", args=[number])).status_code == 404
    assert decide(stranger, number, do="approve").status_code == 404


def test_a_get_decides_nothing(city):
    number = proposed("f")
    finance("fin-b").get(reverse("agency:approval_decide", args=[number]), {"do": "approve"})
    assert agencies.proposal(proposal_id=number).state == "waiting"


def test_english(city):
    browser = finance("fin-b")
    browser.cookies["citycard_language"] = "en"
    assert "Approvals" in text(browser.get(reverse("agency:approvals")))
