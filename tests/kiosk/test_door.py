"""The kiosk's door over HTTP: each step, its refusals in words, and who may ask."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.config import wiring
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.kiosk.conftest import (
    KioskKey,
    activate,
    balance,
    enrol_kiosk,
    give_points,
    new_cards,
)

pytestmark = pytest.mark.django_db
MEMBER = 501


class Agent:
    """What a kiosk's agent says, without an agent."""

    def __init__(self, kiosk: KioskKey | None, number: str = "") -> None:
        headers = {"Accept": "application/json"}
        if kiosk:
            headers["Authorization"] = kiosk.header
        self.client = Client(headers=headers)
        self.card: dict[str, Any] = {"number": number, "purse": 120, "counter": 9, "recent": []}

    def ask(self, step: str, **body: Any) -> Any:
        return self.client.post(
            f"/kiosk/api/{step}", json.dumps(body), content_type="application/json"
        )

    def present(self) -> Any:
        return self.ask("card", **self.card)

    def reserve(self, points: int, key: str | None = None) -> Any:
        return self.ask("reserve", **self.card, points=points, key=key or str(uuid.uuid4()))

    def write(self, ntd: int) -> None:
        counter = self.card["counter"] + 1
        line = {"counter": counter, "amount_ntd": ntd, "terminal": "KSK-1"}
        self.card |= {"purse": self.card["purse"] + ntd, "counter": counter, "recent": [line]}

    def reading(self) -> dict[str, Any]:
        return {name: self.card[name] for name in ("purse", "counter", "recent")}


@pytest.fixture
def kiosk() -> KioskKey:
    activate()
    return enrol_kiosk("KSK-1")


@pytest.fixture
def agent(kiosk: KioskKey) -> Agent:
    (number,) = new_cards([MEMBER])
    give_points({MEMBER: 320})
    return Agent(kiosk, number)


def test_a_redemption_step_by_step(agent: Agent) -> None:
    offer = agent.present().json()
    assert (offer["points"], offer["most"], offer["why_not"]) == (320, 320, "")
    assert [one["ntd"] for one in offer["choices"]] == [50, 100, 200, 320]

    session = agent.reserve(200).json()
    assert session["state"] == "reserved"
    assert balance(MEMBER) == (120, 200)
    assert agent.ask("writing", key=session["key"]).json()["state"] == "writing"
    agent.write(200)
    done = agent.ask("settle", key=session["key"], **agent.reading()).json()
    assert (done["state"], done["ntd"]) == ("settled", 200)
    assert balance(MEMBER) == (120, 0)
    seen = agent.client.get(f"/kiosk/api/redemption/{session['key']}").json()
    assert seen == done
    assert ledger.verify() == redemptions.verify() == []


def test_points_come_back_when_the_kiosk_gives_up(agent: Agent) -> None:
    key = agent.reserve(200).json()["key"]
    assert agent.ask("release", key=key, why="stopped").json()["state"] == "released"
    assert balance(MEMBER) == (320, 0)


def test_the_same_step_twice_is_one(agent: Agent) -> None:
    key = str(uuid.uuid4())
    assert agent.reserve(200, key).json() == agent.reserve(200, key).json()
    assert balance(MEMBER) == (120, 200)
    assert agent.reserve(100, key).json()["code"] == "redemptions.key_used"


def test_a_hanging_write_is_ended_by_the_card_itself(agent: Agent, kiosk: KioskKey) -> None:
    key = agent.reserve(200).json()["key"]
    agent.ask("writing", key=key)
    agent.write(200)
    other = Agent(enrol_kiosk("KSK-2"), agent.card["number"])
    other.card = agent.card
    offer = other.present().json()
    assert [(one["key"], one["state"]) for one in offer["ended"]] == [(key, "settled")]
    assert offer["points"] == 120


def test_refusals_say_what_and_why(agent: Agent, kiosk: KioskKey) -> None:
    answer = agent.reserve(321)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "ledger.not_enough_points"
    assert problem["facts"] == {"balance": 320, "wanted": 321, "unit": "taipei-points"}
    assert "320" in problem["detail"]
    assert Agent(kiosk, "9999999999999999").present().json()["code"] == "redeeming.card_unknown"
    (unbound,) = new_cards([1], bound=False)
    assert Agent(kiosk, unbound).present().json()["code"] == "redeeming.card_not_bound"

    found = cards.find(issuer="easycard", number_kind="printed", number=agent.card["number"])
    assert found is not None
    with unit_of_work():
        cards.report_lost(card_id=found.card_id, actor=SYSTEM, now=clock.now())
    assert agent.present().json()["code"] == "redeeming.card_out_of_use"
    assert agent.reserve(10).json()["code"] == "redeeming.card_out_of_use"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"[1]", "body"),
        (b'{"number": "1"', "body"),
        (b"{}", "number"),
        (b'{"number": 5}', "number"),
        (b'{"number": "1\\u0000"}', "number"),
        (b'{"number": "\\ud800"}', "number"),
        (b"[" * 30_000, "body"),
        (b'{"number": "1", "purse": -1, "counter": 1}', "purse"),
        (b'{"number": "1", "purse": true, "counter": 1}', "purse"),
        (b'{"number": "1", "purse": 1}', "counter"),
        (b'{"number": "1", "purse": 1, "counter": 1, "recent": "x"}', "recent"),
        (b'{"number": "1", "purse": 1, "counter": 1, "recent": [{}]}', "counter"),
    ],
)
def test_what_is_not_understood_is_named(agent: Agent, body: bytes, field: str) -> None:
    answer = agent.client.post("/kiosk/api/card", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["facts"]["field"] == field


def test_only_a_kiosks_own_key_opens_the_door(agent: Agent, kiosk: KioskKey) -> None:
    assert Agent(None).present().status_code == 401
    wrong = KioskKey(kiosk.code, "wrong", kiosk.device_id)
    assert Agent(wrong).present().status_code == 401
    with unit_of_work():
        agencies.revoke_device(device_id=kiosk.device_id, actor=SYSTEM, now=clock.now())
    assert agent.present().status_code == 401


def test_a_kiosk_sees_and_ends_its_own_redemptions_only(agent: Agent) -> None:
    key = agent.reserve(200).json()["key"]
    other = Agent(enrol_kiosk("KSK-2"))
    assert other.client.get(f"/kiosk/api/redemption/{key}").status_code == 404
    for step in ("writing", "release"):
        assert other.ask(step, key=key, why="x").status_code == 404
    assert balance(MEMBER) == (120, 200)


STAGES = [
    *("welcome", "reading", "choose", "confirm", "writing", "done", "refused", "taken_away"),
    *("resumed", "settled_later", "given_back", "unclear", "offline"),
]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_every_screen_is_rendered_for_the_agent(agent: Agent, stage: str, language: str) -> None:
    offer = agent.present().json()
    body = {
        "stage": stage,
        "language": language,
        "version": 3,
        "offer": offer,
        "card": {"tail": "3456", "purse": 120, "purse_text": "NT$120"},
        "chosen": {"points": 200, "ntd": 200, "purse_after": 320, "points_after": 120,
                   "ntd_text": "NT$200"},
        "refusal": {"code": "kiosk.no_points", "facts": {}},
        "tray": [{"id": "1", "label": "王", "label_en": "W", "number": "123", "purse": 1}],
    }  # fmt: skip
    answer = agent.client.post("/kiosk/screen", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert f'lang="{language}"' in page
    assert agent.card["number"] not in page
    assert "/stage?seen=3" in page


def test_an_unknown_stage_is_refused(agent: Agent) -> None:
    body = json.dumps({"stage": "../../settings", "version": 1})
    answer = agent.client.post("/kiosk/screen", body, content_type="application/json")
    assert answer.json()["facts"]["field"] == "stage"


def test_hello_tells_a_kiosk_who_it_is(agent: Agent) -> None:
    told = agent.client.get("/kiosk/api/hello").json()
    assert told == {
        "kiosk": "KSK-1",
        "place": "kiosk-office-daan",
        "session_seconds": 90,
        "demo": True,
    }


def line_of(agent: Agent, key: str, **more: Any) -> dict[str, Any]:
    said = {"key": key, "seq": 1, "number": agent.card["number"], "counter": 10, "ntd": 100}
    said |= {"purse_before": 120, "purse_after": 220, "wrote": True}
    return said | {"at": clock.now().isoformat()} | more


def test_a_kiosk_uploads_its_journal_and_again(agent: Agent) -> None:
    key = str(uuid.uuid4())
    agent.reserve(100, key)
    agent.ask("writing", key=key)
    half = line_of(agent, key, wrote=None, purse_after=None)
    assert agent.ask("journal", lines=[half]).json() == {"taken": 1}
    assert agent.ask("journal", lines=[half]).json() == {"taken": 0}
    whole = line_of(agent, key)
    assert agent.ask("journal", lines=[whole]).json() == {"taken": 1}
    assert agent.ask("journal", lines=[whole, half]).json() == {"taken": 0}
    assert redemptions.differences() == []


def test_a_line_that_says_something_else_the_second_time_is_a_difference(agent: Agent) -> None:
    key = str(uuid.uuid4())
    agent.ask("journal", lines=[line_of(agent, key)])
    agent.ask("journal", lines=[line_of(agent, key, ntd=900, purse_after=1020)])
    (found,) = redemptions.differences()
    assert (found.kind, found.detail) == ("tampered", "kiosk_changed")


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": 0},
        {"wrote": "yes"},
        {"at": "yesterday"},
        {"at": "2026-11-21T10:00:00"},
        {"purse_before": -1},
        {"key": "k"},
    ],
)
def test_a_journal_is_read_strictly(agent: Agent, wrong: dict[str, Any]) -> None:
    refused = agent.ask("journal", lines=[line_of(agent, str(uuid.uuid4())) | wrong])
    assert (refused.status_code, refused.json()["code"]) == (400, "kiosk.not_understood")
    assert agent.ask("journal", lines="all").status_code == 400


def test_a_card_goes_from_kiosk_to_kiosk_and_back(agent: Agent) -> None:
    """Nothing doubles: what A began and did not write B has ended, and A hears so."""
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    other = Agent(enrol_kiosk("KSK-2"))
    other.card = agent.card
    agent.reserve(100, first)
    agent.ask("writing", key=first)
    assert other.reserve(100, second).json()["code"] == "redemptions.card_busy"
    assert [one["state"] for one in other.present().json()["ended"]] == ["released"]
    assert other.reserve(100, second).status_code == 200
    other.ask("writing", key=second)
    other.write(100)
    other.card["recent"][0]["terminal"] = "KSK-2"
    assert other.ask("settle", key=second, **other.reading()).json()["state"] == "settled"
    told = agent.ask("release", key=first, why="the card has left the pad").json()
    assert (told["state"], told["contested"]) == ("released", False)
    assert balance(MEMBER) == (220, 0)
    assert ledger.verify() == redemptions.verify() == []


def test_a_till_takes_points_for_a_purchase_and_gives_them_back() -> None:
    with wiring.city("taoyuan"):
        activate()
        new = agencies.NewDevice(
            code="TILL-1", kind="till", agency="sports", place="", service="till"
        )
        with unit_of_work():
            (done,) = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=clock.now())
        (number,) = new_cards([MEMBER + 1])
        give_points({MEMBER + 1: 320}, unit="health-points")
        till = Agent(KioskKey(done.code, done.key or "", done.device_id or 0), number)
        key, back = str(uuid.uuid4()), str(uuid.uuid4())
        asked = {"number": number, "kind": "shopping", "points": 120, "receipt": "B-1"}
        for _ in range(2):
            told = till.ask("pay", **asked, key=key).json()
            assert (told["state"], told["points"], told["receipt"]) == ("settled", 120, "B-1")
        assert till.ask("pay", **asked | {"points": 300}, key=str(uuid.uuid4())).status_code == 422
        found = cards.find(issuer="easycard", number_kind="printed", number=number)
        assert found is not None
        with unit_of_work():
            cards.report_lost(card_id=found.card_id, actor=SYSTEM, now=clock.now())
        assert till.ask("pay", **asked, key=key).json()["state"] == "settled"  # it was charged
        told = till.ask("pay", **asked, key=str(uuid.uuid4())).json()
        assert told["code"] == "redeeming.card_out_of_use"
        for _ in range(2):
            told = till.ask("refund", key=key, refund_key=back, points=20, why="goods back").json()
            assert told["returned"] == 20
        assert balance(MEMBER + 1, unit="health-points") == (220, 0)
        assert till.ask("card", **till.card).status_code == 403
    assert ledger.verify() == redemptions.verify() == []
