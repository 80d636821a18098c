"""Outside a demo city a key of the sandbox learns nothing of anybody: at each route that lets
agencies' systems in, a real card is answered as one that doesn't exist."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.portals import doors
from tests.openapi.conftest import Person, System

NOBODYS = "0000000000000000"
READER = "SANDBOX-GATE"


def _asked(number: str) -> dict[str, Any]:
    """What each route may be sent about a card; None: it is asked by GET."""
    card = {"issuer": "easycard", "number_kind": "printed", "number": number}
    asked = {"service": "concession-ride", "cards": [card]}
    tap = {
        "reader": READER,
        "epoch": 1,
        "seq": 1,
        "at": clock.now().isoformat(),
        "number": number,
    }
    entry = {
        "device": "D-1",
        "epoch": 1,
        "seq": 1,
        "offer": "x",
        "venue": "x",
        "card": card,
        "at": clock.now().isoformat(),
        "price_class": "full",
        "charged_ntd": 1,
    }
    line = {
        "reference": "r",
        "campaign": "x",
        "at": clock.now().isoformat(),
        "card_number": number,
    }
    return {
        "/api/v1/conversions": asked,
        "/api/v1/verifications": asked,
        "/api/v1/taps": {"taps": [tap]},
        "/api/v1/numbers": {"numbers": [{"card_number": number, "agency_number": "1"}]},
        "/api/v1/numbers/removals": {"numbers": ["1"], "why": "left"},
        "/api/v1/campaigns": None,
        "/api/v1/earnings": {"lines": [line]},
        "/api/v1/visits": {"entries": [entry]},
        "/api/v1/visits/price": {"offer": "x", "venue": "x", "card": card},
        "/api/v1/visits/first-days": None,
        "/agency/rosters/<str:code>/door.csv": None,
        "/agency/rosters/<str:code>/door/<int:number>/<str:name>": None,
    }


REFUSED = (
    "/api/v1/earnings",
    "/api/v1/visits",
    "/api/v1/visits/price",
    "/api/v1/visits/first-days",
)


def _routes(resolver: URLResolver, before: str = "/") -> list[str]:
    found = []
    for one in resolver.url_patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            found += _routes(one, here)
        elif _lets_systems_in(one):
            found.append(here)
    return found


def _lets_systems_in(one: URLPattern) -> bool:
    keeper = getattr(one.callback, "door", None)
    return isinstance(keeper, doors.Door) and "agency_client" in keeper.roles


def _answer(system: System, route: str, said: Any) -> tuple[int, str]:
    path = route.replace("<str:code>", "x").replace("<int:number>", "1")
    path = path.replace("<str:name>", "list.csv")
    key = {"Authorization": f"Client {system.code}:{system.key}", "Idempotency-Key": "k"}
    browser = Client(headers=key)
    if said is None:
        answer = browser.get(path)
    else:
        answer = browser.post(path, json.dumps(said), content_type="application/json")
    if "json" not in answer["Content-Type"]:
        return answer.status_code, ""
    told = {key: value for key, value in answer.json().items() if key != "instance"}
    return answer.status_code, json.dumps(told)


def test_every_route_for_systems_is_tried_here() -> None:
    assert sorted(_routes(get_resolver())) == sorted(_asked(NOBODYS))


@pytest.mark.parametrize("route", sorted(_asked(NOBODYS)))
def test_a_real_card_is_answered_as_one_that_does_not_exist(
    connect: Callable[..., System], senior: Person, settings: Any, route: str
) -> None:
    settings.CITYCARD_DEMO = False
    system = connect("public-transport", sandbox=True)
    other = connect("public-transport", sandbox=True)
    with unit_of_work():
        if READER not in agencies.devices_by_code(codes=[READER]):
            agencies.enrol_devices(
                devices=[
                    agencies.NewDevice(
                        code=READER, kind="reader", agency="public-transport", place="",
                        service="concession-ride",
                    )
                ],
                actor=SYSTEM,
                now=clock.now(),
            )  # fmt: skip
    records = scalar("SELECT count(*) FROM people_access_record")
    status, told = _answer(system, route, _asked(senior.number)[route])
    assert (status, told) == _answer(other, route, _asked(NOBODYS)[route])
    assert (status == 403) is (route in REFUSED)
    assert scalar("SELECT count(*) FROM people_access_record") == records
