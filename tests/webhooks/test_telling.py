"""What agencies' systems are told: their own members under their own numbers, once, in order."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connection

from citycard.adapters.webhooks.http import HttpWebhooks
from citycard.agencies import api as agencies
from citycard.agencies.ports import WebhookCall, WebhookReceivers
from citycard.cards import api as cards
from citycard.entitlements import events as entitlement_events
from citycard.flows import telling_agencies
from citycard.infra import clock, failpoints, journal, outbox, ports
from citycard.infra.database import rows, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.harness.cities import City
from tests.openapi.conftest import Person, person
from tests.portals import seeding
from tests.webhooks.receiver import ANSWER_WITHIN_S, Receiver, is_signed

BORN = dt.date(1980, 5, 12)


class Crash(Exception):
    """The worker dies here."""


@pytest.fixture(scope="module", autouse=True)
def town(city: City) -> City:
    seeding.activate()
    return city


@pytest.fixture(scope="module")
def system(town: City) -> Callable[[str], int]:
    made = iter(range(1, 99))

    def connect(agency: str) -> int:
        with unit_of_work():
            return agencies.connect_client(
                code=f"HOOK-{next(made)}", agency=agency, actor=SYSTEM, now=clock.now()
            ).client_id

    return connect


@pytest.fixture
def subscribe(
    system: Callable[[str], int], receiver: Receiver
) -> Callable[..., agencies.WebhookSecret]:
    def subscribe(agency: str, *kinds: str, url: str = "") -> agencies.WebhookSecret:
        client = system(agency)
        with unit_of_work():
            return agencies.add_webhook(
                client_id=client, url=url or receiver.url,
                kinds=kinds or telling_agencies.KINDS, plain=True, actor=SYSTEM, now=clock.now(),
            )  # fmt: skip

    return subscribe


def linked(agency: str, number: str) -> Person:
    """Somebody whom an agency knows under a number of its own."""
    who = person(BORN)
    with unit_of_work():
        cards.link_agency_numbers(
            agency=agency, links=[(who.member_id, number)], actor=SYSTEM, now=clock.now()
        )
    return who


def lose(who: Person) -> None:
    with unit_of_work():
        cards.report_lost(card_id=who.card_id, actor=SYSTEM, now=clock.now())


def noticed() -> None:
    """Let followers take everything; nothing is sent yet."""
    journal.pump_until_idle()


def send(after: dt.timedelta = dt.timedelta(0)) -> int:
    return outbox.drain_once(telling_agencies.LETTER, now=clock.now() + after)


def happen(webhook_id: int, count: int, at: dt.datetime) -> None:
    """Note so many happenings at once, as a mass change does."""
    with unit_of_work():
        agencies.note_happenings(
            happenings=[
                agencies.Happening(
                    webhook_id=webhook_id, kind="ping", at=at + dt.timedelta(seconds=n), about={}
                )
                for n in range(count)
            ],
            now=at,
        )


def change(secret: agencies.WebhookSecret, state: agencies.WebhookState) -> None:
    with unit_of_work():
        agencies.change_webhook(
            webhook_id=secret.webhook_id, state=state, actor=SYSTEM, now=clock.now()
        )


def given_up(secret: agencies.WebhookSecret, receiver: Receiver) -> outbox.Waiting:
    """A message that was tried as often as one is."""
    receiver.answers = [503] * 10
    telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
    for day in range(12):
        send(dt.timedelta(days=day))
    assert waiting()[0][:3] == ("failed", 10, "503")
    (failed,) = outbox.waiting(topic=telling_agencies.TOPIC, failed_only=True)
    return failed


def told(who: Person) -> int:
    """How often the agency was told of somebody, as they see it."""
    return int(
        scalar(
            "SELECT count(*) FROM people_access_record WHERE purpose = 'agency-notices'"
            " AND %s = ANY(subjects)",
            [who.member_id],
        )
    )


def waiting() -> list[Any]:
    return rows("SELECT state, tries, last_answer FROM agencies_webhook_message ORDER BY id DESC")


class TestWhatIsSaid:
    """Ids of the agency's own, signed, and nobody else's."""

    def test_a_lost_card_under_the_agencys_own_number(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library", "card.lost")
        who, stranger = linked("library", "L500000055"), person(BORN)
        lose(who)
        lose(stranger)
        noticed()
        assert send() == 1
        ((headers, body),) = receiver.got
        assert is_signed(secret.secret, headers, body)
        assert not is_signed(secret.secret, headers, body + b" ")
        (said,) = receiver.said
        assert said["type"] == "card.lost"
        assert said["data"] == {"agency_number": "L500000055"}
        for personal in (who.number, str(who.member_id), str(who.card_id)):
            assert f'"{personal}"' not in body.decode()
            assert f": {personal}" not in body.decode()

    def test_who_told_is_seen_by_the_resident(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        subscribe("library", "card.lost")
        who = linked("library", "L500000064")
        lose(who)
        noticed()
        send()
        (last,) = rows(
            "SELECT agency, purpose, subjects FROM people_access_record ORDER BY id DESC LIMIT 1"
        )
        assert last == ("library", "agency-notices", [who.member_id])

    def test_each_agency_is_told_under_its_own_number(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        subscribe("library", "card.lost")
        subscribe("hospital", "card.lost")
        who = linked("library", "L500000073")
        with unit_of_work():
            cards.link_agency_numbers(
                agency="hospital", links=[(who.member_id, "20000073")], actor=SYSTEM,
                now=clock.now(),
            )  # fmt: skip
        lose(who)
        noticed()
        send()
        numbers = sorted(one["data"]["agency_number"] for one in receiver.said)
        assert numbers == ["20000073", "L500000073"]
        kept = str(rows("SELECT * FROM agencies_webhook_message"))
        assert "L500000073" not in kept
        assert "member_id" not in kept

    def test_one_who_is_no_longer_linked_is_not_told_of(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        subscribe("library", "card.lost")
        who = linked("library", "L500000082")
        lose(who)
        noticed()
        with unit_of_work():
            cards.unlink_agency_numbers(
                agency="library", numbers=["L500000082"], why="left", actor=SYSTEM,
                now=clock.now(),
            )  # fmt: skip
        send()
        assert receiver.got == []
        assert waiting()[0][:1] == ("delivered",)

    def test_rights_of_its_own_services(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        subscribe("library", "right.ended", "right.began")
        linked("library", "L500000091")
        noticed()
        (granted,) = [
            one.body
            for one in rows(
                "SELECT body FROM infra_journal WHERE code = 'entitlements.right.granted'"
                " AND body->>'entitlement' = 'library' ORDER BY id DESC LIMIT 1"
            )
        ]
        assert granted
        with unit_of_work():
            announce(
                entitlement_events.RightEnded(
                    entitlement="library", member_ids=(json.loads(granted)["member_ids"][0],),
                    on=dt.date(2026, 12, 1),
                )
            )  # fmt: skip
            announce(
                entitlement_events.RightEnded(
                    entitlement="senior-rides", member_ids=(1,), on=dt.date(2026, 12, 1)
                )
            )
        noticed()
        send()
        assert [(one["type"], one["data"]) for one in receiver.said] == [
            (
                "right.began",
                {"entitlement": "library", "on": "2026-09-01", "agency_number": "L500000091"},
            ),
            (
                "right.ended",
                {"entitlement": "library", "on": "2026-12-01", "agency_number": "L500000091"},
            ),
        ]

    def test_taps_of_its_readers_as_counts(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        subscribe("library", "tap.counted")
        subscribe("hospital", "tap.counted")
        who = linked("library", "L500000108")
        with unit_of_work():
            (device,) = agencies.enrol_devices(
                devices=[
                    agencies.NewDevice(
                        code="LIB-7", kind="reader", agency="library", place="",
                        service="library-loan",
                    )
                ],
                actor=SYSTEM,
                now=clock.now() - dt.timedelta(days=1),
            )  # fmt: skip
        from citycard.flows import tapping
        from citycard.taps import api as taps

        reads = [
            taps.TapRead(device.device_id, 1, seq, clock.now(), "easycard", "printed", number)
            for seq, number in enumerate([who.number, who.number, "0" * 16])
        ]
        tapping.take(reads=reads, now=clock.now())
        noticed()
        send()
        (said,) = receiver.said
        data = said["data"]
        assert (data["reader"], data["service"], data["taps"]) == ("LIB-7", "library-loan", 2)
        assert set(data) == {"reader", "service", "taps", "from", "to"}


class TestDelivery:
    """Retried, in order, given up visibly, sent again."""

    def test_one_that_is_answered_500_comes_again_with_the_same_id(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library")
        receiver.answers = [500, 302]
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        send()
        assert waiting()[0][:3] == ("waiting", 1, "500")
        assert send(dt.timedelta(seconds=3)) <= 1
        assert len(receiver.got) == 1, "it waits for its pause"
        send(dt.timedelta(seconds=60))
        assert waiting()[0][:3] == ("waiting", 2, "302"), "no redirect is followed"
        send(dt.timedelta(minutes=10))
        assert waiting()[0][:3] == ("delivered", 3, "204")
        assert len(set(receiver.ids)) == 1
        assert len(receiver.got) == 3

    def test_one_that_is_answered_410_rests_until_it_is_let_go_on(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library")
        receiver.answers = [410]
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        send()
        assert waiting()[0][:3] == ("waiting", 1, "410")
        assert agencies.webhook(webhook_id=secret.webhook_id).state == "paused"
        send(dt.timedelta(days=2))
        assert len(receiver.got) == 1, "who is gone isn't asked again"
        with unit_of_work():
            agencies.change_webhook(
                webhook_id=secret.webhook_id, state="active", actor=SYSTEM, now=clock.now()
            )
        send(dt.timedelta(days=2, minutes=1))
        assert waiting()[0][:3] == ("delivered", 2, "204"), "nothing was lost meanwhile"

    def test_messages_of_one_subscription_stay_in_order(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library")
        receiver.answers = [500]
        for n in range(3):
            telling_agencies.ping(
                webhook_id=secret.webhook_id, actor=SYSTEM,
                now=clock.now() - dt.timedelta(seconds=9 - n),
            )  # fmt: skip
        send()
        assert len(receiver.got) == 1, "none overtakes the one that failed"
        for minutes in range(2, 12):
            send(dt.timedelta(minutes=minutes))
        assert receiver.ids == [receiver.ids[0], *dict.fromkeys(receiver.ids)]
        happened = [one["timestamp"] for one in receiver.said]
        assert happened == sorted(happened)

    def test_a_receiver_that_is_slow_or_down_holds_up_no_other(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        slow = Receiver()
        slow.slow_s = 4 * ANSWER_WITHIN_S
        try:
            gone = Receiver()
            gone.down()
            for url in (slow.url, gone.url, receiver.url):
                secret = subscribe("library", url=url)
                telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
            send()
        finally:
            slow.down()
        found = sorted(waiting()[:3])
        assert [one.last_answer for one in found] == ["204", "no-connection", "time-out"]

    @pytest.mark.parametrize("point", ["webhook.after_call", "webhook.before_commit"])
    def test_a_worker_that_dies_between_sending_and_noting_sends_again_under_the_same_id(
        self,
        subscribe: Callable[..., Any],
        receiver: Receiver,
        point: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        secret = subscribe("library")
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())

        def die(name: str) -> None:
            if name == point:
                raise SystemExit(name)

        with monkeypatch.context() as dying:
            dying.setattr(failpoints, "reach", die)
            with pytest.raises(SystemExit):
                send()
        assert waiting()[0].state == "waiting"
        assert send(dt.timedelta(seconds=30)) == 0, "the lease of the dead one"
        assert send(dt.timedelta(minutes=3)) == 1
        assert len(receiver.got) == 2
        assert len(set(receiver.ids)) == 1
        assert waiting()[0].state == "delivered"

    def test_what_is_given_up_is_seen_and_can_be_sent_again(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library")
        receiver.answers = [503] * 30
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        for day in range(40):
            send(dt.timedelta(days=day))
        assert waiting()[0][:3] == ("failed", 10, "503")
        (failed,) = outbox.waiting(topic=telling_agencies.TOPIC, failed_only=True)
        assert failed.why == "given up"
        (shown,) = agencies.webhooks(client_id=agencies.webhook(
            webhook_id=secret.webhook_id).client_id)  # fmt: skip
        assert (shown.failed, shown.waiting) == (1, 0)
        receiver.answers = []
        telling_agencies.send_again(
            message_ids=agencies.failed_messages(webhook_id=secret.webhook_id),
            actor=SYSTEM, now=clock.now(),
        )  # fmt: skip
        send()
        assert waiting()[0].state == "delivered"
        assert outbox.waiting(topic=telling_agencies.TOPIC) == [], "the operator's alarm, too"
        with pytest.raises(agencies.NothingToSendAgain):
            telling_agencies.send_again(message_ids=[failed.ref], actor=SYSTEM, now=clock.now())

    def test_the_operators_button_sends_it_again_too(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        failed = given_up(subscribe("library"), receiver)
        with unit_of_work():
            assert outbox.retry([failed.id], now=clock.now()) == 1
        assert send() == 1
        assert waiting()[0][:3] == ("delivered", 1, "204")
        assert outbox.waiting(topic=telling_agencies.TOPIC) == []

    def test_a_paused_subscription_waits_and_an_ended_one_drops(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library")

        def change(state: agencies.WebhookState) -> None:
            with unit_of_work():
                agencies.change_webhook(
                    webhook_id=secret.webhook_id, state=state, actor=SYSTEM, now=clock.now()
                )

        change("paused")
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        send()
        assert receiver.got == []
        change("active")
        send(dt.timedelta(minutes=2))
        assert len(receiver.got) == 1
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        change("ended")
        send(dt.timedelta(minutes=2))
        assert len(receiver.got) == 1
        assert waiting()[0].state == "dropped"

    def test_both_secrets_sign_during_the_overlap(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        old = subscribe("library")
        with unit_of_work():
            new = agencies.rotate_webhook_secret(
                webhook_id=old.webhook_id, overlap=dt.timedelta(hours=1), actor=SYSTEM,
                now=clock.now(),
            )  # fmt: skip
        telling_agencies.ping(webhook_id=old.webhook_id, actor=SYSTEM, now=clock.now())
        send()
        telling_agencies.ping(webhook_id=old.webhook_id, actor=SYSTEM, now=clock.now())
        send(dt.timedelta(hours=2))
        (during, after) = receiver.got
        assert is_signed(old.secret, *during)
        assert is_signed(new.secret, *during)
        assert not is_signed(old.secret, *after)
        assert is_signed(new.secret, *after)

    def test_a_backlog_goes_out_as_soon_as_the_receiver_is_back(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret, at = subscribe("library"), clock.now()
        receiver.answers = [500]
        happen(secret.webhook_id, 200, at)
        rounds = 0
        for second in range(31):
            while rounds < 40 and outbox.drain_once(
                telling_agencies.LETTER, now=at + dt.timedelta(seconds=second)
            ):
                rounds += 1
        assert rounds < 40, "what waits is not looked at again and again"
        assert len(set(receiver.ids)) == 200
        assert len(receiver.ids) == 201, "the first came twice, the others once"
        happened = [one["timestamp"] for one in receiver.said]
        assert happened == sorted(happened)

    def test_what_a_rest_held_back_goes_out_when_it_ends(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret, at = subscribe("library"), clock.now()
        change(secret, "paused")
        happen(secret.webhook_id, 120, at)
        for minutes in (0, 10, 20):
            while send(dt.timedelta(minutes=minutes)):
                pass
        change(secret, "active")
        for _ in range(4):
            send(dt.timedelta(minutes=30))
        assert len(set(receiver.ids)) == len(receiver.ids) == 120

    def test_a_round_that_takes_too_long_is_known_as_far_as_it_came(
        self,
        subscribe: Callable[..., Any],
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(telling_agencies, "ROUNDS_S", 0.0)
        many, one = subscribe("library"), subscribe("hospital")
        happen(many.webhook_id, 5, clock.now())
        happen(one.webhook_id, 1, clock.now())
        send()
        assert len(receiver.got) == 2, "the first of each"
        for _ in range(4):
            send()
        assert [row.state for row in waiting()[:6]] == ["delivered"] * 6
        assert len(set(receiver.ids)) == len(receiver.ids) == 6, "each once"

    def test_one_that_trickles_is_given_up_in_time_and_the_others_are_told(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        slow, networks = Receiver(), [ip_network("127.0.0.0/8")]
        slow.slow_s = 4 * ANSWER_WITHIN_S
        patient = HttpWebhooks(
            networks=networks, plain=True, timeout_s=60, within_s=ANSWER_WITHIN_S
        )
        ports.provide(WebhookReceivers, patient, name="agencies' systems", timeout_s=60)
        for url in (slow.url, receiver.url):
            telling_agencies.ping(
                webhook_id=subscribe("library", url=url).webhook_id, actor=SYSTEM, now=clock.now()
            )
        send()
        slow.down()
        assert sorted(one.last_answer for one in waiting()[:2]) == ["204", "time-out"]

    def test_nobody_is_opened_for_a_message_that_cannot_go_yet(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        subscribe("library", "card.lost")
        people = [linked("library", f"L50000{n:04}") for n in range(1200, 1204)]
        for who in people:
            lose(who)
        noticed()
        receiver.answers = [204, 500]
        send()
        assert len(receiver.got) == 2
        assert [told(who) for who in people] == [1, 1, 0, 0]

    def test_one_that_ended_while_it_was_called_sends_nothing_to_others_again(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        class Ending:
            def send(self, calls: Sequence[WebhookCall]) -> list[agencies.MessageTry]:
                posted.extend(call.url for call in calls)
                change(ended, "ended")
                connection.close()  # ports are called in a thread of their own
                return [
                    agencies.MessageTry(
                        message_id=call.message_id,
                        delivered=call.url != "http://ended.test/",
                        answer="410" if call.url == "http://ended.test/" else "204",
                    )
                    for call in calls
                ]

        posted: list[str] = []
        ended, other = subscribe("library", url="http://ended.test/"), subscribe("hospital")
        ports.provide(WebhookReceivers, Ending(), name="agencies' systems")
        for one in (ended, other):
            telling_agencies.ping(webhook_id=one.webhook_id, actor=SYSTEM, now=clock.now())
        send()
        assert sorted(posted) == sorted(["http://ended.test/", receiver.url])
        assert [row.state for row in waiting()[:2]] == ["delivered", "dropped"]
        assert outbox.waiting(topic=telling_agencies.TOPIC) == []


class TestEnds:
    """A system that is taken out, one in the sandbox, and what is long past."""

    def test_a_revoked_system_leaves_nothing_that_waits(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library")
        failed = given_up(secret, receiver)
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        client = agencies.webhook(webhook_id=secret.webhook_id).client_id
        with unit_of_work():
            agencies.revoke_client(client_id=client, actor=SYSTEM, now=clock.now())
        assert agencies.webhook(webhook_id=secret.webhook_id).state == "ended"
        send()
        assert receiver.answers == []
        assert [row.state for row in waiting()[:2]] == ["dropped", "dropped"]
        assert outbox.waiting(topic=telling_agencies.TOPIC) == []
        with pytest.raises(agencies.NothingToSendAgain):
            telling_agencies.send_again(message_ids=[failed.ref], actor=SYSTEM, now=clock.now())
        with pytest.raises(agencies.NoSuchWebhook):
            telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())

    @pytest.mark.parametrize("is_demo", [False, True])
    def test_a_system_in_the_sandbox_is_told_of_nobody_outside_a_demo(
        self, settings: Any, receiver: Receiver, is_demo: bool
    ) -> None:
        settings.CITYCARD_DEMO = is_demo
        with unit_of_work():
            client = agencies.connect_client(
                code=f"TRY-{is_demo}", agency="library", sandbox=True, actor=SYSTEM,
                now=clock.now(),
            )  # fmt: skip
            agencies.add_webhook(
                client_id=client.client_id, url=receiver.url, kinds=telling_agencies.KINDS,
                plain=True, actor=SYSTEM, now=clock.now(),
            )  # fmt: skip
        lose(linked("library", f"L5000013{is_demo:02}"))
        noticed()
        send()
        assert ("card.lost" in [one["type"] for one in receiver.said]) is is_demo

    def test_what_is_long_past_is_deleted_with_its_letter(
        self, subscribe: Callable[..., Any], receiver: Receiver
    ) -> None:
        secret = subscribe("library")
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        send()
        failed = given_up(secret, receiver)

        def clear(days: int) -> list[int]:
            with unit_of_work():
                agencies.clear_messages(now=clock.now() + dt.timedelta(days=days))
            found = rows(
                "SELECT ref FROM infra_outbox WHERE topic = %s AND ref IN (SELECT id FROM"
                " agencies_webhook_message WHERE webhook_id = %s)",
                [telling_agencies.TOPIC, secret.webhook_id],
            )
            return [one.ref for one in found]

        assert len(clear(days=89)) == 2
        assert clear(days=200) == [failed.ref], "what was given up can still be sent again"


class TestAddresses:
    """Where messages may go."""

    @pytest.mark.parametrize(
        "url",
        [
            "http://example.org/", "ftp://example.org/", "https://", "https:///x", "x",
            "https://user:secret@example.org/", "https://example.org/#part", "https://a b/",
            "https://example.org:99999/", "https://" + "a" * 500,
        ],
    )  # fmt: skip
    def test_what_is_no_address_is_refused(self, system: Callable[[str], int], url: str) -> None:
        client = system("library")
        with pytest.raises(agencies.NotAnAddress), unit_of_work():
            agencies.add_webhook(
                client_id=client, url=url, kinds=["card.lost"], actor=SYSTEM,
                now=clock.now(),
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("url", "word"),
        [
            ("http://127.0.0.1:1/", "private-address"),
            ("https://127.0.0.1:1/", "private-address"),
            ("https://localhost:1/", "private-address"),
            ("https://[::1]:1/", "private-address"),
            ("https://[::ffff:127.0.0.1]:1/", "private-address"),
            ("https://10.0.0.1/", "private-address"),
            ("https://192.168.1.1/", "private-address"),
            ("https://169.254.169.254/latest/meta-data/", "private-address"),
            ("https://100.64.0.1/", "private-address"),
            ("https://0.0.0.0/", "private-address"),
            ("https://224.0.0.1/", "private-address"),
            ("https://no-such-host.invalid/", "unknown-host"),
            ("http://8.8.8.8/", "not-https"),
        ],
    )
    def test_only_public_addresses_over_tls_unless_a_network_is_named(
        self, subscribe: Callable[..., Any], url: str, word: str
    ) -> None:
        ports.provide(WebhookReceivers, HttpWebhooks(timeout_s=0.3), name="agencies' systems")
        secret = subscribe("library", url=url)
        telling_agencies.ping(webhook_id=secret.webhook_id, actor=SYSTEM, now=clock.now())
        send()
        assert waiting()[0][:3] == ("waiting", 1, word)

    def test_a_system_has_so_many_and_no_more(self, system: Callable[[str], int]) -> None:
        client = system("library")

        def add() -> None:
            with unit_of_work():
                agencies.add_webhook(
                    client_id=client, url="https://example.org/", kinds=["card.lost"],
                    actor=SYSTEM, now=clock.now(),
                )  # fmt: skip

        for _ in range(10):
            add()
        with pytest.raises(agencies.TooManyWebhooks):
            add()

    def test_secrets_are_sealed(self, subscribe: Callable[..., Any]) -> None:
        secret = subscribe("library")
        kept = scalar(
            "SELECT secret_sealed FROM agencies_webhook WHERE id = %s", [secret.webhook_id]
        )
        assert secret.secret.encode() not in bytes(kept)
