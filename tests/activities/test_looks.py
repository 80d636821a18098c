"""The organiser's pages of earning and draws, and the public proof, in a real browser."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.flows import drawing
from citycard.infra.clock import now
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.portals import looking, seeding
from tests.portals.agency import town as towns

pytestmark = [*looking.needs_browser, pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def town(city: Any) -> towns.Town:
    return towns.build(city)


@pytest.fixture(scope="module")
def organiser(town: towns.Town) -> Client:
    return seeding.signed_in("organiser", "sports", ["organiser", "finance"])


@pytest.fixture(scope="module")
def shown(town: towns.Town, organiser: Client) -> dict[str, str]:
    """Addresses of pages with something on them."""
    with unit_of_work():
        for code in ("SPORTS-CRM", "DAAN-GYM"):
            agencies.connect_client(code=code, agency="sports", actor=SYSTEM, now=now())
    over = _over(town)
    draws = {state: _draw(over, state) for state in ("announced", "committed", "drawn")}
    base = f"/agency/campaigns/{town.campaign.id}"
    return {
        "campaign": f"{base}/",
        "campaign-over": f"/agency/campaigns/{over.id}/",
        "earnings": f"{base}/earnings/",
        "uploaded": _uploaded(organiser, base),
        "systems": "/agency/systems/",
        "devices": "/agency/devices/",
        "draw-new": f"{base}/draws/new/",
        **{f"draw-{state}": f"/agency/draws/{draw_id}/" for state, draw_id in draws.items()},
        **{f"public-{state}": f"/draws/{draw_id}/" for state, draw_id in draws.items()},
    }


def _over(town: towns.Town) -> activities.Campaign:
    readers = seeding.enrol_readers("sports-wanhua")
    made = seeding.campaign("wanhua-sports", "sports", list(readers.values()))
    reads = [
        seeding.tap(readers["sports-wanhua"], n, seeding.at_noon(day))
        for day in (20, 15, 9)
        for n in range(day)
    ]
    seeding.take(*reads)
    with unit_of_work():
        return activities.close_campaign(campaign_id=made.id, actor=SYSTEM, now=seeding.at_noon(2))


def _draw(campaign: activities.Campaign, state: str) -> int:
    new = activities.NewDraw(
        campaign_id=campaign.id,
        names=Text("萬華運動中心年終抽獎", "Wanhua sports centre year-end draw"),
        counts="taps",
        each=1,
        most=30,
        prizes=[
            activities.Prize(names=Text("電動輔助自行車", "Electric bicycle"), count=1),
            activities.Prize(names=Text("運動中心月票", "Monthly pass"), count=5),
        ],
        seed_source="財政部統一發票 115 年 11-12 月期特別獎號碼",
    )
    with unit_of_work():
        draw_id = activities.announce_draw(new=new, actor=SYSTEM, now=now()).id
    if state != "announced":
        drawing.commit(draw_id=draw_id, actor=SYSTEM, now=now())
    if state == "drawn":
        later = now() + dt.timedelta(seconds=1)
        drawing.hold(draw_id=draw_id, seed="74774668", actor=SYSTEM, now=later)
    return draw_id


def _uploaded(organiser: Client, base: str) -> str:
    when = f"{seeding.at_noon(3):%Y-%m-%d}"
    lines = [f"v{n},{when} {8 + n:02d}:30,{seeding.card_number(n)}" for n in range(8)]
    lines += [f"x{n},{when} 09:00,{4040404040404040 + n}" for n in range(3)]
    content = "\n".join(["reference,at,card_number", *lines])
    file = SimpleUploadedFile("visits.csv", content.encode())
    answer = organiser.post(f"{base}/earnings/", {"file": file})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return str(answer["Location"])


@pytest.fixture(scope="module")
def address(shown: dict[str, str]) -> Any:
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Any:
    with looking.browsing() as found:
        yield found


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_each_page_is_accessible_and_fits(
    shown: dict[str, str], organiser: Client, address: str, browser: Any, size: str
) -> None:
    for name, path in shown.items():
        for cookies in [{}, {"language": "en"}] if size == "phone" else [{}]:
            page = looking.opened(browser, address, organiser, size=size, **cookies)
            answer = page.goto(address + path)
            assert answer.status == 200, (name, page.content()[:3000])
            looking.picture(page, "-".join(["earn", name, size, *cookies.values()]))
            assert looking.faults(page) == [], (name, size, cookies)
            page.context.close()


def test_a_file_is_dropped_and_its_bad_lines_are_named(
    shown: dict[str, str], organiser: Client, address: str, browser: Any
) -> None:
    page = looking.opened(browser, address, organiser, size="desk")
    page.goto(address + shown["earnings"])
    content = "reference,at,card_number\na1,someday,1\n,2026-11-20 08:00,2\na3,2026-11-20 08:00,\n"
    file = {"name": "visits.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("集點檔").set_input_files(file)
    page.get_by_role("button", name="上傳").click()
    page.get_by_text("這個檔案沒有收下").wait_for()
    looking.picture(page, "earn-bad-lines-desk")
    assert looking.faults(page) == []
    page.context.close()


def test_raising_above_the_limit_asks_for_a_reason(
    shown: dict[str, str], organiser: Client, address: str, browser: Any
) -> None:
    page = looking.opened(browser, address, organiser, size="phone")
    page.goto(address + shown["campaign"])
    page.get_by_label("追加點數").fill("800,000")
    page.get_by_role("button", name="追加").click()
    page.get_by_label("理由").wait_for()
    looking.picture(page, "earn-raise-reason-phone")
    assert looking.faults(page) == []
    page.get_by_label("理由").fill("寒假參加人數增加一倍")
    page.get_by_role("button", name="追加").click()
    page.get_by_text("追加預算等待核准").wait_for()
    looking.picture(page, "earn-raise-waiting-phone")
    assert looking.faults(page) == []
    page.context.close()
