"""台北卡整合服務: the story of a Taipei Card, from a filled form to the agencies' figures.

Each step is named after a sentence of the programme's paper and stands on the steps before it; all
of it goes over HTTP to a city that runs for real.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest

from citycard.infra.clock import today
from citycard.people.ports import StatusEntry
from citycard.portals.gate.readers import REFRESH_S
from tests.harness.live import LiveCity
from tests.harness.patience import wait_until
from tests.harness.visiting import Visitor
from tests.journeys import agency, cards, desk, figures, people
from tests.journeys.devices import Kiosk, Reader
from tests.openapi import guide

pytestmark = pytest.mark.city("taipei")

COUNTER = "office-zhongzheng"


@dataclass(kw_only=True)
class Story:
    """What one step of the story leaves for the next."""

    city: LiveCity
    resident: people.Applicant
    browser: Visitor = field(init=False)
    ref: str = ""
    draft: str = ""
    cards: list[tuple[str, str]] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)

    def case(self) -> Any:
        """Return the resident's page of the case, freshly opened."""
        return self.browser.open(f"/cases/{self.ref}/")

    def messages(self) -> str:
        """Return the words of the resident's messages."""
        return self.browser.open("/messages/").text

    def mails(self) -> str:
        """Return the words of the newest mails to the resident, as the demo shows them."""
        return people.mails_to(self.city, self.resident.email)


@pytest.fixture(scope="module")
def story(live_city: LiveCity) -> Story:
    """An elderly resident of small means, known to the household register; the welfare register
    can't make up its mind about her."""
    her = people.applicant("歐陽林", age=70, sex="f", district="zhongzheng")
    unsure = StatusEntry(id_number=her.id_number, status="low-income", answer="unknown")
    her.on_record(live_city, unsure)
    return Story(city=live_city, resident=her)


def test_apply_online_for_two_services_at_once(story: Story) -> None:
    """民眾可藉由台北卡官網線上辦理申請作業；同時申請多項服務，例如敬老卡服務與健康服務。"""
    story.browser = people.sign_in_by_email(story.city, story.resident.email)
    story.browser.open("/apply/")
    story.browser.fill(services=["senior-rides", "health-service"])
    page = people.fill_in(
        story.browser,
        story.resident.answers(resides_in_city="on", pickup_counter=COUNTER, phone="0912-345-678"),
    )
    assert page.path.endswith("/papers/")
    story.draft = page.path.split("/")[2]


def test_the_form_is_checked_for_what_is_missing(story: Story) -> None:
    """申辦過程中同時將進行表單資料檢核，以確保資料完整正確登錄、文件與照片已上傳成功。"""
    page = story.browser.open(f"/apply/{story.draft}/check/")
    assert "還缺 2 項" in page
    assert "照片" in page
    assert "身分證" in page
    refused = story.browser.fill(consent="yes")
    assert "還缺 2 項" in refused
    assert "/cases/" not in refused.path


def test_papers_and_photo_are_checked_when_they_come(story: Story) -> None:
    """申辦所需文件與照片等上傳：錯的類型、壞掉的檔案與過大的檔案，說得出是哪一個、為什麼。"""
    papers = f"/apply/{story.draft}/papers/"
    story.browser.open(papers)
    fake = {"photo": ("me.jpg", b"MZ\x90\x00 this is a program", "image/jpeg")}
    refused = story.browser.fill(files=fake, status=422)
    assert refused.html.index('id="wrong-photo"') < refused.html.index('name="photo"')
    story.browser.open(papers)
    people.bring(story.browser, "photo", people.portrait(), "me.jpg", "image/jpeg")
    people.bring(story.browser, "identity-card", people.PDF, "card.pdf", "application/pdf")
    page = story.browser.open(f"/apply/{story.draft}/check/")
    assert "還缺" not in page


def test_consent_comes_before_any_query(story: Story) -> None:
    """第一次使用敏感性資料前，聲明使用目的並取得授權；沒有同意，就沒有查詢。"""
    page = story.browser.fill("consent")
    assert "請先同意查核" in page
    assert story.city.sql(
        "SELECT count(*) FROM people_register_query q JOIN people_member m ON m.id = q.member_id"
        " WHERE m.name = %s",
        [story.resident.name],
    ) == [(0,)]
    page = story.browser.fill(consent="yes")
    story.ref = page.path.rstrip("/").rsplit("/", 1)[1]
    assert story.ref in page


def test_registers_check_identity_and_status(story: Story) -> None:
    """透過戶役政系統進行市民身分檢核、各業務系統特殊身分資格查核。"""
    wait_until(lambda: "審查中" in story.case())
    asked = story.city.sql(
        "SELECT q.register, q.answer, q.purpose, g.kind, g.given_at <= q.asked_at"
        " FROM people_register_query q JOIN people_member m ON m.id = q.member_id"
        " JOIN people_ground g ON g.id = q.ground_id WHERE m.name = %s ORDER BY 1",
        [story.resident.name],
    )
    assert [(register, answer) for register, answer, *_ in asked] == [
        ("household", "yes"),
        ("welfare.low-income", "unknown"),
        ("welfare.mid-low-income", "no"),
    ]
    assert {row[2:] for row in asked} == {("register-check", "consent", True)}


def test_one_application_is_sent_to_each_agency(story: Story) -> None:
    """透過申辦分派作業功能，分送至不同所屬機關業務審核人員。"""
    for persona, service in (("reviewer", "敬老卡服務"), ("health-reviewer", "健康服務")):
        browser = story.city.persona(persona)
        page = browser.open("/agency/reviews/")
        assert story.ref in page
        page = browser.follow(story.ref)
        assert service in page
        assert story.resident.name in page
        assert story.resident.id_number not in page
        story.known[persona] = browser
    health = story.known["health-reviewer"].page
    assert "查無資料，請看文件" in health  # the welfare register doesn't know: a paper must tell


def test_supplement_is_asked_for_and_handed_in(story: Story) -> None:
    """台北卡系統將主動通知市民各項服務申辦進度、補正及交付訊息。"""
    reviewer = story.known["health-reviewer"]
    blocked = reviewer.fill(decision="approve", status=422)
    assert "還不能" in blocked
    reviewer.fill(
        decision="supplement",
        **{"supplement-papers": ["income-certificate"], "supplement-note": "請附本年度證明。"},
    )
    case = wait_until(lambda: "請附本年度證明" in story.case() and story.browser.page)
    wait_until(lambda: "請補正資料" in story.mails())
    story.case()
    story.browser.fill(
        "part", files={"income-certificate": ("proof.pdf", people.PDF, "application/pdf")}
    )
    assert case is not None
    assert "補正並送回審核" not in story.case()
    page = reviewer.open("/agency/reviews/")
    assert "已補正" in page


def test_each_agency_decides_its_part_alone(story: Story) -> None:
    """各機關業務審核人員受理審核；一次填寫，各機關分別審核，進度在同一頁查詢。"""
    senior = story.known["reviewer"]
    senior.open("/agency/reviews/")
    senior.follow(story.ref)
    senior.fill(decision="approve")
    page = story.case()
    assert "已核准" in page
    health = story.known["health-reviewer"]
    health.follow(story.ref)
    health.fill(decision="approve", **{"approve-fact_0": "on"})
    wait_until(lambda: story.mails().count("申辦已核准") == 2)


def test_the_holder_is_seen_at_the_counter(story: Story) -> None:
    """親臨單一窗口；認識本人之前，線上帳號看不到任何人的卡片與點數。"""
    assert story.browser.open("/me/", status=403).status == 403
    clerk = story.known["clerk"] = story.city.persona("clerk")
    desk.find(clerk, story.resident.id_number)
    clerk.follow(story.resident.name)
    clerk.fill("own_address", own_address="yes")
    assert "已連結線上帳號" in clerk.page
    assert story.resident.name in story.browser.open("/me/")


def test_preview_print_and_hand_over_at_one_counter(story: Story) -> None:
    """由櫃檯人員將照片進行裁切，透過製卡預覽確認無誤後，透過印卡機進行現場製卡核發給市民使用。"""
    story.known["names"] = story.city.registered_names()
    desk.print_and_hand_over(story.city, story.known["clerk"], story.ref)
    wait_until(lambda: "可以領取" in story.mails())
    story.cards = cards.numbers_of(story.city, story.resident.name)
    assert [kind for kind, _ in story.cards] == ["senior"]
    home = wait_until(lambda: "敬老" in story.browser.open("/").text and story.browser.page)
    assert story.cards[0][1] not in home.html  # only masked


def test_the_name_reaches_the_card_company(story: Story) -> None:
    """同時亦將記名資訊傳送至悠遊卡公司。"""
    told = "SELECT state, receipt <> '' FROM issuing_registration WHERE card_id = %s"
    card = cards.id_of(story.city, story.cards[0][1])
    before = story.known["names"]
    wait_until(lambda: story.city.sql(told, [card]) == [("acknowledged", True)])
    assert story.city.registered_names() == before + 1


def test_another_card_of_ones_own_joins(story: Story) -> None:
    """開放市民自持悠遊卡辦理加入台北卡，並進行多卡歸戶作業，開通所有卡證對應之服務項目。"""
    own = f"77{story.resident.id_number[1:]}07531"
    clerk = story.known["clerk"]
    desk.find(clerk, story.resident.id_number)
    clerk.follow(story.resident.name)
    clerk.follow(to="/bind/")
    clerk.fill(printed=own)
    assert "已歸戶" in clerk.page
    story.cards = cards.numbers_of(story.city, story.resident.name)
    assert [kind for kind, _ in story.cards] == ["senior", "general"]
    assert wait_until(lambda: "卡片已歸戶" in story.messages())
    other = story.city.persona("resident")
    assert story.resident.name not in other.open("/")


def test_the_library_gets_its_own_number_and_nothing_else(story: Story) -> None:
    """透過轉換模組確認會員身分與服務狀態後，轉換原業務申辦系統會員編號，再回饋至業務申辦系統。"""
    own = f"L1{story.resident.id_number[-8:]}"
    cards.agency_sends_its_list(story.city, story.resident.name, agency="library", number=own)
    reader = Reader(
        story.city, story.city.device(kind="reader", holds="LIBRARY-MAIN-LIBRARY-LOAN-EASYCARD")
    )
    for _kind, number in story.cards:
        answer = reader.tap(number)
        assert answer.content == (
            b'{"epoch":%d,"seq":%d,"code":"accepted","points":0,"agency_number":"%s"}'
            % (reader.epoch, reader.seq, own.encode())
        )
    assert reader.convert(story.cards[0][1]).json() == {
        "code": "accepted",
        "agency_number": own,
        "status": "active",
    }
    elsewhere = Reader(story.city, story.city.device(kind="reader", holds="SPORTS-DAAN-ACTIVITY"))
    assert own.encode() not in elsewhere.tap(story.cards[0][1]).content


def test_an_agency_sets_up_an_activity(story: Story) -> None:
    """活動主辦機關可至「台北卡雲端多元服務平台」進行服務推廣活動建立。"""
    organiser = story.known["organiser"] = story.city.persona("organiser")
    code = f"WALK-{story.resident.id_number[-4:]}"
    reader = agency.enrol_reader(organiser, code, place="sports-zhongzheng")
    story.known["reader"] = Reader(story.city, reader).wait_until_known()
    story.known["campaign"] = agency.set_up_activity(
        organiser,
        name="健走台北",
        code=code.lower(),
        first_day=today() - dt.timedelta(days=1),
        last_day=today() + dt.timedelta(days=30),
        points=60,
        per_person=100,
        budget=130,
        reader=code,
    )


def test_taps_give_points_up_to_cap_and_budget(story: Story) -> None:
    """透過行動手持設備進行集點，或透過機關現有集點系統將集點資訊傳送至台北卡系統。"""
    reader = story.known["reader"]
    mine = [number for _kind, number in story.cards]
    first = reader.tap(mine[0])
    assert first.json() | {"epoch": 0, "seq": 0} == {
        "epoch": 0, "seq": 0, "code": "accepted_points", "points": 60,
    }  # fmt: skip
    assert reader.again().content == first.content  # sent twice, counted once
    assert reader.tap(mine[1]).json()["points"] == 40  # the person's cap, on either card
    assert reader.tap(mine[0]).json()["points"] == 0
    others = cards.some_numbers(story.city, 2)
    batch = reader.taps([(number, dt.timedelta(0)) for number in others])
    assert [one["points"] for one in batch] == [30, 0]  # the budget, to the last point


def test_the_balance_is_the_same_everywhere(story: Story) -> None:
    """市民可至台北卡官方網站、親臨申辦櫃檯或透過 APP 查詢目前所累積之點數。"""
    earned = "130 點"  # 卡證歸戶贈點 20, once a person; a visit to sports 10; the walk 60 + 40
    wait_until(lambda: earned in story.browser.open("/points/"))
    clerk = story.known["clerk"]
    desk.find(clerk, story.resident.id_number)
    clerk.follow(story.resident.name)
    assert earned in clerk.page
    kiosk = story.known["kiosk"] = Kiosk(story.city)
    kiosk.put(story.cards[0][1], kind="senior")
    assert f"您有 {earned}" in kiosk.screen("您有")


def test_points_become_stored_value_at_a_kiosk(story: Story) -> None:
    """就近選擇台北卡加值服務據點，持台北卡透過加值機台將台北點兌換成悠遊卡加值金。"""
    kiosk = story.known["kiosk"]
    before = kiosk.purse()
    kiosk.choose(50)
    kiosk.screen("加值完成")
    assert kiosk.purse() == before + 50
    states = "SELECT state FROM redemptions_session WHERE member_id = %s ORDER BY id"
    member = cards.member_of(story.city, story.resident.name)
    assert story.city.sql(states, [member]) == [("settled",)]
    kiosk.stop()
    kiosk.take()
    assert "80 點" in story.browser.open("/points/")
    assert wait_until(lambda: "已兌換 50 點" in story.messages())


def test_the_agency_settles_accounts_from_its_list(story: Story) -> None:
    """活動結束後，活動主辦機關可下載活動集兌點清單與兌點統計表，進行後續的清分帳與核銷作業。"""
    organiser, campaign = story.known["organiser"], story.known["campaign"]
    wait_until(lambda: agency.list_of(organiser, campaign)[-1]["points"] == 130)
    lines = agency.list_of(organiser, campaign)
    people_lines, total = lines[:-1], lines[-1]
    assert sum(line["points"] for line in people_lines) == total["points"] == 130
    assert story.resident.name in [line["name"] for line in people_lines]
    assert total["points"] == agency.given_by_ledger(story.city, campaign)
    assert total["redeemed"] == agency.redeemed_by_ledger(story.city, campaign)
    csv = f"/agency/campaigns/{campaign}/list.csv"
    assert organiser.download(csv) == organiser.download(csv)
    assert "130" in organiser.open(f"/agency/campaigns/{campaign}/")
    assert "本機關負擔" in organiser.page
    assert organiser.open("/agency/statement/").status == 200


def test_service_figures_hide_small_cells_and_the_city_tree_adds_up(story: Story) -> None:
    """提供各卡證服務取用量數量績效指標 KPI，包含民眾使用服務之次數、歷程與頻率。"""
    page = story.known["organiser"].open("/agency/figures/")
    assert "使用後回答1到5分" in page
    assert "依期間內使用的天數分組" in page
    figures.assert_nothing_small(story.known["organiser"].download(page.link(to="figures.csv")))
    operator = story.known["operator"] = story.city.persona("operator")
    figures.assert_tree_adds_up(operator.download("/ops/figures/city.csv"))
    assert operator.open("/ops/figures/").status == 200


def test_the_resident_sees_who_looked(story: Story) -> None:
    """利用及記錄敏感性資料：誰、何時、為了什麼看了哪些資料，本人看得到。"""
    page = story.browser.open("/me/access/")
    for agency_name in ("社會局", "衛生局", "中正區公所"):
        assert agency_name in page


def test_a_revoked_reader_is_refused_within_two_seconds(story: Story) -> None:
    """設備停用後，兩秒內不再受理刷卡。"""
    reader = story.known["reader"]
    assert reader.tap(story.cards[0][1]).status_code == 200
    agency.revoke(story.known["organiser"], reader.device.code)
    wait_until(lambda: reader.tap(story.cards[0][1]).status_code in (401, 403))
    assert REFRESH_S < 2


def test_withdrawing_consent_stops_queries(story: Story) -> None:
    """撤回同意之後，不會再有新的查詢；申辦由承辦人員依文件審核。"""
    other = people.applicant("司徒鄭", age=71, sex="m", district="daan")
    other.on_record(story.city)
    story.city.switch_register("household", "down")
    browser = people.sign_in_by_email(story.city, other.email)
    ref = people.apply(
        browser, ["senior-rides"], other.answers(resides_in_city="on", pickup_counter=COUNTER)
    )
    people.sign_in_by_certificate(browser, other)
    wait_until(lambda: "暫時沒有回應" in browser.open(f"/cases/{ref}/"))
    browser.open("/me/consents/")
    browser.fill("ground")
    assert "已撤回" in browser.page
    story.city.switch_register("household", "up")
    wait_until(lambda: "審查中" in browser.open(f"/cases/{ref}/"))
    answered = (
        "SELECT q.answer FROM people_register_query q JOIN people_member m ON m.id = q.member_id"
        " WHERE m.name = %s"
    )
    assert set(story.city.sql(answered, [other.name])) == {("stopped",)}


def test_the_house_auditor_finds_nothing(story: Story) -> None:
    """清分帳：帳本、卡片、權益與紀錄彼此相符。"""
    done = story.city.command("verify", "--city", "taipei")
    assert done.returncode == 0, done.stdout + done.stderr
    without_ground = "SELECT count(*) FROM people_register_query WHERE ground_id IS NULL"
    assert story.city.sql(without_ground) == [(0,)]
    for name, said in story.city.logs().items():
        for secret in (story.resident.name, story.resident.id_number, story.resident.email):
            assert secret not in said, f"{name}.log tells {secret}"


def test_a_developer_of_an_agency_follows_the_guide(story: Story) -> None:
    guide.examples_answer_as_told(story.city.doors)
