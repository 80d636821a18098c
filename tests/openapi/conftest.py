"""A city with people of several fares, agencies' systems, and a way to call the door."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from citycard.agencies import api as agencies
from citycard.infra import clock
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.portals.openapi import describing
from citycard.wallet import api as wallet
from tests.harness.cities import City
from tests.lives import people as lives
from tests.portals import seeding

SINCE = dt.date(2026, 9, 1)


@dataclass
class System:
    """An agency's system, as a program that speaks to the door."""

    code: str
    key: str
    client_id: int
    browser: Client = field(default_factory=Client)

    def post(
        self, path: str, said: Any, *, key: str = "", name: str = "", language: str = "en"
    ) -> Any:
        """Send a body; every answer is checked against the description."""
        headers = {"Authorization": f"Client {self.code}:{self.key}", "Accept-Language": language}
        if key:
            headers["Idempotency-Key"] = key
        body = said if isinstance(said, bytes | str) else json.dumps(said)
        answer = self.browser.post(
            f"/api/v1/{path}", body, content_type="application/json", headers=headers
        )
        check(name or path, answer)
        return answer

    def ask(self, path: str, said: Any, **rest: Any) -> list[dict[str, Any]]:
        """Send a body that is taken, and return the answers."""
        answer = self.post(path, said, **rest)
        assert answer.status_code == 200, answer.content.decode()
        told: list[dict[str, Any]] = answer.json()["answers"]
        return told


def check(operation: str, answer: Any) -> None:
    """Fail unless an answer is as the description says."""
    schema = describing.answer_schema(operation, answer.status_code)
    Draft202012Validator(schema).validate(answer.json())
    described = describing.operations()[operation]["responses"][str(answer.status_code)]
    assert answer["Content-Type"].split(";")[0] in described["content"]
    assert "no-store" in answer.get("Cache-Control", "") or answer.status_code == 401


@dataclass
class Person:
    """A resident with a card."""

    member_id: int
    card_id: int
    number: str

    @property
    def asked(self) -> dict[str, str]:
        """Their card by its printed number."""
        return {"issuer": "easycard", "number_kind": "printed", "number": self.number}

    def codes(self) -> wallet.Shown:
        """What their phone shows now."""
        access = Access(
            subjects=frozenset({self.member_id}), fields=frozenset({"cards"}),
            purpose="own-data", actor=SYSTEM, record_id=None,
        )  # fmt: skip
        with unit_of_work():
            return wallet.show(
                access=access, card_id=self.card_id, member_id=self.member_id, now=clock.now()
            )


def person(born: dt.date, *, kind: str = "general", **facts: Any) -> Person:
    """Enrol somebody who is registered in the city, with a card."""
    member, _ = lives.member(born, since=SINCE, registered_city="taipei", **facts)
    card = lives.card(member, kind, SINCE)
    number = scalar("SELECT number FROM cards_card_number WHERE card_id = %s", [card])
    return Person(member, card, str(number))


@pytest.fixture(scope="module")
def town(city: City) -> City:
    """The module's city, its pack in force."""
    seeding.activate()
    return city


@pytest.fixture(scope="module")
def connect(town: City) -> Callable[..., System]:
    """Connect an agency's system."""
    made = iter(range(1, 1000))

    def connect(agency: str, **rest: Any) -> System:
        with unit_of_work():
            found = agencies.connect_client(
                code=f"SYS-{next(made)}", agency=agency, actor=SYSTEM, now=clock.now(), **rest
            )
        return System(found.code, found.key, found.client_id)

    return connect


@pytest.fixture(scope="module")
def adult(town: City) -> Person:
    """Somebody without a concession."""
    return person(dt.date(1980, 5, 12))


@pytest.fixture(scope="module")
def senior(town: City) -> Person:
    """Somebody with the seniors' fare."""
    approved = {"approval.senior-rides": True, "resides_in_city": True}
    return person(dt.date(1950, 5, 12), kind="senior", **approved)
