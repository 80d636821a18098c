"""The operators' door, page by page: what is wrong first, and a remedy beside it."""

import datetime as dt

import pytest

from citycard.infra import outbox
from citycard.infra.clock import now
from citycard.infra.database import execute
from citycard.infra.postgres.shelf import Done
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals.ops import watching
from tests.portals import seeding
from tests.portals.agency import town as towns

pytestmark = pytest.mark.usefixtures("city")

PAGES = [
    "/ops/",
    "/ops/letters/",
    "/ops/readers/",
    "/ops/redemptions/",
    "/ops/proofs/",
    "/ops/figures/",
    "/ops/figures/?at=all/activities",
]


@pytest.fixture(scope="module")
def town(city):
    return towns.build(city)


@pytest.fixture
def operator(town):
    return seeding.signed_in("operator", "doit", ["operator", "officer"])


def ok(response):
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_every_page_stands_in_both_languages(town, path, language):
    operator = seeding.signed_in(
        "operator", "doit", ["operator", "officer"], **{"accept-language": language}
    )
    ok(operator.get(path))


def test_a_failed_letter_is_shown_first_and_sent_again(operator):
    with unit_of_work():
        outbox.enqueue(topic="notify.email", letters=[("message:999", 999)], now=now())
        execute("UPDATE infra_outbox SET state = 'failed', why = 'mailbox_full'")
    page = ok(operator.get("/ops/"))
    assert page.index("送不出去") < page.index("事件處理")
    assert "mailbox_full" in ok(operator.get("/ops/letters/"))
    [letter] = outbox.waiting(failed_only=True)
    answer = operator.post("/ops/letters/retry/", {"letter": letter.id})
    assert answer.status_code == 302
    assert outbox.waiting(failed_only=True) == []
    execute("DELETE FROM infra_outbox")


def test_letters_that_nobody_answers_are_seen_while_they_wait(operator):
    with unit_of_work():
        outbox.enqueue(topic="notify.email", letters=[("message:998", 998)], now=now())
        execute("UPDATE infra_outbox SET unanswered = 3, why = 'e-mail: time-out'")
    page = ok(operator.get("/ops/"))
    assert "1 件「電子郵件通知」在等對方回應" in page
    assert "e-mail: time-out" in page
    assert ">3</td>" in ok(operator.get("/ops/letters/"))
    execute("DELETE FROM infra_outbox")


def saved(**more):
    facts = {"newest_at": now() - dt.timedelta(hours=3), "drill": None, "is_demo": False}
    return lambda: watching.Saved(**(facts | more))


def test_backups_and_drills_of_our_own_server_are_told(operator, monkeypatch):
    assert "上次備份" not in ok(operator.get("/ops/")), "the server here is the operator's own"
    drill = Done(at=now() - dt.timedelta(days=2), to=None, backup="x")
    monkeypatch.setattr(watching, "_saved", saved(drill=drill))
    page = ok(operator.get("/ops/"))
    assert "上次備份" in page
    assert "3 小時前" in page
    assert "還原的內容完全相符" in page
    monkeypatch.setattr(watching, "_saved", saved(newest_at=None))
    assert "還沒有任何備份" in ok(operator.get("/ops/"))
    monkeypatch.setattr(watching, "_saved", saved(newest_at=now() - dt.timedelta(days=4)))
    assert "備份太久沒有更新" in ok(operator.get("/ops/"))
    failed = Done(at=now(), to=None, backup="x", ok=False)
    monkeypatch.setattr(watching, "_saved", saved(drill=failed))
    assert "上次的還原演練沒有成功" in ok(operator.get("/ops/"))


def test_a_stopped_subscriber_says_why_and_goes_on(operator):
    name = "insight.usage"
    execute(
        "UPDATE infra_cursor SET stopped_at = now(), stopped_on = 7, stopped_why = 'ValueError'"
        " WHERE subscriber = %s",
        [name],
    )
    page = ok(operator.get("/ops/"))
    assert "「服務數據」停住了" in page
    assert "ValueError" in page
    operator.post(f"/ops/subscribers/{name}/", {"do": "restart"})
    assert "停住了" not in ok(operator.get("/ops/"))


def test_the_auditor_is_asked_and_answers(operator, city):
    operator.post("/ops/proofs/run/")
    assert "稽核進行中" in ok(operator.get("/ops/proofs/"))
    city.settle()
    page = ok(operator.get("/ops/proofs/"))
    assert "全部相符" in page, page


def test_the_citys_tree_adds_up_on_the_page(operator):
    page = ok(operator.get("/ops/figures/?at=all/activities/activity"))
    assert "96" in page


def test_an_auditor_sees_proofs_and_figures_alone(town):
    auditor = seeding.signed_in("auditor", "doit", ["auditor"])
    ok(auditor.get("/ops/proofs/"))
    ok(auditor.get("/ops/figures/"))
    assert auditor.get("/ops/").status_code == 403


def test_a_clerk_does_not_pass(town):
    clerk = seeding.signed_in("reviewer", "doit", ["reviewer"])
    assert clerk.get("/ops/").status_code == 403


def test_a_reader_is_silent_only_against_its_own_rhythm(operator, town):
    """At one place people come every few days; at the other they came daily, and then no more."""
    (place,) = seeding.enrol_readers("sports-zhongzheng").values()
    for day in range(16, 4, -1):
        seeding.take(seeding.tap(place, 1, seeding.at_noon(day)))
    rows = {row.device.code: row for row in _readers(operator, "all")}
    assert "silent" in rows["ACTIVITY-SPORTS-ZHONGZHENG"].faults
    assert "silent" not in rows["ACTIVITY-SPORTS-DAAN"].faults  # 1 to 3 days ago, every 2 to 3 days
    silent = [row.device.code for row in _readers(operator, "silent")]
    assert silent == ["ACTIVITY-SPORTS-ZHONGZHENG"]
    (fresh,) = seeding.enrol_readers("sports-wanhua").values()
    seeding.take(seeding.tap(fresh, 1, seeding.at_noon(30)))
    assert [row.device.code for row in _readers(operator, "silent")] == silent


def _readers(operator, show):
    return list(operator.get(f"/ops/readers/?show={show}").context["found"])
