"""Approved parts reach the agency's own system at least once, and are applied there once."""

import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from citycard.agencies import api as agencies
from citycard.flows import asking_registers, handing_cases_on, telling_agencies
from citycard.infra import clock, journal, outbox
from citycard.infra.database import rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.flows.living import (
    NOW,
    answers,
    apply,
    approve,
    on_record,
    parts_of,
    resident,
    reviewer,
)
from tests.harness.cities import City
from tests.openapi.guide import blocks
from tests.portals import seeding
from tests.webhooks.receiver import Receiver, is_signed

pytestmark = pytest.mark.city("taipei")
KIND = handing_cases_on.KIND
Subscribe = Callable[..., agencies.WebhookSecret]


@pytest.fixture(autouse=True)
def _open(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")
    seeding.activate()
    journal.pump_until_idle()  # what earlier tests approved is nobody's here


@pytest.fixture
def subscribe(receiver: Receiver) -> Subscribe:
    def subscribe(agency: str, *kinds: str) -> agencies.WebhookSecret:
        with unit_of_work():
            client = agencies.connect_client(
                code=f"CASE-{scalar('SELECT count(*) FROM agencies_client')}", agency=agency,
                actor=SYSTEM, now=clock.now(),
            )  # fmt: skip
            return agencies.add_webhook(
                client_id=client.client_id, url=receiver.url, kinds=kinds or [KIND], plain=True,
                actor=SYSTEM, now=clock.now(),
            )  # fmt: skip

    return subscribe


def approved(
    account: int, *services: str, by: str = "social-welfare", **changes: Any
) -> tuple[int, dict[str, Any]]:
    """Somebody applies, and an agency approves its part; returns the member and what they said."""
    me, filled = resident(account), answers(**changes)
    on_record(filled)
    submitted = apply(me, filled, services or ("senior-rides",))
    for topic in asking_registers.LETTERS:
        while outbox.drain_once(topic, now=NOW):
            pass
    approve(submitted.ref, me, (services or ("senior-rides",))[0], reviewer(by))
    journal.pump_until_idle()
    part = parts_of(submitted.ref, me)[(services or ("senior-rides",))[0]]
    member = scalar("SELECT member_id FROM applications_part WHERE id = %s", [part.part_id])
    return int(member), filled


def send(after: dt.timedelta = dt.timedelta(0)) -> int:
    return outbox.drain_once(telling_agencies.LETTER, now=clock.now() + after)


def last_record() -> tuple[str, str, list[str], list[int]]:
    (found,) = rows(
        "SELECT agency, purpose, fields, subjects FROM people_access_record ORDER BY id DESC"
        " LIMIT 1"
    )
    return found.agency, found.purpose, sorted(found.fields), found.subjects


def test_the_agency_gets_the_fields_of_the_pack_and_the_resident_sees_it(
    subscribe: Subscribe, receiver: Receiver
) -> None:
    """資料交換格式: 核准的資料送到機關的業務系統."""
    secret = subscribe("social-welfare")
    member, filled = approved(901)
    assert send() == 1
    ((headers, body),) = receiver.got
    assert is_signed(secret.secret, headers, body)
    (said,) = receiver.said
    assert said["type"] == KIND
    data = said["data"]
    assert (data["service"], data["entitlement"]) == ("senior-rides", "senior-rides")
    assert data["person"] == {
        "name": "王小美", "birth_on": "1950-03-02", "id_number": filled["id_number"],
        "district": "zhongzheng", "address": None, "phone": "0912345678",
    }  # fmt: skip
    assert data["answers"] == {"resides_in_city": True}
    assert data["idempotency_key"].startswith("case_")
    fields = ["address", "application", "birth_on", "district", "id_number", "name", "phone"]
    assert last_record() == ("social-welfare", "approved-case", fields, [member])
    assert filled["id_number"] not in str(rows("SELECT * FROM agencies_webhook_message"))


def test_another_agency_and_a_refusal_are_told_nothing(
    subscribe: Subscribe, receiver: Receiver
) -> None:
    subscribe("health")
    subscribe("library")
    approved(902)
    assert send() == 0
    assert receiver.got == []


def test_a_lost_answer_is_sent_again_and_applied_once_by_the_guides_example(
    subscribe: Subscribe, receiver: Receiver
) -> None:
    names: dict[str, Any] = {}
    (example,) = [one for one in blocks("python") if "apply_once" in one]
    exec(example, names)  # noqa: S102 - the guide's own
    database = sqlite3.connect(":memory:")
    names["prepare"](database)

    first, second = subscribe("social-welfare"), subscribe("social-welfare")
    receiver.answers = [500]  # it was applied, and the answer was lost
    _, filled = approved(903)
    for minutes in range(4):
        send(dt.timedelta(minutes=minutes))
    assert len(receiver.got) == 3, "two addresses, one of them twice"
    assert len(set(receiver.ids)) == 2
    assert first.webhook_id != second.webhook_id
    done = [names["apply_once"](database, json.loads(body)) for _, body in receiver.got]
    assert done == [True, False, False]
    told = database.execute("SELECT id_number, service FROM cases").fetchall()
    assert told == [(filled["id_number"], "senior-rides")]


def test_two_agencies_keys_of_one_part_share_nothing() -> None:
    ours, theirs = (
        handing_cases_on.key_of(agency=agency, part_id=1) for agency in ("health", "social-welfare")
    )
    assert ours != theirs
    assert ours == handing_cases_on.key_of(agency="health", part_id=1)


def test_what_was_approved_before_the_system_was_there_is_sent_from_the_page(
    receiver: Receiver, subscribe: Subscribe
) -> None:
    officer = seeding.signed_in(
        "sw", "social-welfare", ["organiser"], **{"accept-language": "zh-hant"}
    )
    _, filled = approved(904)
    page = officer.get("/agency/systems/")
    assert "核准的案件還沒有系統接收" in page.content.decode()
    hook = subscribe("social-welfare", KIND, "card.lost")
    assert "核准的案件還沒有系統接收" not in officer.get("/agency/systems/").content.decode()
    path = f"/agency/webhooks/{hook.webhook_id}/"
    today = clock.today()
    late = officer.post(path, {"do": "cases", **_day(today + dt.timedelta(days=1))})
    assert late.status_code == 422
    before = scalar("SELECT count(*) FROM agencies_webhook_message")
    asked = {"do": "cases", **_day(dt.date(2026, 11, 21))}
    assert officer.post(path, asked, follow=True).status_code == 200
    assert scalar("SELECT count(*) FROM agencies_webhook_message") > before
    send()
    assert filled["id_number"] in {one["data"]["person"]["id_number"] for one in receiver.said}
    keys = [one["data"]["idempotency_key"] for one in receiver.said]
    officer.post(path, asked)
    send()
    again = [one["data"]["idempotency_key"] for one in receiver.said][len(keys) :]
    assert again == keys, "the same keys: what was applied is not applied again"


def _day(day: dt.date) -> dict[str, str]:
    parts = {"year": day.year, "month": day.month, "day": day.day}
    return {f"since_{name}": str(number) for name, number in parts.items()}


def test_what_stands_on_a_consent_is_sent_of_those_who_agree(
    subscribe: Subscribe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from citycard.people import api as people

    pack, asked = current_pack(), "register-check"
    table = pack.table("purposes")
    purposes = {
        **table["purposes"],
        asked: {**table["purposes"]["approved-case"], "ground": {"kind": "consent"}},
    }
    forms = pack.table("forms")
    service = forms["taipei-card"]["services"]["senior-rides"]
    sent = [{**service["sent_to"][0], "purpose": asked}]
    services = {**forms["taipei-card"]["services"], "senior-rides": {**service, "sent_to": sent}}
    changed = {
        "purposes": {**table, "purposes": purposes},
        "forms": {**forms, "taipei-card": {**forms["taipei-card"], "services": services}},
    }
    whole = type(pack).table
    monkeypatch.setattr(
        type(pack), "table", lambda self, name: changed.get(name, whole(self, name))
    )
    subscribe("social-welfare")
    member, _ = approved(905)  # agreed as they applied
    (ground,) = [one for one in people.grounds_of(member_id=member) if one.purpose == asked]
    with unit_of_work():
        people.withdraw_ground(
            ground_id=ground.ground_id, member_id=member, actor=SYSTEM, now=clock.now()
        )
    records = scalar("SELECT count(*) FROM people_access_record")
    send()
    assert receiver.got == []
    (kept,) = rows(
        "SELECT state, last_answer FROM agencies_webhook_message ORDER BY id DESC LIMIT 1"
    )
    assert kept == ("delivered", "not-sent")
    assert scalar("SELECT count(*) FROM people_access_record") == records
