"""The agency's page of its systems: keys, sandbox, use, subscriptions and their deliveries."""

import re

import pytest
from django.test import Client

from citycard.agencies import api as agencies
from citycard.flows import telling_agencies
from citycard.infra import clock, outbox
from citycard.infra.database import execute
from tests.harness.cities import City
from tests.portals import looking, seeding
from tests.webhooks.receiver import Receiver

SYSTEMS = "/agency/systems/"


@pytest.fixture(scope="module")
def officer(city: City) -> Client:
    seeding.activate()
    return seeding.signed_in("lib", "library", ["organiser"], **{"accept-language": "zh-hant"})


def connected(officer: Client, code: str, **more: str) -> tuple[int, str]:
    """Connect a system by the page; return its id and its key."""
    told = officer.post(SYSTEMS, {"code": code, "agency": "library", **more})
    key = re.search(r'<code class="cc-large"[^>]*>([^<]+)<', told.content.decode())
    assert key is not None, told.content.decode()[:500]
    (found,) = [one for one in agencies.clients(agency="library") if one.code == code]
    return found.client_id, key.group(1)


def test_connect_rotate_and_revoke(officer: Client) -> None:
    client_id, key = connected(officer, "LIB-A")
    path = f"{SYSTEMS}{client_id}/"
    held = agencies.client_by_key(code="LIB-A", key=key, now=clock.now())
    assert held is not None
    told = officer.post(path, {"do": "rotate"}).content.decode()
    assert "仍然可用" in told
    assert agencies.client_by_key(code="LIB-A", key=key, now=clock.now()) is not None
    assert "新舊金鑰並用中" in officer.get(path).content.decode()
    officer.post(path, {"do": "rotate-now"})
    assert agencies.client_by_key(code="LIB-A", key=key, now=clock.now()) is None
    officer.post(path, {"do": "revoke"})
    assert agencies.client(client_id=client_id).state == "revoked"
    assert officer.get(path).status_code == 200


def test_a_system_of_the_sandbox_and_a_public_key(officer: Client) -> None:
    client_id, _ = connected(officer, "LIB-TRY", sandbox="on")
    path = f"{SYSTEMS}{client_id}/"
    assert agencies.client(client_id=client_id).sandbox
    assert "測試用" in officer.get(path).content.decode()
    wrong = officer.post(path, {"do": "public-key", "pem": "no key"})
    assert wrong.status_code == 422
    assert "不是可以使用的公開金鑰" in wrong.content.decode()


def test_another_agencys_system_is_not_found(officer: Client) -> None:
    client_id, _ = connected(officer, "LIB-B")
    other = seeding.signed_in("hos", "hospital", ["organiser"])
    assert other.get(f"{SYSTEMS}{client_id}/").status_code == 404
    assert other.post(f"{SYSTEMS}{client_id}/", {"do": "revoke"}).status_code == 404
    assert other.post(f"{SYSTEMS}{client_id}/webhooks/", {}).status_code == 404
    made = officer.post(
        f"{SYSTEMS}{client_id}/webhooks/", {"url": "https://example.org/", "kinds": ["card.lost"]}
    )
    assert made.status_code == 200
    (hook,) = agencies.webhooks(client_id=client_id)
    for method in (other.get, other.post):
        assert method(f"/agency/webhooks/{hook.webhook_id}/").status_code == 404


def test_a_subscription_from_its_secret_to_sending_again(
    officer: Client, receiver: Receiver
) -> None:
    client_id, _ = connected(officer, "LIB-C")
    add = f"{SYSTEMS}{client_id}/webhooks/"
    assert officer.post(add, {"url": "nowhere", "kinds": ["card.lost"]}).status_code == 422
    assert officer.post(add, {"url": receiver.url}).status_code == 422
    told = officer.post(add, {"url": receiver.url, "kinds": ["card.lost", "tap.counted"]})
    assert "whsec_" in told.content.decode()
    (hook,) = agencies.webhooks(client_id=client_id)
    path = f"/agency/webhooks/{hook.webhook_id}/"
    assert "whsec_" not in officer.get(path).content.decode()

    officer.post(path, {"do": "ping"})
    outbox.drain_once(telling_agencies.LETTER, now=clock.now())
    assert [one["type"] for one in receiver.said] == ["ping"]
    assert "已送達" in officer.get(path).content.decode()

    officer.post(path, {"do": "ping"})
    execute("UPDATE agencies_webhook_message SET state = 'failed' WHERE state = 'waiting'")
    assert "1 則通知沒有送達" in officer.get(path).content.decode()
    assert "1 則沒有送達" in officer.get(f"{SYSTEMS}{client_id}/").content.decode()
    home = officer.get("/agency/").content.decode()
    assert "有通知送不到貴機關的系統" in home
    assert f'href="{path}">{receiver.url}' in home
    officer.post(path, {"do": "send-again"})
    outbox.drain_once(telling_agencies.LETTER, now=clock.now())
    assert len(receiver.said) == 2
    assert "有通知送不到" not in officer.get("/agency/").content.decode()
    assert "whsec_" in officer.post(path, {"do": "rotate"}).content.decode()
    for do, state in (("pause", "paused"), ("resume", "active"), ("pause", "paused")):
        officer.post(path, {"do": do})
        assert agencies.webhook(webhook_id=hook.webhook_id).state == state
    waits = officer.post(path, {"do": "ping"}, follow=True).content.decode()
    assert "恢復後才會送出" in waits
    officer.post(path, {"do": "end"})
    assert agencies.webhooks(client_id=client_id) == []
    assert officer.post(path, {"do": "ping"}).status_code == 404, "nothing is promised of it"


@looking.needs_browser[0]
@looking.needs_browser[1]
def test_every_page_on_a_phone_and_on_a_desk(officer: Client, receiver: Receiver) -> None:
    client_id, key = connected(officer, "LIB-LOOK", sandbox="on")
    api = Client(headers={"Authorization": f"Client LIB-LOOK:{key}"})
    asked = {"service": "library-loan", "cards": [{"code": "x"}]}
    for path, said in (("verifications", asked), ("conversions", asked), ("verifications", {})):
        api.post(f"/api/v1/{path}", said, content_type="application/json")
    officer.post(f"{SYSTEMS}{client_id}/", {"do": "rotate"})
    kinds = list(telling_agencies.KINDS)
    officer.post(f"{SYSTEMS}{client_id}/webhooks/", {"url": receiver.url, "kinds": kinds})
    (hook,) = agencies.webhooks(client_id=client_id)
    path = f"/agency/webhooks/{hook.webhook_id}/"
    receiver.answers = [500, 204, 204]
    for _ in range(3):
        officer.post(path, {"do": "ping"})
    outbox.drain_once(telling_agencies.LETTER, now=clock.now())
    officer.post(path, {"do": "ping"})
    execute(
        "UPDATE agencies_webhook_message SET state = 'failed', tries = 10, last_answer = '503'"
        " WHERE id = (SELECT max(id) FROM agencies_webhook_message)"
    )
    pages = {"systems": SYSTEMS, "system": f"{SYSTEMS}{client_id}/", "webhook": path}
    assert looking.faulty({name: (where, officer) for name, where in pages.items()}) == {}
