"""Text messages through Mitake, against a gateway that speaks its protocol, well and badly."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from citycard.adapters.text_carrier.mitake import MitakeGateway
from citycard.notify.ports import TextMessage

TEXT = TextMessage(key="message:7", to="0912345678", body="末四碼 1234 的卡片於 07:42 到達學校。")


class Gateway(ThreadingHTTPServer):
    """Takes each ``clientid`` once, as the real one does, and charges the account for it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.said: dict[str, str] = {}
        self.bodies: list[str] = []
        self.left = 100
        self.status = "1"
        self.broken = False
        self.most = 100


class Answering(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if fields["password"] != ["secret"]:
            self._answer("[1]\r\nstatuscode=e\r\nError=帳號、密碼錯誤\r\n")
        elif self.path.startswith("/api/mtk/SmQuery"):
            self._answer(f"AccountPoint={self.server.left}\r\n")
        else:
            self._answer(self._sent(fields))

    def _sent(self, fields: dict[str, list[str]]) -> str:
        key = fields["clientid"][0]
        if key in self.server.said:
            return self.server.said[key] + "Duplicate=Y\r\n"
        self.server.bodies += fields["smbody"]
        self.server.left -= 1
        status, left = self.server.status, self.server.left
        said = f"[1]\r\nmsgid=#00000{left}\r\nstatuscode={status}\r\nAccountPoint={left}\r\n"
        self.server.said[key] = said
        return said

    def _answer(self, text: str) -> None:
        content = text.encode()
        breaks = self.server.broken or len(self.server.said) > self.server.most
        self.send_response(500 if breaks else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def at(gateway: Gateway, login: str = "city:secret") -> MitakeGateway:
    return MitakeGateway(f"http://127.0.0.1:{gateway.server_port}", login)


def test_a_message_that_is_sent_again_is_charged_once(gateway: Gateway) -> None:
    for _ in range(2):
        (result,) = at(gateway).send([TEXT])
        assert (result.result, result.why) == ("sent", "mitake_1")
    assert gateway.bodies == [TEXT.body]
    assert at(gateway).check() == "99 messages left"


@pytest.mark.parametrize(("status", "result"), [("v", "refused"), ("*", "later"), ("l", "later")])
def test_a_refusal_says_whether_it_is_for_good(gateway: Gateway, status: str, result: str) -> None:
    gateway.status = status
    assert at(gateway).send([TEXT])[0].result == result


def test_a_wrong_account_and_a_broken_gateway_are_told(gateway: Gateway) -> None:
    with pytest.raises(OSError, match="account"):
        at(gateway, "city:wrong").check()
    gateway.broken = True
    with pytest.raises(OSError, match="reached"):
        at(gateway).send([TEXT])


def test_what_was_taken_before_the_gateway_broke_is_known(gateway: Gateway) -> None:
    gateway.most = 2
    texts = [TextMessage(key=f"message:{n}", to="0912345678", body="x") for n in range(5)]
    assert [one.key for one in at(gateway).send(texts)] == ["message:0", "message:1"]
