"""Conversion and verification through an agency's system: its own number, the least answer."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils.translation import override

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people
from tests.openapi.conftest import Person, System, check

Connect = Callable[..., System]
RIDES = "concession-ride"


@pytest.fixture(scope="module")
def transport(connect: Connect) -> System:
    return connect("public-transport")


@pytest.fixture(scope="module")
def library(connect: Connect, adult: Person) -> System:
    with unit_of_work():
        cards.link_agency_numbers(
            agency="library", links=[(adult.member_id, "L100000017")], actor=SYSTEM, now=clock.now()
        )
        cards.link_agency_numbers(
            agency="hospital", links=[(adult.member_id, "20000014")], actor=SYSTEM, now=clock.now()
        )
    return connect("library")


class TestVerification:
    """Is a card good for a service, and by what word."""

    def test_a_word_and_never_a_reason(
        self, transport: System, adult: Person, senior: Person
    ) -> None:
        asked = {"service": RIDES, "cards": [senior.asked, adult.asked]}
        assert transport.ask("verifications", asked) == [
            {"valid": True, "code": "accepted", "answer": "senior-fare"},
            {"valid": True, "code": "accepted", "answer": "may-enter"},
        ]

    def test_a_code_from_a_phone_is_good_once(self, transport: System, senior: Person) -> None:
        shown = senior.codes()
        asked = {"service": RIDES, "cards": [{"code": shown.square}, {"code": shown.line}]}
        good = {"valid": True, "code": "accepted", "answer": "senior-fare"}
        assert transport.ask("verifications", asked, key="turnstile-1") == [good, good]
        assert transport.ask("verifications", asked, key="turnstile-1") == [good, good]
        replayed = {"valid": False, "code": "replayed"}
        assert transport.ask("verifications", asked, key="turnstile-2") == [replayed, replayed]
        assert transport.ask("verifications", asked) == [replayed, replayed]

    def test_old_and_invented_codes(
        self, transport: System, adult: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown, now = adult.codes(), clock.now()
        monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(minutes=5))
        codes = [shown.square, shown.line, "CC1:NOTHING", "1" * 20]
        asked = {"service": RIDES, "cards": [{"code": code} for code in codes]}
        told = [one["code"] for one in transport.ask("verifications", asked)]
        assert told == ["expired", "expired", "unknown_card", "unknown_card"]

    def test_a_lost_card(self, transport: System) -> None:
        from tests.openapi.conftest import person

        who = person(dt.date(1990, 1, 1))
        shown = who.codes()
        with unit_of_work():
            cards.report_lost(card_id=who.card_id, actor=SYSTEM, now=clock.now())
        asked = {"service": RIDES, "cards": [who.asked, {"code": shown.square}]}
        refused = {"valid": False, "code": "blocked"}
        assert transport.ask("verifications", asked) == [refused, refused]

    def test_a_card_that_is_nobodys_number(self, transport: System) -> None:
        unknown = {"issuer": "easycard", "number_kind": "printed", "number": "0" * 16}
        asked = {"service": RIDES, "cards": [unknown]}
        assert transport.ask("verifications", asked) == [{"valid": False, "code": "unknown_card"}]

    def test_another_agencys_service_is_not_found(self, transport: System, adult: Person) -> None:
        for service in ("library-loan", "no-such-service"):
            answer = transport.post("verifications", {"service": service, "cards": [adult.asked]})
            assert answer.status_code == 404
            assert answer.json()["code"] == "systems.not_your_service"

    def test_the_resident_sees_who_asked(self, transport: System, senior: Person) -> None:
        transport.ask("verifications", {"service": RIDES, "cards": [senior.asked]})
        (last,) = rows(
            "SELECT actor_id, purpose, fields, subjects FROM people_access_record"
            " ORDER BY id DESC LIMIT 1"
        )
        assert last.actor_id == f"client:{transport.code}"
        assert last.purpose == "agency-verification"
        assert last.fields == ["rights"]
        assert last.subjects == [senior.member_id]

    def test_the_holder_of_a_card_that_is_refused_sees_it_too(
        self, transport: System, library: System
    ) -> None:
        from tests.openapi.conftest import person

        who = person(dt.date(1991, 1, 1))
        with unit_of_work():
            cards.report_lost(card_id=who.card_id, actor=SYSTEM, now=clock.now())
        transport.ask("verifications", {"service": RIDES, "cards": [who.asked]})
        library.post("conversions", {"service": "library-loan", "cards": [who.asked]})
        found = rows(
            "SELECT actor_id, purpose FROM people_access_record WHERE subjects = %s ORDER BY id",
            [[who.member_id]],
        )
        assert [(one.actor_id, one.purpose) for one in found] == [
            (f"client:{transport.code}", "agency-verification"),
            (f"client:{library.code}", "agency-conversion"),
        ]

    def test_the_log_names_an_agencys_system_in_words(
        self, transport: System, senior: Person
    ) -> None:
        transport.ask("verifications", {"service": RIDES, "cards": [senior.asked]})
        me = Actor(id="account:1", kind="resident", member_id=senior.member_id)
        access = people.open_access(
            subject=senior.member_id,
            fields=("access_log",),
            purpose="own-data",
            actor=me,
            now=clock.now(),
        )
        with override("en"):
            entry = people.access_log(access=access, member_id=senior.member_id)[0]
        assert entry.purpose == "agency-verification"
        assert entry.who == "Reader or agency's system · Public Transportation Office"

    def test_no_answer_and_nothing_kept_holds_anything_personal(
        self, transport: System, senior: Person
    ) -> None:
        shown = senior.codes()
        asked = {
            "service": RIDES,
            "cards": [senior.asked, {"code": shown.line}],
            "format": "sd-jwt",
        }
        answer = transport.post("verifications", asked, key="capture")
        kept = str(rows("SELECT * FROM infra_request_key"))
        for text in (answer.content.decode(), str(answer.headers), kept):
            for personal in (senior.number, shown.line, "1950", "河岸", str(senior.card_id)):
                assert personal not in text or len(personal) < 4


class TestConversion:
    """Only the agency's own number, and only with a good card."""

    def test_a_library_gets_its_own_number_and_how_it_serves_it(
        self, library: System, adult: Person, senior: Person
    ) -> None:
        asked = {"service": "library-loan", "cards": [adult.asked, senior.asked]}
        answer = library.post("conversions", asked)
        assert answer.json() == {
            "answers": [
                {"code": "accepted", "agency_number": "L100000017", "status": "active"},
                {"code": "not_linked"},
            ]
        }
        assert b"20000014" not in answer.content, "another agency's number"

    def test_by_a_phones_code_and_a_retry_under_its_key(
        self, library: System, adult: Person
    ) -> None:
        asked = {"service": "library-loan", "cards": [{"code": adult.codes().line}]}
        first = library.post("conversions", asked, key="loan-1")
        assert first.json()["answers"][0]["agency_number"] == "L100000017"
        assert library.post("conversions", asked, key="loan-1").content == first.content
        assert library.ask("conversions", asked, key="loan-2") == [{"code": "replayed"}]

    def test_a_stored_key_holds_no_number(self, library: System, adult: Person) -> None:
        library.ask(
            "conversions", {"service": "library-loan", "cards": [adult.asked]}, key="loan-9"
        )
        (kept,) = rows("SELECT answer FROM infra_request_key WHERE key = 'loan-9'")
        assert kept.answer is None


class TestBodies:
    """What is not as described is refused with where and what, and not with what was sent."""

    @pytest.mark.parametrize(
        ("said", "status"),
        [
            (b"", 400),
            (b"[]", 400),
            (b"\xff", 400),
            ("[" * 100_000, 400),
            ({"service": RIDES}, 422),
            ({"service": RIDES, "cards": []}, 422),
            ({"service": RIDES, "cards": [{}]}, 422),
            ({"service": RIDES, "cards": [{"code": "x"}], "more": 1}, 422),
            ({"service": RIDES, "cards": [{"code": "x", "number": "y"}]}, 422),
            ({"service": RIDES, "cards": [{"code": "x" * 201}]}, 422),
            ({"service": RIDES, "cards": [{"code": 7}]}, 422),
            ({"service": RIDES, "cards": [{"code": "x"}] * 101}, 422),
            ("x" * 600_000, 413),
        ],
    )
    def test_is_refused(self, transport: System, said: object, status: int) -> None:
        answer = transport.post("verifications", said)
        assert answer.status_code == status, answer.content.decode()[:300]
        assert "xxxx" not in answer.content.decode()

    def test_a_key_that_is_none(self, transport: System, adult: Person) -> None:
        asked = {"service": RIDES, "cards": [adult.asked]}
        assert transport.post("verifications", asked, key="k" * 129).status_code == 400

    def test_a_key_for_another_content(self, transport: System, adult: Person) -> None:
        asked = {"service": RIDES, "cards": [adult.asked]}
        transport.ask("verifications", asked, key="once")
        other = transport.post("verifications", {**asked, "format": "plain"}, key="once")
        assert other.status_code == 422
        assert other.json()["code"] == "infra.idempotency_key_of_another"

    def test_keys_belong_to_one_client_and_one_route(
        self, transport: System, connect: Connect, adult: Person
    ) -> None:
        asked = {"service": RIDES, "cards": [adult.asked]}
        other = connect("public-transport")
        for system, route in ((transport, "verifications"), (other, "verifications")):
            assert system.post(route, asked, key="same").status_code == 200
        plain = {**asked, "format": "plain"}
        assert other.post("verifications", plain, key="same").status_code == 422
        assert other.post("conversions", asked, key="same").status_code == 200


class TestWrongInput:
    """What is wrong is said in words that whoever wrote the program can act on."""

    def test_a_card_named_by_half_is_told_both_ways_to_name_one(self, transport: System) -> None:
        asked = {"service": RIDES, "cards": [{"issuer": "easycard", "number_kind": "printed"}]}
        facts = transport.post("verifications", asked).json()["facts"]
        assert facts == {
            "where": "cards[0]",
            "wrong": "oneOf: code | issuer, number_kind, number",
        }

    def test_too_much_at_once_is_told_how_much_may_be(self, transport: System) -> None:
        answer = transport.post("verifications", b"{" + b" " * 524_288)
        assert (answer.status_code, answer.json()["code"]) == (413, "openapi.too_large")
        assert "512 KiB" in answer.json()["detail"]

    def test_another_method_is_told_which(self, transport: System) -> None:
        answer = transport.browser.get("/api/v1/verifications", headers={"Accept-Language": "en"})
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"] == "Use POST."


class TestKeysOfSystems:
    """Unknown, revoked and old keys; rates."""

    def test_who_is_not_known_is_told_so(self, connect: Connect, adult: Person) -> None:
        system = connect("public-transport")
        asked = {"service": RIDES, "cards": [adult.asked]}
        for code, key in ((system.code, "wrong"), ("NOBODY", system.key), ("", "")):
            answer = System(code, key, 0).post("verifications", asked)
            assert answer.status_code == 401
            assert answer.json()["code"] == "identity.key_not_known"
            assert "Authorization: Client code:key" in answer.json()["detail"]
        with unit_of_work():
            agencies.revoke_client(client_id=system.client_id, actor=SYSTEM, now=clock.now())
        assert system.post("verifications", asked).status_code == 401

    def test_the_old_key_holds_for_the_overlap(
        self, connect: Connect, adult: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system, now = connect("public-transport"), clock.now()
        asked = {"service": RIDES, "cards": [adult.asked]}
        with unit_of_work():
            new = agencies.rotate_client_key(
                client_id=system.client_id, overlap=dt.timedelta(days=7), actor=SYSTEM, now=now
            )
        rotated = System(new.code, new.key, new.client_id)
        assert system.post("verifications", asked).status_code == 200
        assert rotated.post("verifications", asked).status_code == 200
        monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(days=7, seconds=1))
        assert system.post("verifications", asked).status_code == 401
        assert rotated.post("verifications", asked).status_code == 200
        with unit_of_work():
            agencies.rotate_client_key(client_id=system.client_id, actor=SYSTEM, now=clock.now())
        assert rotated.post("verifications", asked).status_code == 401, "dead at once"

    def test_too_many_requests_are_told_when_to_go_on(
        self,
        connect: Connect,
        adult: Person,
        owner_sql: Callable[..., object],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        system = connect("public-transport")
        owner_sql("UPDATE agencies_client SET per_minute = 2 WHERE id = %s", [system.client_id])
        at = clock.now().replace(second=50, microsecond=0)
        monkeypatch.setattr(clock, "now", lambda: at)
        asked = {"service": RIDES, "cards": [adult.asked]}
        statuses = [system.post("verifications", asked).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        refused = system.post("verifications", asked)
        assert 10 <= int(refused["Retry-After"]) <= 11
        later = at + dt.timedelta(seconds=int(refused["Retry-After"]))
        monkeypatch.setattr(clock, "now", lambda: later)
        assert system.post("verifications", asked).status_code == 200
        uses = agencies.client_uses(client_id=system.client_id, since=dt.date(2026, 1, 1))
        assert sum(one.requests for one in uses) == 5
        assert sum(one.refusals for one in uses) == 2


class TestSandbox:
    """Test cards anywhere; people of a demo city; nothing that it does is kept."""

    def test_test_cards_answer_each_answer(self, connect: Connect) -> None:
        system = connect("public-transport", sandbox=True)
        names = ["GOOD", "SENIOR", "BLOCKED", "NOT-ENTITLED", "EXPIRED", "REPLAYED", "NO-SUCH"]
        cards_ = [{"issuer": "test", "number_kind": "printed", "number": one} for one in names]
        told = system.ask("verifications", {"service": RIDES, "cards": cards_})
        assert [one["code"] for one in told] == [
            "accepted", "accepted", "blocked", "not_entitled", "expired", "replayed",
            "unknown_card",
        ]  # fmt: skip
        assert told[1]["answer"] == "senior-fare"

    def test_a_real_system_knows_no_test_card(self, transport: System) -> None:
        test = {"issuer": "test", "number_kind": "printed", "number": "GOOD"}
        told = transport.ask("verifications", {"service": RIDES, "cards": [test]})
        assert told == [{"valid": False, "code": "unknown_card"}]

    def test_a_demos_codes_are_not_used_up(
        self, connect: Connect, transport: System, senior: Person
    ) -> None:
        system = connect("public-transport", sandbox=True)
        asked = {"service": RIDES, "cards": [{"code": senior.codes().square}]}
        for _ in range(2):
            assert system.ask("verifications", asked)[0]["answer"] == "senior-fare"
        assert transport.ask("verifications", asked)[0]["valid"]

    def test_outside_a_demo_it_learns_of_test_cards_alone(
        self, connect: Connect, senior: Person, settings: object
    ) -> None:
        settings.CITYCARD_DEMO = False  # type: ignore[attr-defined]
        system = connect("public-transport", sandbox=True)
        asked = {"service": RIDES, "cards": [senior.asked, {"code": senior.codes().line}]}
        unknown = {"valid": False, "code": "unknown_card"}
        assert system.ask("verifications", asked) == [unknown, unknown]

    def test_it_may_not_send_who_took_part(self, connect: Connect) -> None:
        system = connect("doit", sandbox=True)
        answer = system.post("earnings", {"lines": [{}]}, key="k", name="earnings")
        assert answer.status_code == 403
        check("earnings", answer)
