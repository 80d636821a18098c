"""The kiosk's screens in a real browser, 1080 × 1920: redeem, be refused, take the card away."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from tests.faults.rig import Rig, kept_ready, running
from tests.harness.databases import Clone
from tests.harness.patience import PATIENCE_S, wait_until
from tests.kiosk.conftest import activate, enrol_kiosk, give_points, new_cards
from tests.portals.looking import browsing, faults, needs_browser, picture, served

pytestmark = needs_browser

TARGET_PX = 88
SMALL = """() => [...document.querySelectorAll('button, a')]
    .filter(e => e.offsetParent && !e.classList.contains('cc-skip'))
    .map(e => [e.innerText.trim(), Math.round(e.getBoundingClientRect().height)])
    .filter(([_, height]) => height < 88)"""
FITS = "() => document.scrollingElement.scrollHeight <= 1920"


@pytest.fixture(scope="module")
def rig(fresh_database: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    activate()
    kiosk = enrol_kiosk("KSK-LOOKS")
    numbers = new_cards([701, 702, 703])
    give_points({701: 1320, 702: 60, 703: 900})
    place = tmp_path_factory.mktemp("kiosk")
    with (
        served() as address,
        kept_ready(fresh_database.environment(), place / "log") as programs,
        running(Rig(place, programs, kiosk.code, kiosk.key, numbers[0])) as rig,
    ):
        (rig.state / "tray.json").write_text(json.dumps(_tray(numbers)))
        rig.agent.environment["CITYCARD_KIOSK_SERVER"] = address
        rig.agent.environment["CITYCARD_KIOSK_WRITE_SECONDS"] = "12"  # time to take it away
        rig.start_agent()
        wait_until(lambda: rig.stage() == "welcome")
        yield rig
    connections.close_all()


def _tray(numbers: list[str]) -> list[dict[str, Any]]:
    cards = [
        (numbers[0], "66歲的市民", "A resident of 66", 120),
        (numbers[1], "兩個孩子的家長", "A parent of two", 35),
        (numbers[2], "餘額快滿的卡片", "A nearly full card", 9970),
        ("9" * 16, "還沒加入的卡片", "A card from elsewhere", 500),
    ]
    return [
        {"id": str(n), "number": number, "label": zh, "label_en": en, "purse": purse}
        for n, (number, zh, en, purse) in enumerate(cards)
    ]


@pytest.fixture(scope="module")
def page(rig: Rig) -> Iterator[Any]:
    with browsing() as browser:
        context = browser.new_context(
            viewport={"width": 1080, "height": 1920}, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(f"http://127.0.0.1:{rig.agent_port}/")
        yield page
        context.close()


def look(page: Any, name: str) -> None:
    """Look at a screen: nothing for axe, large targets, everything on the glass."""
    page.wait_for_timeout(150)
    picture(page, f"kiosk-{name}")
    assert faults(page) == []
    # The screen renews itself: it may just be loading again, without its styles yet.
    page.wait_for_function(f"({SMALL})().length === 0 && ({FITS})()")


def test_a_person_redeems(page: Any) -> None:
    page.wait_for_selector("text=請把卡片放在感應區")
    look(page, "welcome")
    page.click("text=66歲")
    page.wait_for_selector("text=您有 1,320 點")
    look(page, "choose")
    page.click("text=200 點")
    page.wait_for_selector("text=用 200 點加值？")
    look(page, "confirm")
    page.click("text=確定加值 200 元")
    page.wait_for_selector("text=請不要拿開卡片")
    look(page, "writing")
    page.wait_for_selector("text=加值完成")
    assert "320 元" in page.inner_text("main")
    look(page, "done")
    page.click("footer >> text=完成")
    page.wait_for_selector("text=請把卡片放在感應區")


def test_a_card_from_elsewhere_is_refused_in_both_languages(page: Any) -> None:
    page.click("text=還沒加入的卡片")
    page.wait_for_selector("text=這張卡片還沒有加入市民卡")
    look(page, "refused")
    page.click("text=English")
    page.wait_for_selector("text=has not joined")
    look(page, "refused-en")
    page.click("text=Finish")
    page.wait_for_selector("text=請把卡片放在感應區")  # the next person starts afresh


def test_a_card_taken_away_too_early_keeps_its_points(page: Any) -> None:
    page.click("text=餘額快滿的卡片")
    page.wait_for_selector("text=加值 30 元")
    page.click(".cc-amount-keys button")
    page.click("text=確定加值 30 元")
    page.wait_for_selector("text=正在加值")
    page.click("text=拿走卡片")
    page.wait_for_selector("text=卡片太早拿開了")
    look(page, "taken-away")
    page.click("text=餘額快滿的卡片")
    page.wait_for_selector("text=點數已退回")
    look(page, "given-back")
    page.click("text=再試一次")
    page.wait_for_selector("text=您有 900 點")
    page.click("text=不換了")


def test_large_text_fits(page: Any) -> None:
    page.wait_for_selector("text=請把卡片放在感應區")
    page.click("text=大字")
    page.wait_for_timeout(300)
    look(page, "welcome-big")
    page.click("text=66歲")
    page.wait_for_selector("text=您有 1,120 點")
    look(page, "choose-big")
    page.click("text=500 點")
    page.wait_for_selector("text=用 500 點加值？")
    look(page, "confirm-big")


def test_power_comes_back_and_the_person_is_told(page: Any, rig: Rig) -> None:
    page.click("text=確定加值 500 元")
    page.wait_for_selector("text=正在加值")
    rig.agent.kill()
    rig.start_agent()
    page.goto(f"http://127.0.0.1:{rig.agent_port}/")
    page.wait_for_selector("text=點數已退回")
    look(page, "after-power")
    assert rig.card().purse == 320
