"""An application that is in, at the resident's door and the counter: answered, taken back, refused
with the way to object."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from citycard.applications import api as applications
from citycard.flows import applying
from citycard.infra.clock import now
from citycard.infra.database import scalar
from tests.flows import living
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals import looking, purse, seeding
from tests.portals.counter_desk import sentences

ME = living.resident()


@pytest.fixture(scope="module")
def town(city: City) -> City:
    seeding.activate()
    return city


@pytest.fixture
def reviewer(town: City) -> Client:
    return seeding.signed_in("reviewer", "social-welfare", ["reviewer"])


def applied(town: City, filled: dict[str, Any] | None = None, *services: str) -> tuple[str, Client]:
    """An application that waits for its reviewers, and the applicant's browser."""
    filled = filled or living.answers()
    living.on_record(filled)
    submitted = living.apply(ME, filled, services or ("senior-rides",), now=now())
    town.settle()
    member_id = applications.find(ref=submitted.ref).member_id
    assert member_id is not None
    return submitted.ref, purse.resident(member_id)


def part_of(ref: str, service: str = "senior-rides") -> applications.CasePart:
    return living.parts_of(ref, ME)[service]


def ask(browser: Client, ref: str, *papers: str, note: str = "") -> None:
    """Ask for more at the agency's door."""
    part = part_of(ref)
    sent = {
        "decision": "supplement",
        "supplement-version": part.version,
        "supplement-papers": papers,
        "supplement-note": note,
    }
    answer = browser.post(f"/agency/reviews/{part.part_id}/", sent)
    assert answer.status_code == 302, sentences(answer)


def refuse(browser: Client, ref: str) -> None:
    """Refuse at the agency's door."""
    part = part_of(ref)
    sent = {
        "decision": "refuse",
        "refuse-version": part.version,
        "refuse-reason": "papers_insufficient",
        "refuse-note": "證件影像不清楚",
    }
    assert browser.post(f"/agency/reviews/{part.part_id}/", sent).status_code == 302


def test_a_refusal_says_why_and_how_to_object(town: City, reviewer: Client) -> None:
    """行政程序法§96: a decision says its reasons, and how, where and until when to appeal."""
    ref, me = applied(town)
    refuse(reviewer, ref)
    page = sentences(me.get(f"/cases/{ref}/"))
    told = ("證明文件不足以認定資格", "證件影像不清楚", "30 日內", "訴願", "社會局")
    assert not [words for words in told if words not in page]
    english = sentences(me.get(f"/cases/{ref}/", headers={"accept-language": "en"}))
    assert "within 30 days" in english
    at_the_counter = sentences(desk.clerk_at().get(f"/counter/cases/{ref}/"))
    assert not [words for words in told if words not in at_the_counter]


def test_what_was_refused_is_not_shown_as_done(town: City, reviewer: Client) -> None:
    ref, me = applied(town)
    refuse(reviewer, ref)
    for page in (f"/cases/{ref}/", "/cases/"):
        shown = sentences(me.get(page))
        assert "未通過" in shown
        assert "已完成" not in shown
    assert "已完成" not in sentences(desk.clerk_at().get(f"/counter/cases/{ref}/"))


def test_one_service_is_taken_back_and_can_be_applied_for_again(
    town: City, reviewer: Client
) -> None:
    filled = living.answers()
    ref, me = applied(town, filled, "senior-rides", "health-service")
    address = f"/cases/{ref}/withdraw/"
    assert f'action="{address}"' in me.get(f"/cases/{ref}/").content.decode()
    part = {"part": part_of(ref).part_id}
    _, stranger = applied(town)
    assert stranger.post(address, part).status_code == 404
    assert me.post(address, {"part": "0"}).status_code == 404
    assert me.get(address).status_code == 302
    assert part_of(ref).state == "in_review", "looking takes nothing back"
    done = me.post(address, part, follow=True)
    assert "已撤回，之後可以重新申辦。" in sentences(done)
    states = {service: one.state for service, one in living.parts_of(ref, ME).items()}
    assert states == {"senior-rides": "withdrawn", "health-service": "in_review"}
    again, me = applied(town, filled)
    refuse(reviewer, again)
    late = me.post(f"/cases/{again}/withdraw/", {"part": part_of(again).part_id})
    assert late.status_code == 422
    assert part_of(again).state == "refused"


def test_a_counter_takes_a_service_back_for_whoever_asks_there(town: City) -> None:
    ref, _me = applied(town)
    clerk = desk.clerk_at()
    address = f"/counter/cases/{ref}/parts/{part_of(ref).part_id}/withdraw/"
    assert f'action="{address}"' in clerk.get(f"/counter/cases/{ref}/").content.decode()
    assert "已撤回這項服務" in sentences(clerk.post(address, follow=True))
    assert part_of(ref).state == "withdrawn"
    assert clerk.post(address).status_code == 422


def test_whoever_applies_twice_is_told_that_the_first_can_be_taken_back(town: City) -> None:
    filled = living.answers()
    ref, _me = applied(town, filled)
    draft = living.fill_in(ME, filled, now=now())
    with pytest.raises(applications.AlreadyApplied) as refused:
        applying.submit(public_id=draft, consent=True, actor=ME, now=now())
    assert refused.value.facts["ref"] == ref
    clerk = desk.clerk_at()
    told = clerk.post(f"{_draft_of(clerk, filled)}check/", {"consent": "yes"})
    assert "可以撤回" in sentences(told)


def _draft_of(clerk: Client, filled: dict[str, Any]) -> str:
    draft = desk.begin(clerk, "senior-rides")
    clerk.post(draft, {**desk.senior(filled["name"]), "id_number": filled["id_number"]})
    clerk.post(f"{draft}papers/", {"identity-card": desk.upload(), "photo": desk.upload()})
    return draft


def test_a_draft_is_thrown_away_by_whoever_began_it(town: City) -> None:
    _ref, me = applied(town)
    _ref, stranger = applied(town)
    begun = me.post("/apply/", {"services": ["health-service"]}).headers["Location"]
    here = f"/apply/{begun.split('/')[2]}/"
    assert f'action="{here}discard/"' in me.get(f"{here}check/").content.decode()
    assert stranger.post(f"{here}discard/").status_code == 404
    assert me.get(f"{here}discard/").status_code == 302
    assert here in me.get("/apply/").content.decode()
    gone = me.post(f"{here}discard/", follow=True)
    assert "已刪除" in sentences(gone)
    assert here not in gone.content.decode()
    assert me.get(f"{here}check/").status_code == 404


@pytest.mark.parametrize("door", ["resident", "counter"])
def test_words_answer_what_was_asked_in_words(town: City, reviewer: Client, door: str) -> None:
    ref, me = applied(town)
    ask(reviewer, ref, note="請說明實際居住的地址")
    who = me if door == "resident" else desk.clerk_at()
    part_id = part_of(ref).part_id
    here = f"/cases/{ref}/" if door == "resident" else f"/counter/cases/{ref}/"
    address = here if door == "resident" else f"{here}parts/{part_id}/supplement/"
    page = who.get(here).content.decode()
    assert 'name="answer"' in page
    assert 'type="file" name="other"' in page
    silent = who.post(address, {"part": part_id, "answer": " "})
    assert silent.status_code == 422
    assert "請寫下審核人員要的說明" in sentences(silent)
    long = who.post(address, {"part": part_id, "answer": "字" * 1001})
    assert long.status_code == 422
    assert "最多 1,000 字" in sentences(long)
    assert "字" * 1001 in long.content.decode(), "nobody writes it again"
    said = {"part": part_id, "answer": "現住和平東路三段"}
    assert who.post(address, said).status_code == 302
    assert part_of(ref).state == "in_review"
    assert "現住和平東路三段" in sentences(reviewer.get(f"/agency/reviews/{part_id}/"))
    sealed = scalar(
        "SELECT answer_sealed FROM applications_supplement WHERE part_id = %s", [part_id]
    )
    assert "和平東路".encode() not in bytes(sealed)


def test_each_paper_that_is_wrong_or_missing_is_named_and_the_others_are_kept(
    town: City, reviewer: Client
) -> None:
    ref, me = applied(town)
    ask(reviewer, ref, "household-transcript", "disability-certificate", "residence-declaration")
    here, part = f"/cases/{ref}/", {"part": part_of(ref).part_id}
    rubbish = SimpleUploadedFile("a.pdf", b"<html>not a pdf", "application/pdf")
    wrong = me.post(
        here, {**part, "household-transcript": rubbish, "disability-certificate": pdf()}
    )
    assert wrong.status_code == 422
    page = sentences(wrong)
    assert "檔案內容不是可接受的格式" in page
    assert "已收到；選新的檔案就會更換。" in page
    assert 'id="s' in wrong.content.decode()
    short = me.post(here, {**part, "household-transcript": pdf()})
    assert short.status_code == 422
    assert "請上傳「實際居住切結書」。" in sentences(short)
    assert "請上傳「身心障礙證明」。" not in sentences(short)
    assert me.post(here, {**part, "residence-declaration": pdf()}).status_code == 302
    assert part_of(ref).state == "in_review"


def test_other_papers_stand_beside_each_other_up_to_a_number(town: City, reviewer: Client) -> None:
    ref, me = applied(town)
    ask(reviewer, ref, note="請附上任何可以證明的文件")
    here, part = f"/cases/{ref}/", {"part": part_of(ref).part_id}
    for _ in range(9):
        answer = me.post(here, {**part, "answer": "字" * 1001, "other": pdf()})
        assert answer.status_code == 422
    assert me.post(here, {**part, "other": pdf()}).status_code == 302
    case = applications.case(ref=ref, actor=ME)
    assert [one.paper for one in case.documents].count("other") == 10
    ask(reviewer, ref, note="還有嗎")
    full = me.post(here, {**part, "other": pdf()})
    assert full.status_code == 422
    assert "「其他文件」最多 10 份" in sentences(full)


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_what_is_asked_refused_and_taken_back_looks_right(town: City, reviewer: Client) -> None:
    asked, me = applied(town, None, "senior-rides", "health-service")
    ask(reviewer, asked, "household-transcript", note="戶口名簿影像不清楚，請重新拍攝記事欄。")
    refused, other = applied(town)
    refuse(reviewer, refused)
    draft = me.post("/apply/", {"services": ["health-service"]}).headers["Location"].split("/")[2]
    clerk = desk.clerk_at()
    pages = [
        ("case-asked", me, f"/cases/{asked}/", "補正並送回審核"),
        ("case-refused", other, f"/cases/{refused}/", ""),
        ("draft-check", me, f"/apply/{draft}/check/", ""),
        ("counter-asked", clerk, f"/counter/cases/{asked}/", "收下並送回審核"),
        ("counter-refused", clerk, f"/counter/cases/{refused}/", ""),
    ]
    found = {}
    with looking.served() as address, looking.browsing() as browser:
        for size in ("phone", "desk"):
            for name, who, path, press in pages:
                page = looking.opened(browser, address, who, size=size)
                page.goto(f"{address}{path}")
                for folded in page.locator("main details > summary").all():
                    folded.click()
                looking.picture(page, f"{name}-{size}")
                found[f"{name}-{size}"] = looking.faults(page)
                if press:
                    page.get_by_role("button", name=press).click()
                    page.get_by_role("alert").wait_for()
                    looking.picture(page, f"{name}-wrong-{size}")
                    found[f"{name}-wrong-{size}"] = looking.faults(page)
                page.context.close()
    assert not {name: faults for name, faults in found.items() if faults}


def pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("paper.pdf", living.PDF, "application/pdf")
