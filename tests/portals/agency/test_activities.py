"""An organiser sets up an activity without a developer, and settles it: sums equal the ledger."""

import base64
import csv
import io

import openpyxl
import pytest

from citycard.activities import api as activities
from citycard.infra.crypto import verify
from citycard.ledger import api as ledger
from tests.portals import seeding
from tests.portals.agency import town as towns

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def town(city):
    return towns.build(city)


@pytest.fixture
def organiser(town):
    return seeding.signed_in("organiser", "sports", ["organiser", "finance"])


def ok(response, status=200):
    assert response.status_code == status, response.content.decode()[:3000]
    return response.content.decode()


NAMES = {
    "name_zh": "大安週末運動",
    "name_en": "Daan weekends",
    "code": "daan-weekends",
    "starts_on_year": "2027",
    "starts_on_month": "1",
    "starts_on_day": "1",
    "ends_on_year": "116",
    "ends_on_month": "3",
    "ends_on_day": "31",
}
POINTS = {
    "points_per_tap": "10",
    "per_day_cap": "10",
    "per_person_cap": "100",
    "budget": "50000",
    "residents_only": "on",
}


def test_three_steps_and_a_check_make_an_activity(town, organiser):
    organiser.post("/agency/campaigns/new/", {"preset": ""})
    assert organiser.post("/agency/campaigns/new/1/", NAMES).status_code == 302
    assert organiser.post("/agency/campaigns/new/2/", POINTS).status_code == 302
    assert organiser.post("/agency/campaigns/new/3/", {}).status_code == 302
    page = ok(organiser.get("/agency/campaigns/new/check/"))
    assert "大安週末運動" in page
    assert "2027-03-31" in page  # the years of the Republic and of the west are both taken
    answer = organiser.post("/agency/campaigns/new/check/")
    assert answer.status_code == 302
    [made] = [it for it in activities.campaigns(agency="sports") if it.code == "daan-weekends"]
    assert (made.state, made.per_person_cap) == ("draft", 100)
    assert ledger.fund_totals(fund_ids=[made.fund_id])[made.fund_id].budget == 50_000
    assert "這個活動還沒開放" in ok(organiser.get(answer["Location"]))
    organiser.post(f"/agency/campaigns/{made.id}/change/", {"do": "open"})
    assert activities.campaign(campaign_id=made.id).state == "open"


def test_mistakes_are_named_beside_their_fields_and_nothing_is_kept(town, organiser):
    organiser.post("/agency/campaigns/new/", {"preset": ""})
    backwards = {**NAMES, "ends_on_year": "2026"}
    page = ok(organiser.post("/agency/campaigns/new/1/", backwards), 422)
    assert "最後一天不能早於開始日期" in page
    small = {**POINTS, "per_person_cap": "5"}
    assert "每人上限不能少於一次刷卡的點數" in ok(
        organiser.post("/agency/campaigns/new/2/", small), 422
    )


def test_the_preview_shows_what_is_typed_and_keeps_nothing(town, organiser):
    organiser.post("/agency/campaigns/new/", {"preset": ""})
    page = ok(organiser.post("/agency/campaigns/new/1/seen/", {**NAMES, "name_zh": "看看而已"}))
    assert "看看而已" in page
    assert "<html" not in page
    assert "看看而已" not in ok(organiser.get("/agency/campaigns/new/1/"))


def test_a_ready_made_activity_fills_the_form(town, organiser):
    organiser.post("/agency/campaigns/new/", {"preset": "sports-points"})
    assert "運動集點" in ok(organiser.get("/agency/campaigns/new/1/"))


def test_the_list_is_one_line_a_person_and_its_sums_are_the_ledgers(town, organiser):
    content = organiser.get(f"/agency/campaigns/{town.campaign.id}/list.csv").content
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    totals = ledger.fund_totals(fund_ids=[town.campaign.fund_id])[town.campaign.fund_id]
    assert len(lines) == 1 + 24 + 1
    assert lines[-1][0] == "合計"
    assert int(lines[-1][4]) == sum(int(line[4]) for line in lines[1:-1]) == totals.awarded
    assert int(lines[-1][5]) == totals.redeemed


def test_downloading_again_gives_the_same_bytes_and_the_signature_proves_it(town, organiser):
    address = f"/agency/campaigns/{town.campaign.id}"
    first = organiser.get(f"{address}/list.csv").content
    assert organiser.get(f"{address}/list.csv").content == first
    signature = base64.b64decode(organiser.get(f"{address}/list.csv.sig").content)
    assert verify(first, signature)
    assert not verify(first + b" ", signature)
    sheet = organiser.get(f"{address}/list.xlsx").content
    assert organiser.get(f"{address}/list.xlsx").content == sheet
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    assert book.active.max_row == 26


def test_raising_the_budget_twice_by_one_click_raises_once(town, organiser):
    address = f"/agency/campaigns/{town.campaign.id}/change/"
    before = activities.statistics(campaign_id=town.campaign.id).budget_left
    page = ok(organiser.get(f"/agency/campaigns/{town.campaign.id}/"))
    once = page.split('name="once" value="')[1].split('"')[0]
    for _ in range(2):
        organiser.post(address, {"do": "raise", "amount": "1,000", "once": once})
    assert activities.statistics(campaign_id=town.campaign.id).budget_left == before + 1000
    assert "大於 0" in ok(organiser.post(address, {"do": "raise", "amount": "-5"}), 422)


def test_another_agencys_activity_is_not_there(town):
    stranger = seeding.signed_in("health-organiser", "health", ["organiser"])
    assert stranger.get(f"/agency/campaigns/{town.campaign.id}/").status_code == 404
    assert stranger.get(f"/agency/campaigns/{town.campaign.id}/list.csv").status_code == 404


def test_the_statement_says_what_is_given_and_owed(town, organiser):
    page = ok(organiser.get("/agency/statement/"))
    assert "daan-sports" in page
    assert "daan-sports" in organiser.get("/agency/statement/statement.csv").content.decode()
