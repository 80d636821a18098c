"""Every mail adapter behind its port; the SMTP one against a relay that speaks the protocol."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from citycard.adapters.email.demo import DemoMailRelay
from citycard.adapters.email.failing_demo import FailingMailRelay
from citycard.adapters.email.smtp import SmtpRelay
from citycard.identity.ports import Email

MAIL = Email(key="k-1", to="ming@example.test", subject="驗證碼", body="您的驗證碼是 123 456。")


class Relay(socketserver.ThreadingTCPServer):
    """A mail relay that refuses addresses beginning with ``no`` for good, with ``busy`` for now."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.received: list[bytes] = []
        self.connections = 0
        self.most = 1000
        """How many mails it takes on one connection."""

        self.says_why = True
        self.farewell = b"221 bye"


class Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs."""

    server: Relay

    def handle(self) -> None:
        self.taken = 0
        self.server.connections += 1
        self.say(b"220 relay.test")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"MAIL" and self.taken >= self.server.most:
                if self.server.says_why:
                    self.say(b"421 too many on this connection")
                return
            if word in (b"EHLO", b"HELO", b"MAIL", b"NOOP", b"RSET"):
                self.say(b"250 fine")
            elif word == b"RCPT":
                self.answer_recipient(line)
            elif word == b"DATA":
                self.take_mail()
            elif word == b"QUIT":
                self.say(self.server.farewell)
                return

    def answer_recipient(self, line: bytes) -> None:
        if b"<no" in line:
            self.say(b"550 no such mailbox")
        elif b"<busy" in line:
            self.say(b"451 try later")
        else:
            self.say(b"250 fine")

    def take_mail(self) -> None:
        self.say(b"354 go on")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        self.taken += 1
        self.server.received.append(b"".join(lines))
        self.say(b"250 taken")

    def say(self, text: bytes) -> None:
        self.wfile.write(text + b"\r\n")


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_smtp_hands_over_and_says_what_became_of_each(relay: Relay) -> None:
    smtp = SmtpRelay(f"smtp+plain://127.0.0.1:{relay.server_address[1]}", "card@city.test")
    mails = [
        MAIL,
        Email(key="k-2", to="no@example.test", subject="s", body="b"),
        Email(key="k-3", to="busy@example.test", subject="s", body="b"),
        Email(key="k-4", to="hua@example.test", subject="s", body="b"),
    ]
    results = smtp.send(mails)
    assert [(one.key, one.result, one.why) for one in results] == [
        ("k-1", "sent", ""),
        ("k-2", "refused", "smtp_550"),
        ("k-3", "later", "smtp_451"),
        ("k-4", "sent", ""),
    ]
    assert len(relay.received) == 2
    assert "answers 250" in smtp.check()


def many(count: int) -> list[Email]:
    return [
        Email(key=f"k-{n}", to=f"p{n}@example.test", subject="s", body="b") for n in range(count)
    ]


def connected_to(relay: Relay, **more: float) -> SmtpRelay:
    url = f"smtp+plain://127.0.0.1:{relay.server_address[1]}"
    return SmtpRelay(url, "card@city.test", **more)


@pytest.mark.parametrize("says_why", [True, False], ids=["421", "silently"])
def test_a_relay_that_takes_so_many_on_one_connection_gets_the_others_over_the_next(
    relay: Relay, says_why: bool
) -> None:
    relay.most, relay.says_why = 20, says_why
    results = connected_to(relay).send(many(50))
    assert [(one.key, one.result) for one in results] == [(f"k-{n}", "sent") for n in range(50)]
    assert len(relay.received) == 50, "each once"
    assert relay.connections == 3


def test_a_relay_that_closes_at_once_is_not_asked_for_each(relay: Relay) -> None:
    relay.most = 0
    results = connected_to(relay).send(many(50))
    assert [(one.key, one.result, one.why) for one in results] == [
        ("k-0", "later", "smtp_421"),
        ("k-1", "later", "smtp_421"),
    ], "the others were not tried"


def test_what_the_time_does_not_reach_was_not_tried(relay: Relay) -> None:
    smtp, mails = connected_to(relay, within_s=0), many(3)
    while mails:
        (one,) = smtp.send(mails)
        assert (one.key, one.result) == (mails.pop(0).key, "sent"), "each call brings one on"
    assert len(relay.received) == 3


def test_an_address_that_cannot_be_written_and_an_odd_farewell_lose_no_other(relay: Relay) -> None:
    relay.farewell = b"550 what"
    odd = Email(key="k-odd", to="a\nb@example.test", subject="s", body="b")
    results = connected_to(relay).send([*many(1), odd, MAIL])
    assert [(one.key, one.result) for one in results] == [
        ("k-0", "sent"),
        ("k-odd", "refused"),
        ("k-1", "sent"),
    ]


def test_a_mail_sent_again_has_the_same_message_id(relay: Relay) -> None:
    smtp = SmtpRelay(f"smtp+plain://127.0.0.1:{relay.server_address[1]}", "card@city.test")
    smtp.send([MAIL])
    smtp.send([MAIL])
    ids = {
        line
        for mail in relay.received
        for line in mail.splitlines()
        if line.lower().startswith(b"message-id")
    }
    assert len(ids) == 1
    assert b"ming" not in ids.pop()


def test_a_relay_that_is_not_there_raises() -> None:
    smtp = SmtpRelay("smtp+plain://127.0.0.1:1", "card@city.test", timeout_s=1)
    with pytest.raises(OSError, match="refused"):
        smtp.send([MAIL])
    with pytest.raises(OSError, match="refused"):
        smtp.check()


def test_a_demo_writes_and_shows_the_newest_first(tmp_path: Path) -> None:
    relay = DemoMailRelay(tmp_path / "outside" / "mail.jsonl")
    assert relay.latest(5) == []
    other = Email(key="k-2", to="hua@example.test", subject="第二封", body="b")
    assert [one.result for one in relay.send([MAIL, other])] == ["sent", "sent"]
    relay.send([])
    assert [one.subject for one in relay.latest(5)] == ["第二封", "驗證碼"]
    assert [one.to for one in relay.latest(1)] == ["hua@example.test"]
    assert (tmp_path / "outside" / "mail.jsonl").stat().st_mode & 0o077 == 0
    assert relay.check()


def test_failing_demos_fail_each_in_its_way() -> None:
    with pytest.raises(OSError, match="refuses"):
        FailingMailRelay("down").send([MAIL])
    assert FailingMailRelay("later").send([MAIL])[0].result == "later"
    assert FailingMailRelay("refused").send([MAIL])[0].result == "refused"
    with pytest.raises(OSError, match="refuses"):
        FailingMailRelay().check()
