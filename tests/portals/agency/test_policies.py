"""An officer sets figures of the rules and sees what months as they were would have cost."""

import re

import pytest

from citycard.fares import api as fares
from citycard.flows import trying_policies
from citycard.infra.clock import today
from citycard.infra.packs import current_pack
from tests.fares.riding_town import MONTH, NOW, Town, at
from tests.portals import looking, seeding

pytestmark = [pytest.mark.city("taoyuan"), pytest.mark.usefixtures("city")]
AMOUNT = "entitlements:senior-rides:gives:subsidy_points_each_month:1:amount"


@pytest.fixture(scope="module")
def town(city) -> Town:
    made = Town()
    for n in range(12):
        card = made.card(made.resident("senior-rides"))
        for day in range(1, 4 + n % 3):
            out = made.tap(card, at(day, 9, 30), "out", stop="")
            made.take(made.tap(card, at(day, 9), "in"), out)
        made.take(made.tap(card, at(20, 8), "whole", operator="tra", route="", fare_ntd=150))
    return made


@pytest.fixture(scope="module")
def officer(town):
    return seeding.signed_in("officer", "transport", ["officer"])


def filled(page: str, **settings: int) -> dict[str, str]:
    """What the form holds, with some levers set."""
    found = dict(re.findall(r'name="(lever_\d+)"[^>]*value="(\d+)"', page))
    codes = [one.code for one in fares.levers(pack=current_pack(), on=today())]
    for code, value in settings.items():
        found[f"lever_{codes.index(code)}"] = str(value)
    return found | {
        "title": "每月十點",
        "months_chosen": f"{MONTH:%Y-%m}",
        "guess_mid": "10",
        "guess_high": "25",
    }


@pytest.fixture(scope="module")
def tried(officer) -> int:
    page = officer.get("/agency/policies/new/").content.decode()
    answer = officer.post("/agency/policies/new/", filled(page, **{AMOUNT: 10}))
    assert answer.status_code == 302
    waiting = officer.get(answer["Location"]).content.decode()
    assert "正在試算" in waiting
    trying_policies.go_on(NOW)
    return int(answer["Location"].rstrip("/").rpartition("/")[2])


def test_it_tells_what_changes_for_whom(officer, tried):
    page = officer.get(f"/agency/policies/{tried}/").content.decode()
    for said in ("起點與帳上相符", "每月補助點數", "自付增加", "九成區間", "臺鐵"):
        assert said in page, said
    listed = officer.get("/agency/policies/").content.decode()
    assert "每月十點" in listed


def test_nothing_changed_is_refused_with_a_sentence(officer):
    page = officer.get("/agency/policies/new/").content.decode()
    answer = officer.post("/agency/policies/new/", filled(page))
    assert answer.status_code == 422
    assert "沒有任何數字改變" in answer.content.decode()


def test_rubbish_is_named(officer):
    page = officer.get("/agency/policies/new/").content.decode()
    answer = officer.post("/agency/policies/new/", filled(page) | {"lever_0": "很多"})
    assert answer.status_code == 422
    assert "整數" in answer.content.decode()


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_the_pages_are_accessible_and_fit(officer, tried):
    with looking.served() as address, looking.browsing() as browser:
        windows = looking.Windows(browser, address)
        for name, path in (("list", ""), ("new", "new/"), ("one", f"{tried}/")):
            for size in ("phone", "desk"):
                page = windows.at(f"/agency/policies/{path}", officer, size=size)
                looking.picture(page, f"agency-policy-{name}-{size}")
                assert looking.faults(page) == [], (name, size)
