"""Signing in by e-mail code: counted, limited, hashed; the mail goes by the outbox."""

import datetime as dt
import re

import pytest

from citycard.adapters.email.failing_demo import FailingMailRelay
from citycard.identity import api as identity
from citycard.identity.ports import Email, EmailResult, EmailSender
from citycard.infra import outbox, ports
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


class Mailbox:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.mails: list[Email] = []

    def send(self, emails: list[Email]) -> list[EmailResult]:
        self.mails += emails
        return [EmailResult(key=one.key, result="sent") for one in emails]

    def check(self) -> str:
        return "up"


@pytest.fixture
def mailbox() -> Mailbox:
    found = Mailbox()
    ports.provide(EmailSender, found, name="e-mail")
    return found


def start(email: str = "ming@example.test", **more: object) -> str:
    now = more.pop("now", NOW)
    with unit_of_work():
        return identity.start_email_login(email=email, now=now, **more)


def deliver() -> None:
    outbox.drain_once(identity.EMAIL_CODES, now=NOW)


def code_in(mail: Email) -> str:
    found = re.search(r"\d{3} \d{3}", mail.body)
    assert found
    return found.group()


def test_the_code_in_the_mail_opens_an_account_and_finds_it_again(mailbox: Mailbox) -> None:
    challenge = start()
    deliver()
    first = identity.finish_email_login(
        challenge_id=challenge, code=code_in(mailbox.mails[0]), now=NOW
    )
    assert (first.kind, first.level, first.member_id) == ("resident", 1, None)
    challenge = start("MING@example.test")
    deliver()
    again = identity.finish_email_login(
        challenge_id=challenge, code=code_in(mailbox.mails[1]), now=NOW
    )
    assert again == first


def test_neither_code_nor_address_stands_in_clear(mailbox: Mailbox) -> None:
    start()
    before = str(rows("SELECT t::text AS row FROM identity_email_challenge t"))
    deliver()
    code = code_in(mailbox.mails[0]).replace(" ", "")
    assert code not in before
    assert "ming@example.test" not in before
    assert scalar("SELECT code_sealed FROM identity_email_challenge") is None
    assert str(rows("SELECT * FROM infra_outbox")).find("ming") == -1


def test_a_code_counts_once(mailbox: Mailbox) -> None:
    challenge = start()
    deliver()
    code = code_in(mailbox.mails[0])
    identity.finish_email_login(challenge_id=challenge, code=code, now=NOW)
    with pytest.raises(identity.CodeNoLongerValid):
        identity.finish_email_login(challenge_id=challenge, code=code, now=NOW)


def test_five_wrong_tries_end_a_code_and_stay_counted(mailbox: Mailbox) -> None:
    challenge = start()
    deliver()
    right = code_in(mailbox.mails[0])
    wrong = "000000" if right != "000 000" else "111111"
    for left in (4, 3, 2, 1):
        with pytest.raises(identity.WrongCode) as refused:
            identity.finish_email_login(challenge_id=challenge, code=wrong, now=NOW)
        assert refused.value.facts == {"left": left}
    for code in (wrong, right):
        with pytest.raises(identity.CodeNoLongerValid):
            identity.finish_email_login(challenge_id=challenge, code=code, now=NOW)


def test_a_code_lasts_ten_minutes(mailbox: Mailbox) -> None:
    challenge = start()
    deliver()
    late = NOW + dt.timedelta(minutes=10)
    with pytest.raises(identity.CodeNoLongerValid):
        identity.finish_email_login(
            challenge_id=challenge, code=code_in(mailbox.mails[0]), now=late
        )


@pytest.mark.parametrize("challenge", ["", "nonsense", "11111111-1111-1111-1111-111111111111"])
def test_an_unknown_challenge_is_no_error(challenge: str) -> None:
    with pytest.raises(identity.CodeNoLongerValid):
        identity.finish_email_login(challenge_id=challenge, code="123456", now=NOW)


def test_three_codes_in_ten_minutes_for_an_address() -> None:
    for _ in range(3):
        start()
    with pytest.raises(identity.TooManyCodes):
        start("Ming@Example.test")
    start("other@example.test")
    start(now=NOW + dt.timedelta(minutes=11))


def test_thirty_codes_in_ten_minutes_from_one_origin() -> None:
    for number in range(30):
        start(f"p{number}@example.test", origin="192.0.2.1")
    with pytest.raises(identity.TooManyCodes):
        start("another@example.test", origin="192.0.2.1")
    start("another@example.test", origin="192.0.2.2")
    assert "192.0.2" not in str(rows("SELECT t::text AS row FROM identity_email_challenge t"))


@pytest.mark.parametrize("email", ["", "ming", "ming@", "a b@example.test", "a@b", "a@b.c,d@e.fg"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(identity.BadEmail):
        start(email)


def test_a_relay_that_is_down_leaves_the_letter_waiting() -> None:
    ports.provide(EmailSender, FailingMailRelay("down"), name="e-mail")
    start()
    deliver()
    (letter,) = outbox.waiting(topic=identity.EMAIL_CODES.name)
    assert letter.state == "waiting"


def test_counting_needs_its_own_unit_of_work() -> None:
    with unit_of_work(), pytest.raises(UnitOfWorkMisused):
        identity.finish_email_login(challenge_id="x", code="1", now=NOW)
