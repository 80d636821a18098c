"""申請停止/補換發 closed 108-04-30; re-opened later: a programme over HTTP, at counter, online."""

import datetime as dt
import secrets

import pytest
from django.test import Client
from django.utils import translation

from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.flows import applying, asking_registers
from citycard.identity import api as identity
from citycard.infra import clock, outbox
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import SYSTEM, Actor
from tests.flows import living
from tests.harness.cities import City
from tests.lives import people as lives
from tests.portals import counter_desk as desk
from tests.portals import seeding
from tests.portals.counter_desk import sentences

COUNTER = "office-taoyuan"
LAST = dt.datetime(2026, 11, 30, 15, 59, tzinfo=dt.UTC)  # a minute before midnight in the city
FIRST = dt.datetime(2026, 11, 30, 16, 0, tzinfo=dt.UTC)
AGAIN = dt.datetime(2027, 1, 31, 16, 0, tzinfo=dt.UTC)
CLOSED = "申請與補換發已於115年11月30日截止。"


@pytest.fixture
def clerk(town: City) -> Client:
    """Signed in anew: a session ends when the clock goes back and forth."""
    return desk.clerk_at(COUNTER)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_DEMO_DELAY", "0")


def given(**changes: str) -> dict[str, str]:
    answers = {
        "name": "周一鳴",
        "id_number": living.new_number(),
        "birth_on_year": "80",
        "birth_on_month": "3",
        "birth_on_day": "2",
        "sex": "f",
        "district": "taoyuan",
        "pickup_counter": COUNTER,
        "medium": "easycard",
        "applied_by": "self",
        **changes,
    }
    living.on_record(
        {"id_number": answers["id_number"], "name": answers["name"], "birth_on": "1991-03-02"},
        registered_city="taoyuan",
        registered_district="taoyuan",
    )
    return answers


def filled(clerk: Client) -> str:
    """A draft with nothing missing; return its address."""
    draft = desk.begin(clerk, "general")
    assert clerk.post(draft, given()).status_code == 302
    papers = {"identity-card": desk.upload(), "photo": desk.upload()}
    assert clerk.post(f"{draft}papers/", papers).status_code == 302
    return draft


def test_at_the_counter_it_closes_at_midnight_and_says_why(clerk: Client) -> None:
    with clock.stopped_at(LAST):
        assert CLOSED not in sentences(clerk.get("/counter/new/"))
        in_time, too_late = filled(clerk), filled(clerk)
        assert clerk.post(f"{in_time}check/", {"consent": "yes"}).status_code == 302
    with clock.stopped_at(FIRST):
        page = clerk.get("/counter/new/")
        assert CLOSED in sentences(page)
        assert 'value="general" disabled' in page.content.decode()
        begun = clerk.post("/counter/new/", {"services": ["general"]})
        assert (begun.status_code, CLOSED in sentences(begun)) == (422, True)
        sent = clerk.post(f"{too_late}check/", {"consent": "yes"})
        assert (sent.status_code, CLOSED in sentences(sent)) == (422, True)
        # another service of the same form is taken as before
        assert clerk.post("/counter/new/", {"services": ["senior-rides"]}).status_code == 302
    with clock.stopped_at(AGAIN):
        assert CLOSED not in sentences(clerk.get("/counter/new/"))
        assert clerk.post(f"{too_late}check/", {"consent": "yes"}).status_code == 302


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_online_it_says_so_before_anybody_fills_it_in(town: City, language: str) -> None:
    browser = resident()
    said = {"zh-hant": CLOSED, "en": "Applications and reissues closed on 30 November 2026."}
    with clock.stopped_at(LAST):
        assert said[language] not in sentences(
            browser.get("/apply/", headers={"accept-language": language})
        )
    with clock.stopped_at(FIRST):
        shown = browser.get("/apply/", headers={"accept-language": language})
        assert said[language] in sentences(shown)
        refused = browser.post(
            "/apply/", {"services": ["general"]}, headers={"accept-language": language}
        )
        assert (refused.status_code, said[language] in sentences(refused)) == (422, True)


def test_in_a_batch_the_rows_that_came_too_late_are_refused_with_the_reason(town: City) -> None:
    answers = [living.answers(district="taoyuan", pickup_counter=COUNTER) for _ in range(2)]
    for each in answers:
        del each["resides_in_city"]
        each |= {"birth_on": "1991-03-02", "medium": "easycard"}
    papers = (("identity-card", living.picture()), ("photo", living.picture()))
    rows = [
        applications.NewApplication(
            form="citizen-card", services=("general",), answers=each, documents=papers,
            submitted_at=at,
        )
        for each, at in zip(answers, (LAST, FIRST), strict=True)
    ]  # fmt: skip
    with translation.override("zh-hant"):
        in_time, late = applying.bring_in_many(new=rows, actor=SYSTEM, now=FIRST)
    assert in_time.refusal is None
    assert late.refusal is not None
    assert (late.refusal.code, late.refusal.facts["why"]) == ("cards.programme_closed", CLOSED)


def test_no_card_is_made_or_made_again_after_it_closed(town: City) -> None:
    actor = living.clerk(COUNTER)
    filled_in = living.answers(district="taoyuan", pickup_counter=COUNTER, medium="easycard")
    del filled_in["resides_in_city"]
    filled_in["birth_on"] = "1991-03-02"
    living.on_record(filled_in, registered_city="taoyuan", registered_district="taoyuan")
    ref = living.apply(actor, filled_in, ["general"], now=LAST).ref
    for topic in asking_registers.LETTERS:
        while outbox.drain_once(topic, now=LAST):
            pass
    whose = applications.find(ref=ref)
    (part,) = applications.case(
        ref=ref, actor=Actor(id="nobody", kind="resident", member_id=whose.member_id)
    ).parts
    decision = applications.PartDecision(
        part_id=part.part_id, decision="approve", version=part.version
    )
    with pytest.raises(cards.ProgrammeClosed):
        applying.decide(decision=decision, actor=living.reviewer("rdec"), now=FIRST)
    applying.decide(decision=decision, actor=living.reviewer("rdec"), now=LAST)
    (job,) = issuing.jobs_of_applications(application_ids=[whose.application_id])
    with unit_of_work(), pytest.raises(cards.ProgrammeClosed):
        issuing.set_blank_aside(print_id=job.print_id, actor=actor, now=FIRST)


def test_who_had_a_card_asks_for_a_reissue_not_for_a_first_one(town: City) -> None:
    who, _ = lives.member(dt.date(1991, 3, 2), since=dt.date(2020, 1, 1), registered_city="taoyuan")
    assert cards.held_before(pairs=[(who, "general")]) == set()
    lives.card(who, "general", dt.date(2020, 1, 1))
    assert cards.held_before(pairs=[(who, "general"), (who, "senior")]) == {(who, "general")}


def test_two_officers_close_it_at_once_and_give_it_back(clerk: Client) -> None:
    maker = seeding.signed_in("officer-a", "rdec", ["officer"])
    checker = seeding.signed_in("officer-b", "rdec", ["officer"])
    told = "系統維護，暫停受理至明日。"
    with clock.stopped_at(LAST - dt.timedelta(days=20)):
        assert "受理中" in sentences(maker.get("/agency/programmes/"))
        _switch(maker, checker, "closed", told)
        assert told in sentences(clerk.get("/counter/new/"))
        assert told in sentences(maker.get("/agency/programmes/"))
    with clock.stopped_at(LAST - dt.timedelta(days=19)):
        assert told in sentences(clerk.get("/counter/new/"))
        _switch(maker, checker, "windows", "恢復受理。")
        assert told not in sentences(clerk.get("/counter/new/"))
        assert clerk.post("/counter/new/", {"services": ["general"]}).status_code == 302


def _switch(maker: Client, checker: Client, state: str, told: str) -> None:
    about = {"state": state, "told": told, "reason": "府資字第1號", "once": state}
    proposed = maker.post("/agency/programmes/general-card/", about)
    assert proposed.status_code == 302, sentences(proposed)
    decide = f"{proposed['Location']}decide/"
    mine = maker.post(decide, {"do": "approve"})
    assert mine.status_code == 422  # never one's own
    assert "受理中" in sentences(maker.get("/agency/programmes/")) or state == "windows"
    assert told in sentences(checker.get(proposed["Location"]))
    assert checker.post(decide, {"do": "approve"}).status_code == 302


def resident() -> Client:
    """A browser in which somebody is signed in by e-mail."""
    who, _ = lives.member(dt.date(1991, 3, 2), since=dt.date(2020, 1, 1), registered_city="taoyuan")
    new = identity.NewAccount(member_id=who, email=f"{secrets.token_hex(4)}@example.tw", level=1)
    with unit_of_work():
        (account,) = identity.open_accounts(accounts=[new], actor=SYSTEM, now=LAST)
    browser = Client()
    session = browser.session
    session["account_id"], session["level"] = account, 1
    session.save()
    return browser
