"""Readers: enrolled with a key that is shown once, given new keys, taken out of service."""

import base64
import csv
import datetime as dt
import html
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from citycard.agencies import api as agencies
from citycard.flows import tapping
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.signers import signers
from citycard.infra.unit_of_work import unit_of_work
from citycard.taps import api as taps
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


def test_the_citys_own_key_stands_beside_it_on_the_page_and_in_the_file(organiser):
    page = organiser.post("/agency/devices/", {**READER, "code": "SPORTS-DAAN-90"}).content.decode()
    signer = signers(now=clock.now())[-1]
    city_key = f"{signer.kid}:{signer.public.hex()}"
    assert f"<code>{city_key}</code>" in page
    file = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(file))) == [
        ["code", "key", "epoch", "city_key"],
        ["SPORTS-DAAN-90", key_on(page), "1", city_key],
    ]


def test_a_new_key_ends_the_old_one_and_a_revoked_reader_has_none(organiser):
    made = organiser.post("/agency/devices/", {**READER, "code": "SPORTS-DAAN-10"})
    old = key_on(made.content.decode())
    [device] = [it for it in agencies.devices(agency="sports-daan") if it.code == "SPORTS-DAAN-10"]
    address = f"/agency/devices/{device.device_id}/"
    new = key_on(organiser.post(address, {"do": "rotate"}).content.decode())
    assert agencies.device_by_key(code=device.code, key=old) is None
    assert agencies.device_by_key(code=device.code, key=new) is not None
    assert organiser.post(address, {"do": "revoke"}).status_code == 422, "a reason is asked for"
    assert organiser.post(address, {"do": "revoke", "because": "遺失"}).status_code == 302
    assert agencies.device(device_id=device.device_id).revoked_because == "遺失"
    assert agencies.device_by_key(code=device.code, key=new) is None


def test_another_agencys_reader_is_not_there(organiser):
    organiser.post("/agency/devices/", {**READER, "code": "SPORTS-DAAN-11"})
    [device] = [it for it in agencies.devices(agency="sports-daan") if it.code == "SPORTS-DAAN-11"]
    stranger = seeding.signed_in("health-organiser", "health", ["organiser"])
    answer = stranger.post(f"/agency/devices/{device.device_id}/", {"do": "revoke"})
    assert answer.status_code == 404
    assert agencies.device(device_id=device.device_id).state == "active"


def device_of(code):
    return agencies.devices_by_code(codes=[code])[code]


def enrolled(organiser, code):
    made = organiser.post("/agency/devices/", {**READER, "code": code})
    return device_of(code), key_on(made.content.decode())


def test_a_reader_is_enrolled_only_for_what_it_can_serve(organiser, monkeypatch):
    monkeypatch.setattr(agencies.ReaderProfile, "serves", lambda *_: False)
    refused = organiser.post("/agency/devices/", {**READER, "code": "SPORTS-DAAN-21"})
    assert refused.status_code == 422
    assert agencies.devices_by_code(codes=["SPORTS-DAAN-21"]) == {}


def test_a_kiosk_and_a_till_are_enrolled_as_such_and_their_doors_know_the_key(town):
    [spot, *_] = [it for it in agencies.places() if it.kind == "kiosk"]
    organiser = seeding.signed_in("kiosk-organiser", spot.agency, ["organiser"])
    asked = {"place": spot.code, "number_profile": "easycard_printed"}
    wrong = organiser.post("/agency/devices/", {**asked, "code": "KIOSK-9", "kind": "reader"})
    assert wrong.status_code == 422
    assert "只放點數兌換機" in wrong.content.decode()
    key = key_on(organiser.post("/agency/devices/", {**asked, "code": "KIOSK-9"}).content.decode())
    kiosk = Client(headers={"Authorization": f"Reader KIOSK-9:{key}"})
    assert kiosk.get("/kiosk/api/hello").json()["place"] == spot.code


def test_a_till_is_enrolled_by_file(organiser):
    content = "code,kind,place,service,profile\nTILL-9,till,sports-daan,,easycard_printed\n"
    content += "TILL-8,kiosk,sports-daan,,easycard_printed\n"
    shown = organiser.post("/agency/devices/file/", {"content": content}).content.decode()
    assert "不是兌換機地點" in shown
    good = content.replace("TILL-8,kiosk", "TILL-8,till")
    done = organiser.post("/agency/devices/file/", {"content": good, "confirm": "yes"})
    assert done.status_code == 200
    kinds = {it.code: (it.kind, it.service) for it in agencies.devices(agency="sports-daan")}
    assert kinds["TILL-9"] == kinds["TILL-8"] == ("till", "till")


def test_a_reader_set_up_anew_begins_an_epoch(organiser):
    device, old = enrolled(organiser, "SPORTS-DAAN-12")
    shown = organiser.post(f"/agency/devices/{device.device_id}/", {"do": "anew"}).content.decode()
    assert agencies.device_by_key(code=device.code, key=old) is None
    assert agencies.device_by_key(code=device.code, key=key_on(shown)).epoch == 2
    page = organiser.get(f"/agency/devices/{device.device_id}/").content.decode()
    assert "重新登錄" in page


def test_a_reader_is_moved_since_a_time_that_has_passed(organiser):
    device, _key = enrolled(organiser, "SPORTS-DAAN-13")
    address = f"/agency/devices/{device.device_id}/"
    there = {"do": "move", "place": "sports-xinyi", "service": "activity"}
    assert organiser.post(address, {**there, "since": "2199-01-01T08:00"}).status_code == 422
    assert organiser.post(address, {**there, "since": "2026-01-05T08:00"}).status_code == 302
    moved = device_of("SPORTS-DAAN-13")
    assert (moved.place, moved.service, moved.agency) == (
        "sports-xinyi",
        "activity",
        "sports-xinyi",
    )
    [now, before] = agencies.device_posts(device_id=device.device_id)
    assert (before.place, before.until) == ("sports-daan", now.since)


def file_of(*lines):
    content = "\n".join(["code,place,service,profile", *lines]).encode()
    return SimpleUploadedFile("readers.csv", content, content_type="text/csv")


def test_readers_by_file_are_looked_at_first_and_keys_come_once_as_a_file(organiser):
    _device, old = enrolled(organiser, "SPORTS-DAAN-14")
    lines = [
        "SPORTS-DAAN-14,sports-daan,activity,easycard_uid",
        "SPORTS-DAAN-15,sports-daan,sports-visit,easycard_chip_id",
    ]
    seen = organiser.post("/agency/devices/file/", {"file": file_of(*lines)})
    assert seen.status_code == 200
    assert agencies.devices_by_code(codes=["SPORTS-DAAN-15"]) == {}, "nothing counts yet"
    content = "\n".join(["code,place,service,profile", *lines])
    done = organiser.post("/agency/devices/file/", {"content": content, "confirm": "yes"})
    link = re.search(r"base64,([^\"]+)", html.unescape(done.content.decode()))[1]
    [_head, first, second] = base64.b64decode(link).decode("utf-8-sig").split()
    assert first.startswith("SPORTS-DAAN-14,")
    assert first.split(",")[2] == "2", "the same code begins a new epoch"
    code, key, epoch, _city_key = second.split(",")
    assert agencies.device_by_key(code=code, key=key).number_profile == "easycard_chip_id"
    assert epoch == "1"
    assert agencies.device_by_key(code="SPORTS-DAAN-14", key=old) is None
    assert key not in organiser.get("/agency/devices/").content.decode()


def test_each_line_of_a_bad_file_says_what_is_wrong_and_none_counts(organiser):
    gone, _key = enrolled(organiser, "SPORTS-DAAN-16")
    organiser.post(f"/agency/devices/{gone.device_id}/", {"do": "revoke", "because": "汰換"})
    lines = [
        "SPORTS-DAAN-17,sports-daan,sports-visit,easycard_printed",
        "SPORTS-DAAN-17,sports-daan,sports-visit,easycard_printed",
        "有空白 的,sports-daan,sports-visit,easycard_printed",
        "SPORTS-DAAN-18,library-main,library-loan,easycard_printed",
        "SPORTS-DAAN-19,sports-daan,library-loan,easycard_printed",
        "SPORTS-DAAN-20,sports-daan,sports-visit,dragon_scale",
        "SPORTS-DAAN-16,sports-daan,sports-visit,easycard_printed",
    ]
    refused = organiser.post("/agency/devices/file/", {"file": file_of(*lines), "confirm": "yes"})
    assert refused.status_code == 422
    page = refused.content.decode()
    found = re.findall(r'<th scope="row">(\d+)</th>.*?<code>(\w+)</code>', page, re.DOTALL)
    assert found == [
        ("3", "code"),
        ("4", "code"),
        ("5", "place"),
        ("6", "service"),
        ("7", "profile"),
        ("8", "code"),
    ]
    assert agencies.devices_by_code(codes=["SPORTS-DAAN-17"]) == {}


@pytest.mark.parametrize(
    "content", [b"", b"code,place\nA,b", b"\xff\xfe", b"code,place,service,profile"]
)
def test_a_file_that_is_none_is_refused_in_a_sentence(organiser, content):
    file = SimpleUploadedFile("readers.csv", content)
    assert organiser.post("/agency/devices/file/", {"file": file}).status_code == 422


def test_what_is_wrong_comes_first_and_is_filtered_and_listed(organiser, town):
    _good, _key = enrolled(organiser, "AAA-GOOD")
    bad, _key = enrolled(organiser, "ZZZ-BAD")
    seeding.residents(1)
    at = seeding.at_noon(1)
    reads = [seeding.tap(bad.device_id, 0, at)._replace(seq=seq) for seq in (1, 2, 5)]
    other = reads[0]._replace(number="9999999999999999")
    alone = taps.AnsweredPart("accepted", 20, 7)
    future = reads[0]._replace(seq=6, at=at + dt.timedelta(days=2), answered=alone)
    tapping.take(reads=[*reads, other, future], now=at)
    with unit_of_work():
        said = agencies.Heard(device_id=bad.device_id, skew_ms=-600_000, backlog=900)
        agencies.note_heard(heard=[said], now=clock.now())
        refusal = agencies.UploadsRefused(
            device_id=bad.device_id, problem="unknown_reader", times=4
        )
        agencies.note_refused_uploads(refused=[refusal], now=clock.now())
    page = organiser.get("/agency/devices/").content.decode()
    assert page.index("ZZZ-BAD") < page.index("AAA-GOOD")
    shown = organiser.get("/agency/devices/?show=clock").content.decode()
    assert "ZZZ-BAD" in shown
    assert "AAA-GOOD" not in shown
    own = organiser.get(f"/agency/devices/{bad.device_id}/").content.decode()
    for words in ("3–4", "快 10 分", "金鑰不對", "序號已經用過", "時間在未來", "20 點"):
        assert words in own
    listed = organiser.get("/agency/devices/readers.csv").content.decode("utf-8-sig")
    lines = {one["code"]: one for one in csv.DictReader(io.StringIO(listed))}
    assert lines["ZZZ-BAD"]["missing"] == "2"
    assert lines["ZZZ-BAD"]["faults"] == "clock refused conflicts quarantined missing backlog"
    assert lines["AAA-GOOD"]["faults"] == ""
    operator = seeding.signed_in("readers-op", "sports", ["operator"])
    assert "ZZZ-BAD" in operator.get("/ops/readers/?q=zzz").content.decode()
    assert "3–4" in operator.get(f"/ops/readers/{bad.device_id}/").content.decode()
    assert operator.get("/ops/readers/readers.csv").status_code == 200
