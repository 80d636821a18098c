"""The registers' gateway adapter against a gateway that speaks its protocol, well and badly."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from citycard.adapters.household_registry.gateway import (
    GatewayHouseholdRegister,
    GatewayTalksNonsense,
)
from citycard.adapters.status_registers.gateway import GatewayStatusRegister
from citycard.people.ports import RegisterAnswer, RegisterQuestion

QUESTION = RegisterQuestion(
    query_id=7,
    id_number="A123456789",
    name="王小明",
    birth_on=dt.date(1950, 3, 2),
    purpose="register-check",
    ground="consent:2014-10",
)


class Gateway(ThreadingHTTPServer):
    """Answers with what a test tells it; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.reply: Callable[[dict[str, Any]], tuple[int, Any]] = lambda body: (
            200,
            {"answers": [{"key": q["key"], "answer": "yes"} for q in body["questions"]]},
        )


class Answering(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((dict(self.headers), body))
        status, answer = self.server.reply(body)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing personal in logs, not even in a test's."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url_of(gateway: Gateway) -> str:
    return f"http://127.0.0.1:{gateway.server_address[1]}/look-ups"


@pytest.fixture
def register(gateway: Gateway) -> GatewayHouseholdRegister:
    return GatewayHouseholdRegister(url_of(gateway), "the-token", timeout_s=2.0)


def test_a_batch_goes_as_one_request_with_purpose_ground_and_key(
    gateway: Gateway, register: GatewayHouseholdRegister
) -> None:
    assert register.look_up([QUESTION]) == [RegisterAnswer(query_id=7, answer="yes")]
    ((headers, body),) = gateway.asked
    assert headers["Authorization"] == "Bearer the-token"
    assert headers["Idempotency-Key"] == "people.register_query.7"
    assert body == {
        "questions": [
            {
                "key": "people.register_query.7",
                "purpose": "register-check",
                "ground": "consent:2014-10",
                "id_number": "A123456789",
                "name": "王小明",
                "birth_on": "1950-03-02",
            }
        ]
    }


def test_a_status_is_named_beside_the_questions(gateway: Gateway) -> None:
    register = GatewayStatusRegister(url_of(gateway), "t")
    assert register.look_up("disability", [QUESTION])[0].answer == "yes"
    assert gateway.asked[0][1]["status"] == "disability"


def test_what_it_leaves_out_is_left_out(
    gateway: Gateway, register: GatewayHouseholdRegister
) -> None:
    gateway.reply = lambda body: (200, {"answers": []})
    assert register.look_up([QUESTION]) == []
    assert register.check() == "gateway answers"


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        {},
        {"answers": [{}]},
        {"answers": [{"key": "people.register_query.8", "answer": "yes"}]},
        {"answers": [{"key": "people.register_query.7", "answer": "perhaps"}]},
        {"answers": 7},
    ],
)
def test_nonsense_is_not_believed(
    gateway: Gateway, register: GatewayHouseholdRegister, answer: object
) -> None:
    gateway.reply = lambda body: (200, answer)
    with pytest.raises(GatewayTalksNonsense) as raised:
        register.look_up([QUESTION])
    assert "A123456789" not in str(raised.value)


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_refusal_is_an_outage(
    gateway: Gateway, register: GatewayHouseholdRegister, status: int
) -> None:
    gateway.reply = lambda body: (status, {})
    with pytest.raises(ConnectionError, match=str(status)):
        register.look_up([QUESTION])
    with pytest.raises(ConnectionError):
        register.check()


def test_a_gateway_that_is_not_there_raises() -> None:
    with pytest.raises(OSError, match="ConnectError"):
        GatewayHouseholdRegister("http://127.0.0.1:1/", "t").look_up([QUESTION])
