"""桃園市市民卡整合服務: the same house with another city's folder, told by its own sentences."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest

from citycard.infra.clock import today
from citycard.people.ports import StatusEntry
from tests.harness.live import LiveCity
from tests.harness.patience import wait_until
from tests.harness.visiting import Visitor
from tests.journeys import agency, cards, desk, figures, people
from tests.journeys.devices import Kiosk, Reader

pytestmark = pytest.mark.city("taoyuan")

COUNTER = "office-taoyuan"


@dataclass(kw_only=True)
class Story:
    """What one step of the story leaves for the next."""

    city: LiveCity
    resident: people.Applicant
    browser: Visitor = field(init=False)
    ref: str = ""
    cards: list[tuple[str, str]] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)

    def case(self) -> Any:
        """Return the resident's page of the case, freshly opened."""
        return self.browser.open(f"/cases/{self.ref}/")


@pytest.fixture(scope="module")
def story(live_city: LiveCity) -> Story:
    """A man of 45 with a disability certificate, whose register can't tell about a companion."""
    him = people.applicant("范姜", age=45, sex="m", district="taoyuan")
    until = (today() + dt.timedelta(days=700)).isoformat()
    him.on_record(
        live_city,
        StatusEntry(id_number=him.id_number, status="disability", detail={"valid_to": until}),
        StatusEntry(id_number=him.id_number, status="disability-companion", answer="unknown"),
    )
    return Story(city=live_city, resident=him)


def test_apply_online_with_a_citizen_certificate(story: Story) -> None:
    """提供多元申辦機制包括：親自申辦即辦即發服務、自然人憑證網路申辦。"""
    story.browser = people.sign_in_by_email(story.city, story.resident.email)
    story.ref = people.apply(
        story.browser,
        ["disability-rides", "companion-rides"],
        story.resident.answers(pickup_counter=COUNTER, medium="ipass"),
    )
    assert story.ref in story.case()
    assert story.browser.open("/me/", status=403).status == 403
    people.sign_in_by_certificate(story.browser, story.resident)
    assert story.resident.name in story.browser.open("/me/")
    assert story.ref in story.case()


def test_different_cards_by_age_and_status(story: Story) -> None:
    """只要是設籍之市民，依年齡及身分別可申請不同的卡別。"""
    wait_until(lambda: "審查中" in story.case())
    page = story.browser.open("/services/senior-rides/")
    assert "怎麼判斷的" in page
    assert "65" in page
    reviewer = story.known["reviewer"] = story.city.persona("reviewer")
    reviewer.open("/agency/reviews/")
    both = [target for shown, target in reviewer.page.links if shown == story.ref]
    assert len(both) == 2
    story.known["parts"] = both


def test_one_refusal_does_not_lose_the_other_approval(story: Story) -> None:
    """愛心卡及愛心陪伴卡：分別審核；未通過的一項說得出理由，另一項照樣核准。"""
    reviewer = story.known["reviewer"]
    for part in story.known["parts"]:
        page = reviewer.open(part)
        if "愛心陪伴卡" in page.text.partition("申請人")[0]:
            refusal = {"refuse-reason": "not_eligible", "refuse-note": "證明上沒有必要陪伴者註記。"}
            reviewer.fill(decision="refuse", **refusal)
        else:
            reviewer.fill(decision="approve")
    page = story.case()
    assert "已核准" in page
    assert "未通過" in page
    assert "證明上沒有必要陪伴者註記" in page
    inbox = wait_until(
        lambda: "申辦未通過" in story.browser.open("/messages/") and story.browser.page
    )
    assert "申辦已核准" in inbox


def test_two_media_one_set_of_rights(story: Story) -> None:
    """除依身分別選擇不同的卡別外，尚可選擇「悠遊卡市民卡」或「一卡通市民卡」。"""
    clerk = story.known["clerk"] = story.city.persona("clerk")
    desk.print_and_hand_over(story.city, clerk, story.ref)
    story.cards = cards.numbers_of(story.city, story.resident.name)
    assert [kind for kind, _ in story.cards] == ["disability"]
    media = "SELECT medium FROM pub.cards WHERE card_id = %s"
    card = cards.id_of(story.city, story.cards[0][1])
    assert story.city.sql(media, [card]) == [("ipass",)]
    assert "愛心" in story.browser.open("/")


def test_a_library_card_and_a_ride_card_are_one(story: Story) -> None:
    """多卡合一：乘車證、借書證、學生證、識別證、會員證、運動卡、健康卡。"""
    own = f"T{story.resident.id_number[-8:]}"
    cards.agency_sends_its_list(story.city, story.resident.name, agency="library", number=own)
    library = story.city.device(kind="reader", holds="LIBRARY-LOAN-IPASS")
    reader = Reader(story.city, library)
    answer = reader.tap(story.cards[0][1])
    assert answer.content == (
        b'{"epoch":%d,"seq":%d,"code":"accepted","points":0,"agency_number":"%s"}'
        % (reader.epoch, reader.seq, own.encode())
    )


def test_activities_give_points_and_a_list_for_analysis(story: Story) -> None:
    """透過「市民卡活動管理系統」建置活動資料，提供民眾持市民卡刷卡參加市府活動累積點數。"""
    organiser = story.known["organiser"] = story.city.persona("organiser")
    code = f"SCREEN-{story.resident.id_number[-4:]}"
    device = agency.enrol_reader(
        organiser, code, place="health-taoyuan", number_profile="ipass_printed"
    )
    campaign = agency.set_up_activity(
        organiser,
        name="健康講座集點",
        code=code.lower(),
        first_day=today(),
        last_day=today() + dt.timedelta(days=60),
        points=100,
        per_person=100,
        budget=1000,
        reader=code,
    )
    reader = Reader(story.city, device).wait_until_known()
    assert reader.tap(story.cards[0][1]).json()["points"] == 100
    assert reader.tap(story.cards[0][1]).json()["points"] == 0
    others = cards.some_numbers(story.city, 3, medium="ipass")
    reader.taps([(number, dt.timedelta(0)) for number in others])
    wait_until(lambda: agency.list_of(organiser, campaign)[-1]["taps"] >= 4)
    *lines, total = agency.list_of(organiser, campaign)
    assert sum(line["points"] for line in lines) == total["points"]
    assert total["points"] == agency.given_by_ledger(story.city, campaign)


def test_health_points_are_spent_like_money(story: Story) -> None:
    """還能獲得健康點數，可搭公車或消費使用；最高可儲值 1 萬元。"""
    assert wait_until(lambda: "100 點" in story.browser.open("/points/"))
    kiosk = Kiosk(story.city)
    kiosk.put(story.cards[0][1], kind="disability", issuer="ipass")
    kiosk.screen("您有 100 點")
    before = kiosk.purse()
    kiosk.choose(100)
    kiosk.screen("加值完成")
    assert kiosk.purse() == before + 100
    kiosk.stop()
    kiosk.take()
    assert wait_until(lambda: "已兌換 100 點" in story.browser.open("/messages/"))


def test_uses_are_counted_by_category(story: Story) -> None:
    """經統計市民持市民卡使用（刷卡）情形：人次依類別加總。"""
    operator = story.city.persona("operator")
    figures.assert_tree_adds_up(operator.download("/ops/figures/city.csv"))
    organiser = story.known["organiser"]
    page = organiser.open("/agency/figures/")
    figures.assert_nothing_small(organiser.download(page.link(to="figures.csv")))


def test_a_resident_without_a_card_keeps_the_services(story: Story) -> None:
    """市民非必須申辦市民卡才可以使用這些公部門資源。"""
    page = story.city.visitor().open("/services/")
    assert "一般卡" in page
    assert story.city.visitor(language="en").open("/services/").status == 200


def test_the_house_auditor_finds_nothing(story: Story) -> None:
    """帳本、卡片、權益與紀錄彼此相符；紀錄檔裡沒有任何人的資料。"""
    done = story.city.command("verify", "--city", "taoyuan")
    assert done.returncode == 0, done.stdout + done.stderr
    for name, said in story.city.logs().items():
        for secret in (story.resident.name, story.resident.id_number, story.resident.email):
            assert secret not in said, f"{name}.log tells {secret}"
