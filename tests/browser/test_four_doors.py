"""The Taipei story by clicking at four doors; axe judges every page, and a picture of each is kept.

The pictures are in `tests/browser/screenshots/`, to be looked at one by one.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from citycard.infra.clock import today
from citycard.people.ports import StatusEntry
from tests.browser.clicking import Window, begin_pictures
from tests.harness.live import LiveCity
from tests.harness.patience import PATIENCE_S, wait_until
from tests.journeys import cards, people
from tests.journeys.devices import Kiosk, Reader
from tests.portals.looking import browsing, needs_browser

pytestmark = [
    *needs_browser,
    pytest.mark.slow,
    pytest.mark.city("taipei"),
]
SIZES = {
    "phone": (390, 844),
    "desk": (1280, 800),
    "kiosk": (1080, 1920),
}


@dataclass(kw_only=True)
class Story:
    """Who walks through the doors, and what each step leaves for the next."""

    city: LiveCity
    browser: Any
    resident: people.Applicant
    ref: str = ""
    windows: dict[str, Window] = field(default_factory=dict)

    def window(self, door: str, size: str = "desk", language: str = "zh-TW") -> Window:
        """Return the window of a door, opening it the first time."""
        if door not in self.windows:
            width, height = SIZES[size]
            context = self.browser.new_context(
                viewport={"width": width, "height": height},
                locale=language,
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.set_default_timeout(PATIENCE_S * 1000)
            self.windows[door] = Window(city=self.city, page=page, door=door)
        return self.windows[door]


@pytest.fixture(scope="module")
def story(live_city: LiveCity) -> Iterator[Story]:
    """An elderly resident of small means, whom every register knows."""
    begin_pictures()
    her = people.applicant("歐陽林", age=70, sex="f", district="zhongzheng")
    her.on_record(live_city, StatusEntry(id_number=her.id_number, status="low-income"))
    with browsing() as browser:
        yield Story(city=live_city, browser=browser, resident=her)


@pytest.fixture(autouse=True)
def nothing_wrong(story: Story) -> Iterator[None]:
    """Fail a step whose pages axe finds fault with, or that run off the side."""
    yield
    wrong = {
        name: found for window in story.windows.values() for name, found in window.wrong.items()
    }
    for window in story.windows.values():
        window.wrong.clear()
    assert wrong == {}


def test_the_resident_applies_on_a_phone(story: Story) -> None:
    """線上辦理申請作業。"""
    her, at = story.resident, story.window("resident", "phone")
    at.open("/")
    at.look("visitor")
    at.open("/services/")
    at.look("services-visitor")
    at.open("/sign-in/")
    at.look("sign-in")
    at.page.fill('input[name="email"]', her.email)
    at.page.press('input[name="email"]', "Enter")
    at.wait_for("填寫驗證碼")
    at.look("code")
    code = wait_until(lambda: people.code_for(story.city, her.email))
    at.page.fill('input[name="code"]', code)
    at.page.press('input[name="code"]', "Enter")
    at.page.wait_for_url("**/")
    at.look("newcomer")
    at.open("/apply/")
    at.page.check('input[value="senior-rides"]')
    at.page.check('input[value="health-service"]')
    at.look("services-chosen")
    at.click("開始填寫")
    _answer_all(at, her)
    at.wait_for("文件與照片")
    at.look("papers-none")
    at.open(at.page.url.replace("/papers/", "/check/"))
    at.look("check-missing")
    at.open(at.page.url.replace("/check/", "/papers/"))
    papers = at.page.url
    at.page.set_input_files(
        'input[name="photo"]', {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": b"MZ no"}
    )
    at.page.click('form:has(input[name="photo"]) button')
    at.page.wait_for_selector("#wrong-photo")
    at.look("papers-wrong")
    for name in at.page.eval_on_selector_all('input[type="file"]', "all => all.map(it => it.name)"):
        at.open(papers)
        picture = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": people.portrait()}
        at.page.set_input_files(f'input[name="{name}"]', picture)
        at.page.click(f'form:has(input[name="{name}"]) button')
        at.wait_for("已上傳")
    at.look("papers-all")
    at.click("下一步：檢查並送出")
    at.wait_for("請檢查後送出")
    at.page.check('input[name="consent"]')
    at.look("check")
    at.click("送出申辦")
    at.page.wait_for_url("**/cases/*/")
    story.ref = at.page.url.rstrip("/").rsplit("/", 1)[1]
    at.wait_for("審查中", again=at.page.reload)
    at.look("case")


def _answer_all(at: Window, her: people.Applicant) -> None:
    answers = her.answers(phone="0912-345-678", pickup_counter="office-zhongzheng")
    while "/question/" in at.page.url:
        here = at.page.url
        field = here.rstrip("/").rsplit("/", 1)[1]
        _answer(at, field, answers)
        at.look(f"question-{field}")
        at.click("下一步")
        at.page.wait_for_url(lambda url, here=here: url != here)


def _answer(at: Window, field: str, answers: dict[str, Any]) -> None:
    if at.page.locator(f'[name="{field}_year"]').count():
        for part in ("year", "month", "day"):
            at.page.fill(f'[name="{field}_{part}"]', str(answers[f"{field}_{part}"]))
    elif at.page.locator(f'select[name="{field}"]').count():
        at.page.select_option(f'select[name="{field}"]', answers[field])
    elif at.page.locator(f'input[type="radio"][name="{field}"]').count():
        at.page.check(f'input[name="{field}"][value="{answers[field]}"]')
    elif at.page.locator(f'input[type="checkbox"][name="{field}"]').count():
        at.page.check(f'input[name="{field}"]')
    elif field in answers:
        at.page.fill(f'[name="{field}"]', str(answers[field]))


def test_two_agencies_decide(story: Story) -> None:
    """分送至不同所屬機關業務審核人員。"""
    for persona in ("reviewer", "health-reviewer"):
        at = story.window(persona)
        at.open("/staff/sign-in/")
        at.look("sign-in")
        at.be(persona)
        at.look("home")
        at.open("/agency/reviews/")
        at.look("queue")
        at.click(story.ref)
        at.wait_for(story.resident.name)
        at.look("part")
        at.click("核准")
        at.wait_for("已核准")
        at.look("approved")


def test_the_clerk_prints_by_keyboard(story: Story) -> None:
    """單一窗口與現場製發卡，只用鍵盤。"""
    at = story.window("counter")
    at.open("/staff/sign-in/")
    at.tab_to('button[value="clerk"]')
    at.press("Enter")
    at.wait_for("下一位")
    at.look("home")
    at.page.keyboard.type(story.resident.id_number)  # the search has the focus already
    at.press("Enter")
    at.wait_for(story.resident.name)
    at.look("found")
    at.press("Enter")
    at.wait_for("聯絡方式")
    at.look("person")
    at.tab_to('button[name="own_address"]')
    at.press("Enter")
    at.wait_for("已連結線上帳號")
    at.press("/")
    at.page.keyboard.type(story.ref)
    at.press("Enter")
    at.wait_for("查核")
    at.look("case")
    at.press("F4")
    at.wait_for("還沒有卡面")
    at.look("print-queued")
    at.press("Enter")
    at.page.wait_for_selector("figure.counter-bitmap")
    at.look("print-preview")
    at.press("Enter")
    at.wait_for("交付前請核對本人證件")
    at.look("print-printed")
    at.press("F4")
    at.wait_for("卡片已交付")
    at.look("handed-over")
    at.press("F2")
    at.wait_for("要申辦哪些服務")
    at.look("new")


def test_the_organiser_sets_up_an_activity(story: Story) -> None:
    """活動主辦機關建立集點活動；刷卡得點。"""
    at = story.window("organiser")
    at.be("organiser")
    at.look("home")
    at.open("/agency/devices/")
    at.look("devices")
    code = f"CLICK-{story.resident.id_number[-4:]}"
    at.page.fill('input[name="code"]', code)
    at.page.select_option('select[name="place"]', "sports-zhongzheng")
    at.page.select_option('select[name="service"]', "activity")
    at.click("登錄並產生金鑰")
    at.wait_for("金鑰只顯示這一次")
    at.look("device-key")
    key = at.page.inner_text("code.cc-large")
    at.open("/agency/campaigns/new/")
    at.look("campaign-start")
    at.page.check('input[name="preset"][value=""]')
    at.click("開始")
    at.page.fill('input[name="name_zh"]', "健走台北")
    at.page.fill('input[name="name_en"]', "Walk Taipei")
    at.page.fill('input[name="code"]', code.lower())
    for name, day in (("starts_on", today()), ("ends_on", today() + dt.timedelta(days=30))):
        for part in ("year", "month", "day"):
            at.page.fill(f'input[name="{name}_{part}"]', str(getattr(day, part)))
    at.look("campaign-name")
    at.click("下一步")
    for name, value in (("points_per_tap", 60), ("per_person_cap", 200), ("budget", 9000)):
        at.page.fill(f'input[name="{name}"]', str(value))
    at.look("campaign-points")
    at.click("下一步")
    at.page.get_by_label(code).check()
    at.look("campaign-readers")
    at.click("下一步")
    at.wait_for("請檢查後建立")
    at.look("campaign-check")
    at.click("建立活動")
    at.wait_for("這個活動還沒開放")
    at.look("campaign-draft")
    at.click("開放活動")
    at.wait_for("活動已開放")
    _tap(story, code, key)
    at.wait_for("120", again=at.page.reload)
    at.look("campaign-open")


def _tap(story: Story, code: str, key: str) -> None:
    from tests.harness.live import Device

    device = Device(code=code, key=key, kind="reader", place="sports-zhongzheng")
    reader = Reader(story.city, device).wait_until_known()
    held = cards.numbers_of(story.city, story.resident.name)
    assert reader.tap(held[0][1]).json()["points"] == 60
    others = cards.some_numbers(story.city, 1)
    assert [it["points"] for it in reader.taps([(n, dt.timedelta(0)) for n in others])] == [60]


def test_points_become_money_at_the_kiosk(story: Story) -> None:
    """持台北卡透過加值機台將台北點兌換成悠遊卡加值金。"""
    number = cards.numbers_of(story.city, story.resident.name)[0][1]
    at, tray = story.window("kiosk", "kiosk"), Kiosk(story.city)
    at.open(story.city.kiosk)
    at.wait_for("請把卡片放在感應區")
    at.look("welcome")
    tray.put(number, kind="senior")
    at.wait_for("您有 80 點")
    at.look("choose")
    at.page.click('button[name="points"][value="50"]')
    at.wait_for("用 50 點加值？")
    at.look("confirm")
    at.click("確定加值 50 元")
    at.wait_for("加值完成")
    at.look("done")
    at.page.get_by_role("button", name="完成").click()
    tray.take()
    at.wait_for("請把卡片放在感應區")
    at.page.click('button[name="language"]')
    at.wait_for("中文")
    at.look("welcome-english")


def test_the_resident_sees_all_of_it(story: Story) -> None:
    """市民可即時查詢點數、進度，以及誰看過自己的資料。"""
    at = story.window("resident", "phone")
    at.open("/")
    at.look("home")
    at.page.click(".cc-flow a[href^='/cards/']")
    at.look("card")
    for name in ("points", "messages", "me", "me/access", "me/consents", "cases", "services"):
        at.open(f"/{name}/")
        at.look(name.replace("/", "-"))
    at.open(f"/cases/{story.ref}/")
    at.look("case-done")
    at.open("/services/senior-rides/")
    at.look("service")
    assert "30 點" in wait_until(lambda: at.open("/points/") or at.page.inner_text("body"))


DOORS = {
    "resident": ("resident", ("", "services/", "services/senior-rides/", "points/", "messages/",
                 "me/", "me/access/", "me/consents/", "cases/", "apply/")),
    "clerk": ("counter", ("counter/", "counter/new/", "counter/stock/")),
    "reviewer": ("agency", ("agency/", "agency/reviews/")),
    "organiser": ("agency", ("agency/", "agency/campaigns/", "agency/campaigns/new/",
                  "agency/figures/", "agency/devices/", "agency/statement/")),
    "operator": ("ops", ("ops/", "ops/letters/", "ops/readers/", "ops/redemptions/",
                 "ops/proofs/", "ops/figures/")),
}  # fmt: skip


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("persona", DOORS)
def test_main_pages_in_english(story: Story, persona: str, size: str) -> None:
    """Every door's main pages in English, on a phone and on a desk; no Chinese is left in them."""
    door, pages = DOORS[persona]
    at = story.window(f"english-{size}-{door}-{persona}", size, "en-GB")
    at.be(persona)
    for address in pages:
        at.open(f"/{address}")
        at.look(address.strip("/").replace("/", "-") or "home")
