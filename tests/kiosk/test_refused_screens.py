"""Every reason for which a kiosk says no, and every stage, has a screen of its own words."""

import json

import pytest
from django.test import Client

from citycard.portals.kiosk.screens import STAGES
from tests.kiosk.conftest import activate, enrol_kiosk

pytestmark = pytest.mark.django_db
REASONS = {
    "no_points": {},
    "purse_full": {},
    "day_limit": {},
    "busy": {},
    "redeeming.card_unknown": {},
    "redeeming.card_not_bound": {},
    "redeeming.card_out_of_use": {},
    "redemptions.medium_not_written": {"medium": "virtual"},
    "redemptions.amount_not_offered": {"least": 1, "most": 1000, "step": 1},
    "redemptions.purse_full": {"purse": 9970, "purse_max": 10000, "room": 30},
    "redemptions.day_limit": {"used": 3000, "most": 3000},
    "redemptions.reservation_expired": {},
    "ledger.not_enough_points": {"balance": 3, "wanted": 50, "unit": "taipei-points"},
}


@pytest.fixture
def kiosk() -> Client:
    activate()
    return Client(headers={"Authorization": enrol_kiosk("KSK-SCREENS").header})


def screen(kiosk: Client, **said: object) -> str:
    body = {"version": 1, "language": "zh-hant", "text": "normal"} | said
    answer = kiosk.post("/kiosk/screen", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_each_reason_has_words_of_its_own(kiosk: Client, language: str) -> None:
    said = {}
    for code, facts in REASONS.items():
        refusal = {"code": code, "facts": facts}
        page = screen(kiosk, stage="refused", language=language, refusal=refusal)
        said[code] = page[page.index("<main") : page.index("</main>")]
        assert code not in said[code], "a code is no sentence"
    twins = {("busy", "redemptions.card_busy"), ("day_limit", "redemptions.day_limit")}
    assert len(set(said.values())) >= len(REASONS) - len(twins)


@pytest.mark.parametrize("text", ["normal", "big"])
@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_has_a_screen(kiosk: Client, stage: str, text: str) -> None:
    card = {"number": "1234", "tail": "1234", "purse": 120}
    chosen = {"points": 50, "ntd": 50, "purse_after": 170, "points_after": 10, "confirmed": True}
    offer = {"points": 60, "choices": [{"points": 50, "ntd": 50}], "points_rate": 1, "ntd_rate": 1}
    page = screen(kiosk, stage=stage, text=text, card=card, chosen=chosen, offer=offer)
    assert "<h1" in page
