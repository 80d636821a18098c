"""Every file of figures, read back: CSV, Parquet and the page say the same."""

import csv
import html
import io
import re

import pyarrow.parquet as pq
import pytest

from citycard.insight import api as insight
from tests.insight.seen import at, store, tap
from tests.insight.test_following_taps import alone, catch_up, clean
from tests.portals import seeding

__all__ = ["alone", "clean"]
pytestmark = pytest.mark.usefixtures("city")
HIDDEN = "*"
NUMBERS = ("uses", "people", "returning")


@pytest.fixture
def officer(clean):
    seeding.activate()
    store(
        *(tap(member, at(1 + member % 9)) for member in range(60)),
        *(tap(member, at(12)) for member in range(20)),
        *(tap(member, at(3), place="sports-xinyi") for member in range(40, 75)),
        *(tap(member, at(4), place="sports-wenshan") for member in range(4)),
        *(tap(member, at(6), place="sports-wanhua") for member in range(12)),
        *(tap(member, at(2, month=2)) for member in range(30)),
    )
    catch_up()
    language = {"accept-language": "zh-hant"}
    return seeding.signed_in("figures", "sports-daan", ["officer"], **language)


def from_csv(content):
    *lines, note = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    head, *rows = lines
    assert note[0].startswith(f"{HIDDEN}: hidden")
    return [dict(zip(head, row, strict=True)) for row in rows]


def from_parquet(content):
    table = pq.read_table(io.BytesIO(content))
    assert table.schema.metadata[b"null"].startswith(b"hidden")
    return table.to_pylist()


def both(officer, path, asked):
    """The two files; what is empty or hidden in one is null in the other, and nothing else."""
    lines = from_csv(officer.get(f"{path}.csv", asked).content)
    rows = from_parquet(officer.get(f"{path}.parquet", asked).content)
    assert rows == [
        {
            name: None if cell in ("", HIDDEN) else int(cell) if name in NUMBERS else cell
            for name, cell in line.items()
        }
        for line in lines
    ]
    return lines


def cells(page, caption):
    """A table of a page: its lines' texts."""
    found = re.search(rf"<caption[^>]*>{re.escape(caption)}.*?</table>", page, re.DOTALL)
    assert found is not None, caption
    lines = re.findall(r"<tr>(.*?)</tr>", found.group(), re.DOTALL)
    return [
        [
            html.unescape(re.sub(r"<[^>]+>|\s+", " ", cell)).strip().replace(",", "")
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)
        ]
        for line in lines
        if 'scope="row"' in line
    ]


def test_a_services_funnel_is_in_both_files_and_explained_on_the_page(officer):
    seeding.reach(need="", holders=5120, carded=5120)
    asked = {"service": "sports-visit", "agency": "sports-daan", "month": "2016-03"}
    rows = [
        row for row in both(officer, "/agency/figures/figures", asked) if row["table"] == "funnel"
    ]
    assert [row["code"] for row in rows][:3] == ["carded", "anywhere", "came"]
    assert (rows[0]["name"], rows[0]["people"]) == ("名下有卡的人", "5120")
    page = officer.get("/agency/figures/", asked).content.decode()
    assert "5,120 人" in page
    assert "這個月至少有一天名下有卡的人" in page


def test_agencies_side_by_side(officer):
    top = insight.city_tree(month=at(1).date())
    (category,) = [
        it.code
        for it in insight.categories(top=top)
        if any(child.own_code == "sports-visit" for child in it.children)
    ]
    asked = {"month": "2016-03", "category": category}
    lines = both(officer, "/agency/figures/comparison", asked)
    march = [line for line in lines if line["month"] == "2016-03"]
    assert [(it["agency"], it["uses"], it["people"]) for it in march] == [
        ("sports-daan", "80", "60"),
        ("sports-xinyi", "35", "35"),
        ("sports-wanhua", HIDDEN, HIDDEN),
        ("sports-wenshan", HIDDEN, HIDDEN),
    ]
    page = officer.get("/agency/figures/comparison/", asked).content.decode()
    shown = cells(page, "各機關的服務")
    names = ("uses", "people", "returning")
    assert [(line[2], line[3], line[5]) for line in shown] == [
        tuple("不顯示" if it[name] == HIDDEN else it[name] for name in names) for it in march
    ]
    assert shown[0][-2] == "+100.0%"
    before = {it["agency"]: it["people"] for it in lines if it["month"] == "2016-02"}
    assert before["sports-daan"] == "30"


def test_the_citys_tree(officer):
    asked = {"from": "2016-03", "to": "2016-03"}
    lines = {it["code"]: it for it in both(officer, "/agency/figures/city", asked)}
    for node in insight.city_tree(month=at(1).date()).walk():
        told = lines[node.code]["uses"]
        assert told == (HIDDEN if node.uses is None else str(node.uses)), node.code
    page = officer.get("/agency/figures/city/", {**asked, "at": "all"}).content.decode()
    assert lines["all"]["uses"] in page


def test_one_services_month(officer):
    asked = {"month": "2016-03", "service": "sports-visit", "agency": "sports-daan"}
    lines = both(officer, "/agency/figures/figures", asked)
    page = officer.get("/agency/figures/", asked).content.decode()
    (total,) = [line for line in lines if line["table"] == "total"]
    assert (total["uses"], total["people"]) == ("80", "60")
    days = {it["code"]: it["uses"] for it in lines if it["table"] == "day"}
    assert days["2016-03-12"] == "20"
    for line in lines:
        if line["table"] in ("total", "came again") and line["people"] != HIDDEN:
            assert f">{line['people']}<" in page, line
