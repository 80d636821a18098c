"""The counter's whole story over HTTP: from the search to the card in the resident's hand."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from django.test import Client

from citycard.applications import api as applications
from citycard.flows import asking_registers
from citycard.identity import api as identity
from citycard.infra import outbox
from citycard.infra.database import rows, scalar
from citycard.infra.ports import use
from citycard.issuing import api as issuing
from citycard.kernel.actors import Actor
from citycard.people.ports import DemoRegisters
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals.counter_desk import handle_in, sentences

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module", autouse=True)
def _open(city: City) -> None:
    desk.open_city()
    desk.blanks(40)


@pytest.fixture(autouse=True)
def _registers_up() -> Iterator[None]:
    yield
    use(DemoRegisters).switch("household", "up")


@pytest.fixture
def clerk() -> Client:
    return desk.clerk_at()


def accesses(purpose: str) -> list[tuple[str, ...]]:
    found = rows(
        "SELECT fields FROM people_access_record WHERE purpose = %s ORDER BY id", [purpose]
    )
    return [tuple(one.fields) for one in found]


def test_a_walk_in_goes_from_the_search_to_the_card_in_hand(city: City, clerk: Client) -> None:
    given = desk.senior("陳秀英")

    nobody = clerk.post("/counter/search/", {"q": given["id_number"]})
    assert "沒有找到" in sentences(nobody)

    ref = desk.apply(clerk, given)
    waiting = clerk.get(f"/counter/cases/{ref}/")
    assert "等候回覆" in sentences(waiting)
    assert f"/counter/cases/{ref}/pulse/" in waiting.content.decode()

    city.settle()
    checked = clerk.get(f"/counter/cases/{ref}/")
    assert "戶政資料：符合" in sentences(checked)

    desk.approve(ref)
    job = desk.print_of(ref)
    here = f"/counter/prints/{job.print_id}/"
    assert clerk.get("/counter/prints/next/")["Location"] == here
    assert "還沒有卡面" in sentences(clerk.get(here))

    assert clerk.post(f"{here}draw/")["Location"] == here
    drawn = clerk.get(here).content.decode()
    assert "data:image/png;base64," in drawn
    (sha256,) = re.findall(r'name="sha256" value="(\w{64})"', drawn)

    assert clerk.post(f"{here}send/", {"sha256": sha256})["Location"] == here
    assert "印卡機工作中" in sentences(clerk.get(here))
    city.settle()
    assert "交付前請核對本人證件" in sentences(clerk.get(here))

    assert clerk.post(f"{here}hand-over/")["Location"] == here
    done = clerk.get(here)
    assert "卡片已交付，可以服務下一位。" in sentences(done)
    city.settle()

    found = clerk.post("/counter/search/", {"q": "秀英"})
    assert given["id_number"] not in found.content.decode()
    person = clerk.get(handle_in(found.content.decode()))
    assert "敬老悠遊卡" in sentences(person)
    assert "有效" in sentences(person)
    assert given["id_number"] not in person.content.decode()


def test_the_home_page_shows_what_waits_and_the_keys(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("林木火"))
    home = clerk.get("/counter/")
    assert ref in home.content.decode()
    assert "林木火" not in home.content.decode()  # the queue names nobody
    for key in ("F2", "F4", "Enter"):
        assert f"<kbd>{key}</kbd>" in home.content.decode()
    fragment = clerk.get("/counter/queue/", headers={"HX-Request": "true"})
    assert fragment.content.decode().startswith('<div id="queue"')


def test_every_missing_thing_is_named_at_once_and_what_is_right_is_kept(clerk: Client) -> None:
    draft = desk.begin(clerk)
    given = desk.senior("張阿滿", id_number="A123456788", birth_on_year="", phone="12")
    said = clerk.post(draft, given | {"birth_on_month": "", "birth_on_day": "", "sex": ""})
    assert said.status_code == 422
    text = sentences(said)
    for label in ("身分證統一編號", "出生日期", "性別", "手機或電話"):
        assert f"{label}" in text
    assert said.content.decode().count('href="#id_') >= 4
    kept = applications.draft(public_id=draft.split("/")[3], actor=actor_of(clerk))
    assert kept.answers["name"] == "張阿滿"
    assert "id_number" not in kept.answers


def test_the_check_names_fields_and_papers_and_nothing_is_sent(clerk: Client) -> None:
    draft = desk.begin(clerk)
    page = clerk.post(f"{draft}check/", {"consent": "yes"})
    assert page.status_code == 422
    assert "請上傳「國民身分證或居留證正反面」。" in sentences(page)
    assert "請填寫「姓名」。" in sentences(page)


def test_without_the_signed_consent_nothing_is_sent(clerk: Client) -> None:
    draft = desk.begin(clerk)
    clerk.post(draft, desk.senior("許春嬌"))
    clerk.post(f"{draft}papers/", {"identity-card": desk.upload(), "photo": desk.upload()})
    said = clerk.post(f"{draft}check/")
    assert said.status_code == 422
    assert "請民眾先簽同意書，再勾選。" in sentences(said)
    assert clerk.get(f"{draft}check/").status_code == 200


def test_a_file_that_is_none_is_refused_beside_its_own_line(clerk: Client) -> None:
    draft = desk.begin(clerk)
    clerk.post(draft, desk.senior("郭榮華"))
    wrong = desk.upload()
    wrong.file.seek(0)
    wrong.file.truncate(0)
    wrong.file.write(b"MZ this is a program")
    wrong.file.seek(0)
    said = clerk.post(f"{draft}papers/", {"identity-card": desk.upload(), "photo": wrong})
    assert said.status_code == 422
    assert 'id="wrong-photo"' in said.content.decode()
    assert 'id="wrong-identity-card"' not in said.content.decode()
    assert "已收到" in sentences(said)


def test_the_photos_box_is_moved_and_kept_inside(clerk: Client) -> None:
    draft = desk.begin(clerk)
    clerk.post(draft, desk.senior("江淑芬"))
    clerk.post(f"{draft}papers/", {"photo": desk.upload()})
    before = photo_of(clerk, draft)
    for _ in range(3):
        assert clerk.post(f"{draft}crop/", {"move": "smaller"})["Location"] == f"{draft}crop/"
    for _ in range(60):
        clerk.post(f"{draft}crop/", {"move": "left"})
    after = photo_of(clerk, draft)
    assert after["w"] < before["w"]
    assert after["x"] == 0
    box = {"x": "10", "y": "20", "w": "350", "h": "450"}
    assert clerk.post(f"{draft}crop/", box)["Location"] == f"{draft}papers/"
    assert photo_of(clerk, draft) == {"x": 10, "y": 20, "w": 350, "h": 450}


def test_a_register_that_is_down_is_said_and_the_case_goes_on_by_itself(
    city: City, clerk: Client
) -> None:
    use(DemoRegisters).switch("household", "down")
    ref = desk.apply(clerk, desk.senior("吳金龍"))
    while outbox.drain_once(asking_registers.LETTERS[0], now=desk.now()):
        pass
    assert "查核系統暫時沒有回應" in sentences(clerk.get(f"/counter/cases/{ref}/"))

    use(DemoRegisters).switch("household", "up")
    later = desk.now() + dt.timedelta(hours=1)
    while outbox.drain_once(asking_registers.LETTERS[0], now=later):
        pass
    assert "戶政資料：符合" in sentences(clerk.get(f"/counter/cases/{ref}/"))


def test_a_supplement_is_taken_in_at_the_counter(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("蔡美玲"))
    city.settle()
    part_id = desk.ask_for(ref, "identity-card")
    page = clerk.get(f"/counter/cases/{ref}/")
    assert "請補一張看得清楚的照片。" in sentences(page)
    address = f"/counter/cases/{ref}/parts/{part_id}/supplement/"
    assert clerk.post(address).status_code == 422  # nothing was brought
    sent = clerk.post(address, {"identity-card": desk.upload(colour="#223344")})
    assert sent.status_code == 302
    assert "補正資料已送回審核。" in sentences(clerk.get(sent["Location"]))


def test_the_second_clerk_sees_who_submitted_and_when(city: City, clerk: Client) -> None:
    colleague = desk.clerk_at(username="colleague", name="王同事")
    draft = desk.begin(clerk)
    clerk.post(draft, desk.senior("洪進財"))
    clerk.post(f"{draft}papers/", {"identity-card": desk.upload(), "photo": desk.upload()})
    assert colleague.get(f"{draft}check/").status_code == 200
    clerk.post(f"{draft}check/", {"consent": "yes"})
    late = colleague.post(f"{draft}check/", {"consent": "yes"}, follow=True)
    assert "這份申請已經送出" in sentences(late)
    assert "中正區公所" in sentences(late)


def test_two_clerks_in_one_form_see_each_others_answers(clerk: Client) -> None:
    colleague = desk.clerk_at(username="colleague", name="王同事")
    draft = desk.begin(clerk)
    (version,) = re.findall(r'name="version" value="(\d+)"', clerk.get(draft).content.decode())
    colleague.post(draft, desk.senior("周杰") | {"version": version, "later": "1"})
    said = clerk.post(draft, desk.senior("周傑") | {"version": version})
    assert "王同事剛存了別的內容" in sentences(said)
    assert re.search(r"剛存了別的內容 [^。]{,30}\d\d:\d\d", sentences(said))
    assert "周杰" in sentences(said)
    assert 'value="周傑"' in said.content.decode()


def test_ones_own_other_window_is_no_colleague(clerk: Client) -> None:
    draft = desk.begin(clerk)
    (version,) = re.findall(r'name="version" value="(\d+)"', clerk.get(draft).content.decode())
    clerk.post(draft, desk.senior("周杰") | {"version": version, "later": "1"})
    said = clerk.post(draft, desk.senior("周傑") | {"version": version})
    assert "您在另一個視窗存了別的內容" in sentences(said)


def test_a_colleague_goes_on_with_a_draft_and_sees_its_pictures(clerk: Client) -> None:
    colleague, elsewhere = (
        desk.clerk_at(username="colleague", name="王同事"),
        desk.clerk_at("office-daan", username="elsewhere"),
    )
    draft = desk.begin(clerk)
    clerk.post(f"{draft}papers/", {"identity-card": desk.upload(), "photo": desk.upload()})
    (picture,) = set(re.findall(rf'"({draft}papers/[0-9a-f-]+/)"', page_of(colleague, draft)))
    assert colleague.get(picture)["Content-Type"] == "image/jpeg"
    assert elsewhere.get(picture).status_code == 404
    listed = sentences(colleague.get("/counter/"))
    assert "林承辦" in listed


def test_a_service_that_is_offered_no_more_is_named_and_others_are_chosen_instead(
    clerk: Client,
) -> None:
    draft = desk.begin(clerk, "senior-rides")
    clerk.post(draft, desk.senior("高美雲"))
    desk.let_go("flying", "飛行服務", draft=draft.split("/")[-2], still="health-service")
    choose = f"/counter/new/?draft={draft.split('/')[-2]}"
    for page in (draft, f"{draft}papers/", f"{draft}check/"):
        answer = clerk.get(page)
        assert "「飛行服務」這項服務，請重新選擇服務" in sentences(answer)
        assert f'href="{choose}"' in answer.content.decode()
    assert 'value="health-service" checked' in clerk.get(choose).content.decode()
    assert clerk.post(choose, {"services": ["health-service"]})["Location"] == draft
    again = clerk.get(draft)
    assert "飛行服務" not in sentences(again)
    assert "高美雲" in again.content.decode()


def page_of(browser: Client, draft: str) -> str:
    return browser.get(f"{draft}papers/").content.decode()


def test_a_card_is_printed_as_it_was_seen_and_handed_over_once(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("葉素貞"))
    city.settle()
    desk.approve(ref)
    here = f"/counter/prints/{desk.print_of(ref).print_id}/"

    early = clerk.post(f"{here}hand-over/")
    assert early.status_code == 422
    clerk.post(f"{here}draw/")
    other = clerk.post(f"{here}send/", {"sha256": "0" * 64})
    assert other.status_code == 422
    assert "請再確認一次預覽" in sentences(other)

    desk.send(clerk, here)
    city.settle()
    assert clerk.post(f"{here}spoiled/", {"reason": "no such"}).status_code == 422
    assert clerk.post(f"{here}spoiled/", {"reason": "smudged"}).status_code == 302
    assert "印得不清楚" in sentences(clerk.get(here))
    clerk.post(f"{here}draw/")
    desk.send(clerk, here)
    city.settle()

    colleague = desk.clerk_at(username="colleague", name="王同事")
    assert clerk.post(f"{here}hand-over/").status_code == 302
    late = colleague.post(f"{here}hand-over/")
    assert late.status_code == 422
    assert "中正區公所台北卡窗口" in sentences(late)


def test_an_own_card_joins_after_its_number_is_checked(city: City, clerk: Client) -> None:
    given = desk.senior("廖志強")
    ref = desk.apply(clerk, given, "general")
    city.settle()
    desk.approve(ref, "general", "doit")
    case = clerk.get(f"/counter/cases/{ref}/").content.decode()
    bind = f"{handle_in(case)}bind/"
    said = clerk.post(bind, {"printed": "1234"})
    assert said.status_code == 422
    assert "號碼的格式不對" in sentences(said)
    number = "7" + given["id_number"][1:] + "000001"
    joined = clerk.post(bind, {"printed": f"{number[:4]} {number[4:8]} {number[8:]}"}, follow=True)
    assert "已歸戶" in sentences(joined)

    by_card = clerk.post("/counter/search/", {"q": number})
    assert "廖志強" in sentences(by_card)
    somebody_elses = desk.apply(clerk, desk.senior("方大同"), "general")
    city.settle()
    other = handle_in(clerk.get(f"/counter/cases/{somebody_elses}/").content.decode())
    taken = clerk.post(f"{other}bind/", {"printed": number})
    assert taken.status_code in (409, 422)


def test_a_lost_card_is_stopped_for_good(city: City, clerk: Client) -> None:
    ref = desk.card_in_hand(city, clerk, desk.senior("高天成"))
    person = handle_in(clerk.get(f"/counter/cases/{ref}/").content.decode())
    (lost,) = re.findall(r'href="([^"]+/lost/)"', clerk.get(person).content.decode())
    assert "掛失後不能恢復" in sentences(clerk.get(lost))
    assert "已掛失" in sentences(clerk.post(lost, follow=True))
    again = clerk.post(lost)
    assert again.status_code in (404, 409, 422)


def test_identity_is_confirmed_at_the_counter(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("賴玉蘭"))
    person = handle_in(clerk.get(f"/counter/cases/{ref}/").content.decode())
    assert "身分尚未確認" in sentences(clerk.get(person))
    confirmed = clerk.post(f"{person}confirm/", follow=True)
    assert "身分已確認" in sentences(confirmed)
    member_id = applications.find(ref=ref).member_id
    by = scalar("SELECT verified_by FROM people_member WHERE id = %s", [member_id])
    assert by == "counter:office-zhongzheng"


def test_whoever_is_opened_is_recorded_with_the_purpose(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("曾國城"))
    before = len(accesses("counter-service")), len(accesses("counter-search"))
    clerk.post("/counter/search/", {"q": "曾國城"})
    person = handle_in(clerk.get(f"/counter/cases/{ref}/").content.decode())
    clerk.get(person)
    assert len(accesses("counter-search")) == before[1] + 1
    assert len(accesses("counter-service")) == before[0] + 2
    clerk.get(f"/counter/cases/{ref}/pulse/", {"seen": "x", "parts": "1"})
    clerk.get("/counter/queue/")
    assert len(accesses("counter-service")) == before[0] + 2


def test_an_address_of_a_person_opens_for_its_own_clerk_only(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("溫美惠"))
    person = handle_in(clerk.get(f"/counter/cases/{ref}/").content.decode())
    assert clerk.get(person).status_code == 200
    assert desk.clerk_at(username="colleague", name="王同事").get(person).status_code == 404
    assert clerk.get("/counter/people/nonsense/").status_code == 404
    again = clerk.post(f"/counter/new/?for={person.split('/')[3]}", {"services": ["general"]})
    form = clerk.get(again["Location"])
    assert 'value="溫美惠"' in form.content.decode()


def test_blanks_come_in_by_ranges_and_damaged_ones_go_out(city: City) -> None:
    clerk = desk.clerk_at("office-daan")
    assert "這個櫃台還沒有空白卡" in sentences(clerk.get("/counter/stock/"))
    row = {"medium": "easycard", "first": "9000 0000 0000 0001", "last": "9000000000000010"}
    came = clerk.post("/counter/stock/", row, follow=True)
    assert "入庫 10 張空白卡。" in sentences(came)
    assert "快用完了" in sentences(came)
    again = clerk.post("/counter/stock/", {**row, "last": "9000000000000012"})
    assert again.status_code == 422
    assert "10 張：這張空白卡先前已入庫。" in sentences(again)
    backwards = clerk.post("/counter/stock/", {**row, "last": "9000000000000000"})
    assert backwards.status_code == 422
    clerk.post(
        "/counter/stock/spoil/", {"spoil-number": "9000000000000001", "spoil-reason": "damaged"}
    )
    (stock,) = issuing.stock(counter="office-daan")
    assert (stock.in_stock, stock.spoiled, stock.received) == (11, 1, 12)
    twice = clerk.post(
        "/counter/stock/spoil/", {"spoil-number": "9000000000000001", "spoil-reason": "damaged"}
    )
    assert twice.status_code == 422


def test_a_counter_without_blanks_says_so_in_place(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("邱垂正"))
    city.settle()
    desk.approve(ref)
    elsewhere = desk.clerk_at("office-xinyi")
    here = f"/counter/prints/{desk.print_of(ref).print_id}/"
    said = elsewhere.post(f"{here}draw/")
    assert said.status_code == 422
    assert "空白卡已用完" in sentences(said)


def test_the_page_is_told_when_something_changed(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("范可欽"))
    page = clerk.get(f"/counter/cases/{ref}/").content.decode()
    (pulse,) = re.findall(r'hx-get="(/counter/cases/[^"]+pulse/[^"]+)"', page)
    pulse = pulse.replace("&amp;", "&")
    assert "HX-Trigger" not in clerk.get(pulse).headers
    city.settle()
    assert clerk.get(pulse).headers["HX-Trigger"] == "counter-changed"


def test_a_reference_with_a_mistyped_character_is_no_case(clerk: Client) -> None:
    assert clerk.get("/counter/cases/A-0000-0000-X/").status_code == 404
    assert "沒有找到" in sentences(clerk.post("/counter/search/", {"q": "A-0000-0000-X"}))


def test_it_speaks_english(clerk: Client) -> None:
    english = desk.clerk_at(username="clerk-en")
    english.cookies["citycard_language"] = "en"
    page = sentences(english.get("/counter/"))
    assert "Next, please. What can we do for you?" in page
    assert not re.search(r"[\u3400-\u9fff]", re.sub("中文|林承辦|王同事", "", page))


def actor_of(clerk: Client) -> Actor:
    found = identity.actor_of(account_id=clerk.session["account_id"], now=desk.now())
    assert found is not None
    return found


def photo_of(clerk: Client, draft: str) -> dict[str, int]:
    found = applications.draft(public_id=draft.split("/")[3], actor=actor_of(clerk))
    return dict(next(one.crop for one in found.documents if one.kind == "photo") or {})
