"""Readers: enrolled with a key that is shown once, given new keys, taken out of service."""

import re

import pytest

from citycard.agencies import api as agencies
from citycard.infra.database import rows
from tests.portals import seeding

pytestmark = pytest.mark.usefixtures("city")

READER = {
    "code": "SPORTS-DAAN-9",
    "place": "sports-daan",
    "service": "sports-visit",
    "number_profile": "easycard_printed",
}


@pytest.fixture(scope="module")
def town(city):
    seeding.activate()


@pytest.fixture
def organiser(town):
    return seeding.signed_in("organiser", "sports", ["organiser"])


def key_on(page):
    return re.search(r"<code[^>]*>([^<]+)</code>", page)[1]


def test_a_key_is_shown_once_and_kept_nowhere_in_clear(organiser):
    answer = organiser.post("/agency/devices/", READER)
    key = key_on(answer.content.decode())
    assert agencies.device_by_key(code=READER["code"], key=key) is not None
    assert "no-store" in answer["Cache-Control"]
    assert key not in organiser.get("/agency/devices/").content.decode()
    sessions = rows("SELECT s::text AS text FROM identity_session s")
    assert not any(key in row.text for row in sessions)
    again = organiser.post("/agency/devices/", READER)
    assert again.status_code == 422
    assert key not in again.content.decode()


def test_a_new_key_ends_the_old_one_and_a_revoked_reader_has_none(organiser):
    made = organiser.post("/agency/devices/", {**READER, "code": "SPORTS-DAAN-10"})
    old = key_on(made.content.decode())
    [device] = [it for it in agencies.devices(agency="sports-daan") if it.code == "SPORTS-DAAN-10"]
    address = f"/agency/devices/{device.device_id}/"
    new = key_on(organiser.post(address, {"do": "rotate"}).content.decode())
    assert agencies.device_by_key(code=device.code, key=old) is None
    assert agencies.device_by_key(code=device.code, key=new) is not None
    assert organiser.post(address, {"do": "revoke"}).status_code == 302
    assert agencies.device_by_key(code=device.code, key=new) is None


def test_another_agencys_reader_is_not_there(organiser):
    organiser.post("/agency/devices/", {**READER, "code": "SPORTS-DAAN-11"})
    [device] = [it for it in agencies.devices(agency="sports-daan") if it.code == "SPORTS-DAAN-11"]
    stranger = seeding.signed_in("health-organiser", "health", ["organiser"])
    answer = stranger.post(f"/agency/devices/{device.device_id}/", {"do": "revoke"})
    assert answer.status_code == 404
    assert agencies.device(device_id=device.device_id).state == "active"
