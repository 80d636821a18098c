"""Messages by e-mail: both languages in one, failures visible, sent again without doubling."""

import datetime as dt

import pytest

from citycard.identity.ports import Email, EmailSender
from citycard.infra import outbox, ports
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.notify import api as notify
from citycard.people import api as people
from tests.flows.living import new_number

NOW = dt.datetime(2016, 3, 4, 2, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


class Result:
    """What a relay says."""

    def __init__(self, key, result, why=""):
        self.key, self.result, self.why = key, result, why


class Relay:
    """A relay of our own, which can refuse or be down."""

    def __init__(self):
        self.sent: list[Email] = []
        self.says = "sent"
        self.most = 50

    def send(self, emails):
        if self.says == "down":
            raise ConnectionError
        emails = emails[: self.most]
        self.sent += emails
        return [Result(email.key, self.says, "mailbox_full") for email in emails]

    def check(self):
        if self.says == "down":
            raise ConnectionError
        return "up"


@pytest.fixture
def relay(monkeypatch):
    made = Relay()
    monkeypatch.setattr(ports, "_ports", dict(ports._ports))
    ports.provide(EmailSender, made, name="email")
    return made


def member(email, id_number="A223456781"):
    new = people.NewMember(
        name="王小美",
        birth_on=dt.date(1951, 3, 2),
        sex="f",
        id_number=id_number,
        email=email,
    )
    with unit_of_work():
        [enrolled] = people.enrol_many(people=[new], actor=SYSTEM, now=NOW)
    assert enrolled.refusal is None, enrolled.refusal
    return enrolled.member_id


def tell(member_id):
    with unit_of_work():
        notify.tell_many(
            messages=[
                notify.NewMessage(
                    event_key=f"applications.part.approved:{member_id}",
                    member_id=member_id,
                    code="applications.part.approved",
                    params={"ref": "A-7K3M-Q2XC", "service": "senior-rides"},
                )
            ],
            now=NOW,
        )


def states():
    return [row.state for row in rows("SELECT state FROM notify_delivery")]


def test_an_email_speaks_both_languages(relay):
    tell(member("mei@example.org"))
    outbox.drain_once(notify.EMAILS, now=NOW)
    [email] = relay.sent
    assert email.to == "mei@example.org"
    assert email.subject == "申辦已核准 Approved"
    assert email.body.index("」已核准") < email.body.index("is approved")
    assert states() == ["sent"]
    assert notify.verify() == []


def test_who_gave_no_address_is_told_in_the_inbox_alone(relay):
    tell(member(""))
    outbox.drain_once(notify.EMAILS, now=NOW)
    assert relay.sent == []
    assert states() == ["no_address"]
    assert notify.verify() == []


def test_a_relay_that_is_down_loses_nothing(relay):
    tell(member("mei@example.org"))
    relay.says = "down"
    outbox.drain_once(notify.EMAILS, now=NOW)
    assert [letter.state for letter in outbox.waiting()] == ["waiting"]
    assert scalar("SELECT count(*) FROM people_access_record WHERE purpose = 'notification'") == 0
    assert notify.verify() == []
    relay.says = "sent"
    outbox.drain_once(notify.EMAILS, now=NOW + dt.timedelta(minutes=1))
    assert len(relay.sent) == 1
    assert states() == ["sent"]


def test_a_refused_email_waits_for_a_person_and_can_be_sent_again(relay):
    tell(member("mei@example.org"))
    relay.says = "refused"
    outbox.drain_once(notify.EMAILS, now=NOW)
    [failed] = outbox.waiting(failed_only=True)
    assert failed.why == "mailbox_full"
    assert states() == ["failed"]
    relay.says = "sent"
    with unit_of_work():
        outbox.retry([failed.id], now=NOW)
    outbox.drain_once(notify.EMAILS, now=NOW)
    assert states() == ["sent"]
    assert len({email.key for email in relay.sent}) == 1


def test_what_the_relay_was_not_asked_for_goes_at_once_and_wears_nothing_out(relay):
    relay.most = 1
    for name in "ABC":
        tell(member(f"{name}@example.org", new_number()))
    for _ in range(3):
        outbox.drain_once(notify.EMAILS, now=NOW)
    assert [email.to[0] for email in relay.sent] == ["A", "B", "C"]
    assert len({email.key for email in relay.sent}) == 3, "each once"
    assert states() == ["sent"] * 3
    attempts = [row.attempts for row in rows("SELECT attempts FROM infra_outbox ORDER BY id")]
    assert attempts == [1, 1, 1]
