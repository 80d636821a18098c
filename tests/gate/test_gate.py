"""The gate over HTTP, in a process of its own: what a reader sends and what it learns."""

import contextlib
import datetime as dt
import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.portals.gate.readers import REFRESH_S
from citycard.taps import api as taps
from citycard.wallet import api as wallet
from tests.gate.serving import RunningGate, authorization, gate
from tests.harness.cities import City
from tests.harness.patience import PATIENCE_S, wait_until
from tests.taps.test_paying import senior
from tests.taps.town import Town


@pytest.fixture(scope="module")
def running(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    with gate(city.database, tmp_path_factory.mktemp("gate") / "gate.log") as found:
        yield found


@pytest.fixture(scope="module")
def town(city: City) -> Town:
    return Town()


def enrolled(town: Town, running: RunningGate, *args: str) -> agencies.EnrolledDevice:
    """Enrol a reader and wait until the gate knows it."""
    reader = town.reader(*args)
    wait_until(lambda: running.taps(reader, {}).status_code != 401)
    return reader


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def test_a_single_tap_and_a_batch(town: Town, running: RunningGate) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), enrolled(town, running, "activity", "doit")
    town.campaign(reader, points=5)
    single = running.taps(reader, {"epoch": 1, "seq": 1, "at": now(), "number": number})
    assert single.status_code == 200
    assert single.json() == {"epoch": 1, "seq": 1, "code": "accepted_points", "points": 5}
    at = now()
    batch = {
        "taps": [
            {"epoch": 1, "seq": 2, "at": at, "number": number},
            {"epoch": 1, "seq": 3, "at": at, "number": "9999999999999999"},
            {"epoch": 1, "seq": 4, "at": "1970-01-01T00:00:00Z", "number": number},
        ]
    }
    answered = running.taps(reader, batch)
    codes = [answer["code"] for answer in answered.json()["answers"]]
    assert codes == ["accepted_points", "unknown_card", "quarantined_time"]
    again = running.taps(reader, batch)
    assert again.content == answered.content
    other = {**batch["taps"][0], "number": "1111111111111111"}
    assert running.taps(reader, other).json()["code"] == "conflict"
    assert taps.verify() == []


def test_a_library_reader_learns_the_library_s_number_and_nothing_else(
    town: Town, running: RunningGate
) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), enrolled(town, running, "library-loan", "library")
    town.library_numbers("library", (member, "L100000017"))
    town.library_numbers("hospital", (member, "20000014"))
    answer = running.taps(reader, {"epoch": 1, "seq": 1, "at": now(), "number": number})
    expected = {"epoch": 1, "seq": 1, "code": "accepted", "points": 0}
    assert (
        answer.content
        == json.dumps({**expected, "agency_number": "L100000017"}, separators=(",", ":")).encode()
    )
    personal = ["林測試", "20000014", "1990", number, f'"{member}"', "member"]
    assert not any(word in answer.text + str(answer.headers) for word in personal)


def test_conversion_answers_the_agency_s_own_number_and_leaves_an_access_record(
    town: Town, running: RunningGate
) -> None:
    one, other = town.residents(2)
    numbers = [town.card(one), town.card(other), "9999999999999998"]
    reader = enrolled(town, running, "library-loan", "library")
    hospital = enrolled(town, running, "sports-visit", "hospital")
    town.library_numbers("library", (one, "L100000021"))
    town.library_numbers("hospital", (one, "20000021"))
    before = scalar("SELECT count(*) FROM people_access_record")
    body = {"cards": [{"number": number} for number in numbers]}
    answer = running.client.post("/convert", json=body, headers=authorization(reader))
    assert answer.json() == {
        "answers": [
            {"code": "accepted", "agency_number": "L100000021", "status": "active"},
            {"code": "not_linked"},
            {"code": "unknown_card"},
        ]
    }
    single = running.client.post(
        "/convert", json={"number": numbers[0]}, headers=authorization(hospital)
    )
    assert single.json() == {
        "code": "accepted",
        "agency_number": "20000021",
        "status": "active",
    }
    assert scalar("SELECT count(*) FROM people_access_record") == before + 2
    records = rows("SELECT actor_id, purpose FROM people_access_record ORDER BY id DESC LIMIT 1")
    assert records[0].actor_id == f"device:{hospital.code}"
    assert scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [hospital.device_id]) == 0


def test_a_phones_code_converts_like_its_card_and_once(town: Town, running: RunningGate) -> None:
    [member] = town.residents(1)
    card = cards.find(issuer="easycard", number_kind="printed", number=town.card(member))
    assert card is not None
    access = Access(
        subjects=frozenset({member}), fields=frozenset({"cards"}),
        purpose="own-data", actor=SYSTEM, record_id=None,
    )  # fmt: skip
    with unit_of_work():
        shown = wallet.show(access=access, card_id=card.card_id, member_id=member, now=clock.now())
    reader = enrolled(town, running, "library-loan", "library")
    town.library_numbers("library", (member, "L100000088"))
    before = scalar("SELECT count(*) FROM people_access_record")
    asked = [{"number": code, "number_kind": "virtual_code"} for code in (shown.square, "CC1:NO")]

    def ask() -> list[dict[str, str]]:
        said = running.client.post("/convert", json={"cards": asked}, headers=authorization(reader))
        answers: list[dict[str, str]] = said.json()["answers"]
        return answers

    converted = {"code": "accepted", "agency_number": "L100000088", "status": "active"}
    assert ask() == [converted, {"code": "unknown_card"}]
    assert scalar("SELECT count(*) FROM people_access_record") == before + 1
    assert ask() == [{"code": "unknown_card"}] * 2, "a code is good once"
    assert scalar("SELECT count(*) FROM people_access_record") == before + 1
    tap = {"epoch": 1, "seq": 1, "at": now(), "number_kind": "virtual_code"}
    answer = running.taps(reader, tap | {"number": shown.square})
    assert answer.json()["code"] == "unknown_card", "nor is it a tap afterwards"


def test_a_revoked_reader_is_refused_within_two_seconds(town: Town, running: RunningGate) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), enrolled(town, running)
    body = {"epoch": 1, "seq": 1, "at": now(), "number": number}
    assert running.taps(reader, body).status_code == 200
    with unit_of_work():
        agencies.revoke_device(
            device_id=reader.device_id or 0, actor=SYSTEM, now=dt.datetime.now(dt.UTC)
        )
    # From the very commit on nothing is stored, even while the gate's table is a moment old …
    at_once = running.taps(reader, {**body, "seq": 2})
    assert at_once.status_code == 403 or at_once.json()["code"] == "reader_revoked"
    # … and once the gate has asked again, as it does within two seconds, it is not even let in.
    assert REFRESH_S < 2
    wait_until(lambda: running.taps(reader, {**body, "seq": 3}).status_code == 403)
    assert running.taps(reader, body).json()["code"] == "reader_revoked"
    assert scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [reader.device_id]) == 1


def test_a_rotated_key_is_dead_and_the_new_one_works(town: Town, running: RunningGate) -> None:
    [member] = town.residents(1)
    number, old = town.card(member), enrolled(town, running)
    with unit_of_work():
        new = agencies.rotate_device_key(
            device_id=old.device_id or 0, actor=SYSTEM, now=dt.datetime.now(dt.UTC)
        )
    wait_until(lambda: running.taps(new, {}).status_code == 422)
    assert running.taps(old, {}).status_code == 401
    answer = running.taps(new, {"epoch": 2, "seq": 1, "at": now(), "number": number})
    assert answer.json()["code"] == "accepted"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Reader",
        "Reader nobody:key",
        "Bearer x",
        "Reader R-001:wrong",
        "Reader R-001:" + "k" * 9_000,
    ],
)
def test_who_does_not_prove_a_key_learns_nothing(
    town: Town, running: RunningGate, header: str
) -> None:
    enrolled(town, running)
    answer = running.client.post("/taps", json={}, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Reader"
    assert answer.json()["code"] == "unknown_reader"


GOOD = {"epoch": 1, "seq": 1, "at": "2026-11-21T08:30:00+08:00", "number": "1234567890123452"}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "one JSON object"),
        (b"{", 400, "one JSON object"),
        (b"\xff\xfe", 400, "one JSON object"),
        (b"[" * 100_000, 400, "one JSON object"),
        (b"[1]", 400, "one JSON object"),
        ({**GOOD, "epoch": 0}, 422, "epoch must be a whole number"),
        ({**GOOD, "epoch": True}, 422, "epoch must be"),
        ({**GOOD, "seq": -1}, 422, "seq must be"),
        ({**GOOD, "seq": 2**70}, 422, "seq must be"),
        ({**GOOD, "seq": "1"}, 422, "seq must be"),
        ({**GOOD, "at": "2026-11-21T08:30:00"}, 422, "at must be a time with its zone"),
        ({**GOOD, "at": 1_700_000_000}, 422, "at must be"),
        ({**GOOD, "at": "0001-01-01T00:00:00+14:00"}, 422, "at must be"),
        ({**GOOD, "number": ""}, 422, "number must be a text"),
        ({**GOOD, "number": "1\x00"}, 422, "number must be a text"),
        ({**GOOD, "number": "\ud800"}, 422, "number must be a text"),
        ({**GOOD, "number": "1" * 161}, 422, "number must be a text"),
        ({**GOOD, "issuer": 5}, 422, "issuer must be a text"),
        ({"taps": []}, 422, "at least one tap"),
        ({"taps": GOOD}, 422, "must be a list"),
        ({"taps": [GOOD, 5]}, 422, "taps[1] must be an object"),
        ({"taps": [GOOD, {**GOOD, "seq": None}]}, 422, "taps[1].seq must be"),
        ({"taps": [GOOD] * 501}, 413, "at most 500 taps"),
        ({**GOOD, "note": "x" * 300_000}, 413, "at most 262144 bytes"),
    ],
)
def test_a_bad_request_is_refused_in_a_sentence_and_nothing_of_it_is_kept(
    town: Town, running: RunningGate, body: Any, status: int, says: str
) -> None:
    reader = enrolled(town, running)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = running.client.post("/taps", content=content, headers=authorization(reader))
    assert answer.status_code == status
    problem = answer.json()
    assert says in problem["detail"]
    assert problem["status"] == status
    assert scalar("SELECT count(*) FROM pub.taps WHERE reader_id = %s", [reader.device_id]) == 0


def test_other_addresses_and_methods(running: RunningGate) -> None:
    assert running.client.get("/taps").status_code == 405
    assert running.client.get("/nowhere").status_code == 404
    assert running.client.get("/health").json()["status"] == "ok"


def test_metrics_count_without_naming_anybody(town: Town, running: RunningGate) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), enrolled(town, running)
    running.taps(reader, {"epoch": 1, "seq": 1, "at": now(), "number": number})
    said = running.client.get("/metrics").text
    assert 'citycard_gate_taps_total{code="accepted"}' in said
    assert "citycard_gate_batch_taps_bucket" in said
    assert number not in said
    assert reader.code not in said


def test_logs_hold_no_number_key_or_name(town: Town, running: RunningGate) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), enrolled(town, running)
    running.taps(reader, {"epoch": 1, "seq": 1, "at": now(), "number": number})
    running.taps(reader, {"epoch": 1, "seq": 1, "at": now(), "number": number, "issuer": 5})
    log = running.log.read_text()
    assert reader.key is not None
    assert not any(word in log for word in (number, reader.key, "林測試"))


def test_a_lost_card_is_refused_at_once(town: Town, running: RunningGate) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), enrolled(town, running)
    with unit_of_work():
        cards.report_lost(card_id=town.card_id(number), actor=SYSTEM, now=dt.datetime.now(dt.UTC))
    answer = running.taps(reader, {"epoch": 1, "seq": 1, "at": now(), "number": number})
    assert answer.json()["code"] == "blocked"


def test_many_at_once_are_gathered_and_each_gets_its_own_answer(
    town: Town, running: RunningGate
) -> None:
    import asyncio

    members = town.residents(40)
    numbers = town.cards(members)
    readers = [town.reader("activity", "doit") for _ in range(8)]
    wait_until(lambda: running.taps(readers[-1], {}).status_code != 401)
    town.campaign(*readers, points=2)

    async def upload() -> list[httpx.Response]:
        async with httpx.AsyncClient(
            base_url=running.client.base_url, timeout=PATIENCE_S
        ) as client:
            return await asyncio.gather(
                *(
                    client.post(
                        "/taps",
                        json={"epoch": 1, "seq": n, "at": now(), "number": numbers[n % 40]},
                        headers=authorization(readers[n % 8]),
                    )
                    for n in range(200)
                )
            )

    answers = asyncio.run(upload())
    assert [answer.json()["seq"] for answer in answers] == list(range(200))
    assert {answer.json()["points"] for answer in answers} == {2}
    assert taps.verify() == []


def test_a_bus_is_told_the_class_of_fare_alone_in_a_batch_and_again(
    town: Town, running: RunningGate
) -> None:
    entitled, plain = town.card(senior(town)[0]), town.card(town.residents(1)[0])
    reader = enrolled(town, running, "concession-ride", "public-transport")
    said = {"epoch": 1, "at": now(), "number": entitled}
    single = running.taps(reader, said | {"seq": 1})
    assert single.content == (
        b'{"epoch":1,"seq":1,"code":"accepted","points":0,"profile":"disability"}'
    )
    batch = [said | {"seq": 1}, said | {"seq": 2}, said | {"seq": 3, "number": plain}]
    answers = running.taps(reader, {"taps": batch}).json()["answers"]
    assert answers[0] == single.json()
    assert [one.get("profile") for one in answers] == ["disability", "disability", None]
    assert running.taps(reader, said | {"seq": 1}).content == single.content


def test_a_bad_ride_is_answered_alone_and_the_rest_of_its_batch_is_taken(
    town: Town, running: RunningGate
) -> None:
    [member] = town.residents(1)
    number, reader = (
        town.card(member),
        enrolled(town, running, "concession-ride", "public-transport"),
    )
    ride = {"leg": "in", "operator": "bus-1", "route": "5"}
    said = {"epoch": 1, "at": now(), "number": number}
    body = [
        said | {"seq": 1, "ride": ride},
        said | {"seq": 2, "ride": ride | {"metres": -5}},
        said | {"seq": 3, "ride": ride | {"leg": "out", "charged_ntd": 15}},
    ]
    first = running.taps(reader, {"taps": body})
    assert [answer["code"] for answer in first.json()["answers"]] == [
        "accepted",
        "bad_ride",
        "accepted",
    ]
    assert "taps[1].ride.metres" in first.json()["answers"][1]["detail"]
    assert running.taps(reader, {"taps": body}).content == first.content
    mended = running.taps(reader, body[1] | {"ride": ride})
    assert mended.json()["code"] == "accepted"
    alone = running.taps(reader, said | {"seq": 4, "ride": {}})
    assert alone.json()["code"] == "bad_ride"


def test_a_till_learns_what_pays_its_price_and_again_the_same(
    town: Town, running: RunningGate
) -> None:
    [member] = town.residents(1)
    number, reader = town.card(member), enrolled(town, running, "hot-spring", "sports")
    said = {"epoch": 1, "at": now(), "number": number}
    body = [
        said | {"seq": 1, "sale": {"price_ntd": 90, "purse_ntd": 70}},
        said | {"seq": 2, "sale": {"purse_ntd": 70}},
    ]
    first = running.taps(reader, {"taps": body})
    paid, wrong = first.json()["answers"]
    assert paid["paid"] == {"points": 0, "stored_value_ntd": 70, "cash_ntd": 20}
    assert (wrong["code"], "taps[1].sale.price_ntd" in wrong["detail"]) == ("bad_sale", True)
    assert running.taps(reader, {"taps": body}).content == first.content


def test_readers_that_keep_their_connections_keep_nobody_out(
    town: Town, running: RunningGate
) -> None:
    reader = enrolled(town, running)
    host, port = running.client.base_url.host, running.client.base_url.port or 0
    asked = f"GET /changes?since=0 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Reader x:y\r\n\r\n"
    with contextlib.ExitStack() as kept:
        for _ in range(300):
            idle = kept.enter_context(socket.create_connection((host, port), timeout=PATIENCE_S))
            idle.sendall(asked.encode())
            assert idle.recv(12) == b"HTTP/1.1 401"
        with httpx.Client(base_url=running.client.base_url, timeout=PATIENCE_S) as another:
            assert another.get("/health").status_code == 200
            answer = another.post(
                "/taps",
                json={"epoch": 1, "seq": 1, "at": now(), "number": "1"},
                headers=authorization(reader),
            )
            assert answer.json()["code"] == "unknown_card"
