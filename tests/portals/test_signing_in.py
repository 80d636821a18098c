"""Signing in over HTTP: the code from the mail, a certificate, three things of staff, personas."""

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils.translation import override

from citycard.adapters.certificate.demo import DemoCertification
from citycard.adapters.email.demo import DemoMailRelay
from citycard.agencies import api as agencies
from citycard.identity import api as identity
from citycard.identity import totp
from citycard.identity.ports import CertificateVerifier, DemoCards, DemoPost, EmailSender
from citycard.infra import clock, outbox, ports
from citycard.infra.database import scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people

pytestmark = pytest.mark.django_db
NUMBER = "A123456789"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def outside(tmp_path: Path) -> Any:
    """A mailbox and a certification authority of the test's own."""
    before = dict(ports._ports)
    relay = DemoMailRelay(tmp_path / "mail.jsonl")
    authority = DemoCertification(tmp_path / "authority.pem")
    ports.provide(EmailSender, relay, name="e-mail")
    ports.provide(DemoPost, relay, name="post")
    ports.provide(CertificateVerifier, authority, name="certificate")
    ports.provide(DemoCards, authority, name="cards")
    yield
    ports._ports.clear()
    ports._ports.update(before)


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=False)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def ask_for_code(browser: Client, email: str = "ming@example.test") -> str:
    """Ask for a code and read it in the demo mailbox."""
    answer = browser.post("/sign-in/", {"email": email})
    assert answer.status_code == 302, text_of(answer)
    assert answer["Location"] == "/sign-in/code/"
    outbox.drain_once(identity.EMAIL_CODES, now=clock.now())
    found = re.search(r"\d{3} \d{3}", text_of(browser.get("/sign-in/demo-mail/")))
    assert found
    return found.group()


def who(browser: Client) -> int | None:
    return browser.session.get("account_id")


def test_a_resident_signs_in_by_the_code_and_goes_where_they_wanted(browser: Client) -> None:
    browser.get("/sign-in/?next=/points/")
    code = ask_for_code(browser)
    assert "m***g@example.test" in text_of(browser.get("/sign-in/code/"))
    key_before = browser.session.session_key
    answer = browser.post("/sign-in/code/", {"code": code})
    assert (answer.status_code, answer["Location"]) == (302, "/points/")
    assert who(browser) is not None
    assert browser.session["level"] == 1
    assert browser.session.session_key != key_before  # nobody fixed the session beforehand


@pytest.mark.parametrize("target", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere"])
def test_nobody_is_sent_away_from_the_site(browser: Client, target: str) -> None:
    browser.get("/sign-in/", {"next": target})
    answer = browser.post("/sign-in/code/", {"code": ask_for_code(browser)})
    assert answer["Location"] == "/"


def test_a_wrong_code_says_how_many_tries_are_left(browser: Client) -> None:
    code = ask_for_code(browser).replace(" ", "")
    answer = browser.post("/sign-in/code/", {"code": "000000" if code != "000000" else "1"})
    assert answer.status_code == 200
    assert "還可以再試 4 次" in text_of(answer)
    assert who(browser) is None


def test_a_bad_address_and_too_many_codes_are_said_beside_the_field(browser: Client) -> None:
    assert "name@example.com" in text_of(browser.post("/sign-in/", {"email": "ming"}))
    for _ in range(3):
        ask_for_code(browser)
    assert "請等 10 分鐘" in text_of(browser.post("/sign-in/", {"email": "ming@example.test"}))


def ask_from(origin: str, times: int) -> list[int]:
    """Ask for codes for ever other addresses, from one place."""
    at = Client(REMOTE_ADDR=origin)
    return [
        at.post("/sign-in/", {"email": f"who{n}@{origin}.example.test"}).status_code
        for n in range(times)
    ]


def test_who_asks_for_many_codes_stops_nobody_else(browser: Client) -> None:
    assert ask_from("198.51.100.4", 31) == [302] * 30 + [200]
    assert ask_from("203.0.113.9", 1) == [302]


def test_a_proxy_that_nobody_named_is_no_origin(browser: Client) -> None:
    """All of the city comes from there; whoever asked for many would shut everybody out."""
    assert set(ask_from("127.0.0.1", 35)) == {302}


def test_the_code_page_without_a_challenge_begins_anew(browser: Client) -> None:
    assert browser.get("/sign-in/code/")["Location"] == "/sign-in/"


def test_a_code_of_another_browser_is_no_use_here(browser: Client) -> None:
    code = ask_for_code(browser)
    other = Client()
    ask_for_code(other, "hua@example.test")
    assert other.post("/sign-in/code/", {"code": code}).status_code == 200
    assert who(other) is None


def test_a_certificate_signs_in_at_level_three(browser: Client) -> None:
    person = people.NewMember(name="王小明", birth_on=clock.now().date(), sex="m", id_number=NUMBER)
    with unit_of_work():
        people.enrol_many(people=[person], actor=SYSTEM, now=clock.now())
    browser.get("/sign-in/certificate/")
    answer = browser.post("/sign-in/certificate/", {"id_number": NUMBER, "pin": "000000"})
    assert "PIN 碼不對" in text_of(answer)
    answer = browser.post("/sign-in/certificate/", {"id_number": NUMBER, "pin": "123456"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.session["level"] == 3
    assert NUMBER not in str(dict(browser.session))


def test_a_certificate_without_its_challenge_begins_anew(browser: Client) -> None:
    """Signed out in another window, or the session was over meanwhile."""
    answer = browser.post("/sign-in/certificate/", {"id_number": NUMBER, "pin": "123456"})
    assert answer.status_code == 200
    assert "請再試一次" in text_of(answer)
    assert who(browser) is None


def test_a_stranger_with_a_certificate_is_told_to_apply(browser: Client) -> None:
    browser.get("/sign-in/certificate/")
    answer = browser.post("/sign-in/certificate/", {"id_number": "A800000014", "pin": "123456"})
    assert "還沒有以這個號碼申辦過市民卡" in text_of(answer)


@pytest.fixture
def clerk() -> identity.StaffSecrets:
    now = clock.now()
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=now)
        staff_id = agencies.add_staff(
            username="clerk",
            display_name="櫃台",
            agency="office-daan",
            counter="office-daan",
            roles=["clerk"],
            actor=SYSTEM,
            now=now,
        )
        secrets = identity.open_staff_account(
            staff_id=staff_id, password=PASSWORD, actor=SYSTEM, now=now
        )
        identity.register_persona(code="clerk", account_id=secrets.account_id)
    return secrets


def test_a_clerk_signs_in_and_comes_to_the_counter(
    browser: Client, clerk: identity.StaffSecrets
) -> None:
    given = {"username": "clerk", "password": PASSWORD, "totp": "000000"}
    answer = browser.post("/staff/sign-in/", given)
    assert "帳號、密碼或動態密碼不對" in text_of(answer)
    assert PASSWORD not in answer.content.decode()
    given["totp"] = totp.code_at(clerk.totp_secret, clock.now())
    answer = browser.post("/staff/sign-in/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/counter/")
    assert who(browser) == clerk.account_id


def test_a_counter_that_nobody_sits_at_is_signed_out(
    browser: Client, clerk: identity.StaffSecrets
) -> None:
    began = clock.now()
    with clock.stopped_at(began):
        browser.post("/sign-in/persona/", {"code": "clerk"})
    assert browser.cookies["citycard"]["max-age"] == ""  # forgotten when the browser is closed

    def sees(minutes: int, **headers: str) -> bool:
        with clock.stopped_at(began + dt.timedelta(minutes=minutes)):
            return browser.get("/counter/", headers=headers).status_code == 200

    assert sees(29)
    assert sees(58, **{"HX-Request": "true"})  # its page looks for news by itself
    assert not sees(60)


def test_after_the_end_a_form_brings_back_its_page(browser: Client) -> None:
    """Some addresses take forms alone; coming back to one of those would show nothing."""
    page = f"http://testserver/cards/{uuid.uuid4()}/show/"
    answer = browser.post(f"{page}renew/", headers={"Referer": page})
    assert answer["Location"] == f"/sign-in/?next={quote(page, safe='')}"
    assert browser.get(answer["Location"]).status_code == 200
    assert browser.session["sign_in_next"] == page


def test_signing_out_kills_the_session(browser: Client, clerk: identity.StaffSecrets) -> None:
    browser.post("/sign-in/persona/", {"code": "clerk"})
    assert who(browser) == clerk.account_id
    stolen = browser.cookies["citycard"].value
    assert browser.get("/sign-out/").status_code == 405  # a link alone signs nobody out
    assert browser.post("/sign-out/", {"door": "staff"})["Location"] == "/staff/sign-in/"
    thief = Client()
    thief.cookies["citycard"] = stolen
    assert who(thief) is None
    assert scalar("SELECT count(*) FROM identity_session WHERE account_id IS NOT NULL") == 0


def test_personas_are_offered_in_a_demo_only(
    browser: Client, clerk: identity.StaffSecrets, settings: Any
) -> None:
    assert "區公所櫃台人員" in text_of(browser.get("/staff/sign-in/"))
    settings.CITYCARD_PERSONAS = False
    assert "區公所櫃台人員" not in text_of(browser.get("/staff/sign-in/"))
    assert browser.post("/sign-in/persona/", {"code": "clerk"}).status_code >= 400
    assert browser.get("/sign-in/demo-mail/").status_code == 404
    assert who(browser) is None


def test_pages_are_there_in_english(browser: Client) -> None:
    with override("zh-hant"):  # and back again: the language of a request stays with its thread
        answer = browser.get("/sign-in/", headers={"Accept-Language": "en"})
    assert "Send me a code" in text_of(answer)
    assert not re.search(r"[\u4e00-\u9fff]", text_of(answer).replace("中文", ""))
