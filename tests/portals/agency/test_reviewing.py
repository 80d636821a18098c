"""A reviewer decides: approve, ask for more, refuse; two at once; other agencies' parts stay
shut."""

import re

import pytest

from citycard.applications import api as applications
from citycard.infra.clock import now
from citycard.infra.database import execute, rows
from tests.flows import living
from tests.portals import seeding

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def town(city):
    seeding.activate()
    return city


@pytest.fixture
def reviewer(town):
    return seeding.signed_in("reviewer", "social-welfare", ["reviewer"])


def applied(town, **changes):
    """An application for senior rides, checked and in the reviewer's queue."""
    filled = living.answers(**changes)
    living.on_record(filled)
    submitted = living.apply(living.resident(), filled, now=now())
    town.settle()
    [part] = applications.case(ref=submitted.ref, actor=living.resident()).parts
    return submitted.ref, part


def ok(response, status=200):
    assert response.status_code == status, response.content.decode()[:3000]
    return response.content.decode()


def version_of(page, form="approve"):
    return page.split(f'name="{form}-version" value="')[1].split('"')[0]


def state_of(ref):
    return applications.case(ref=ref, actor=living.resident()).parts[0].state


def test_the_queue_shows_who_and_until_when(town, reviewer):
    ref, _part = applied(town)
    page = ok(reviewer.get("/agency/reviews/"))
    assert ref in page
    assert "王小美" in page
    assert "剩" in page


def test_a_part_shows_papers_checks_and_the_rule_and_leaves_an_access_record(town, reviewer):
    _ref, part = applied(town)
    before = rows("SELECT count(*) AS n FROM people_access_record")[0].n
    page = ok(reviewer.get(f"/agency/reviews/{part.part_id}/"))
    for words in ("依規則符合資格", "戶役政", "國民身分證", "王小美", "核准"):
        assert words in page
    assert rows("SELECT count(*) AS n FROM people_access_record")[0].n > before


def test_approval_is_one_press_and_the_next_reviewer_hears_of_it(town, reviewer):
    ref, part = applied(town)
    address = f"/agency/reviews/{part.part_id}/"
    version = version_of(ok(reviewer.get(address)))
    sent = {"decision": "approve", "approve-version": version, "approve-note": ""}
    assert reviewer.post(address, sent).status_code == 302
    assert state_of(ref) == "approved"
    page = ok(reviewer.post(address, sent), 409)
    assert "審核人員" in page  # who was first, in role words


def test_a_part_that_changed_meanwhile_is_shown_anew_and_not_decided(town, reviewer):
    ref, part = applied(town)
    address = f"/agency/reviews/{part.part_id}/"
    stale = {
        "decision": "refuse",
        "refuse-version": int(version_of(ok(reviewer.get(address)))) - 1,
        "refuse-reason": "not_eligible",
        "refuse-note": "年齡未滿",
    }
    ok(reviewer.post(address, stale), 409)
    assert state_of(ref) == "in_review"


def test_asking_for_more_needs_something_to_ask_for(town, reviewer):
    ref, part = applied(town)
    address = f"/agency/reviews/{part.part_id}/"
    version = version_of(ok(reviewer.get(address)))
    empty = {"decision": "supplement", "supplement-version": version}
    assert "請選擇要補的文件" in ok(reviewer.post(address, empty), 422)
    full = {**empty, "supplement-papers": ["photo"], "supplement-note": "照片請露出雙耳"}
    assert reviewer.post(address, full).status_code == 302
    assert state_of(ref) == "supplement"


def test_a_refusal_needs_a_reason_and_words(town, reviewer):
    ref, part = applied(town)
    address = f"/agency/reviews/{part.part_id}/"
    version = version_of(ok(reviewer.get(address)))
    bare = {"decision": "refuse", "refuse-version": version}
    ok(reviewer.post(address, bare), 422)
    assert state_of(ref) == "in_review"
    full = {**bare, "refuse-reason": "papers_insufficient", "refuse-note": "證件影像不清楚"}
    assert reviewer.post(address, full).status_code == 302
    assert state_of(ref) == "refused"


def test_who_is_too_young_cannot_be_approved_and_is_told_why(town, reviewer):
    _ref, part = applied(town, birth_on="1990-03-02")
    page = ok(reviewer.get(f"/agency/reviews/{part.part_id}/"))
    assert "依規則不符合資格" in page
    assert "年滿 65 歲" in page
    assert 'name="decision" value="approve"' not in page


def test_another_agencys_part_and_its_papers_stay_shut(town, reviewer):
    _ref, part = applied(town)
    stranger = seeding.signed_in("health-reviewer", "health", ["reviewer"])
    paper = applications.case(ref=_ref, actor=living.resident()).documents[0]
    assert stranger.get(f"/agency/reviews/{part.part_id}/").status_code >= 400
    assert stranger.get(f"/agency/reviews/{part.part_id}/papers/{paper.id}/").status_code >= 400
    shown = reviewer.get(f"/agency/reviews/{part.part_id}/papers/{paper.id}/")
    assert shown.status_code == 200
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_what_the_city_grants_no_longer_is_shown_and_can_be_refused(town, reviewer):
    ref, part = applied(town)
    gone = "UPDATE applications_part SET service = 'flying', entitlement = 'wings' WHERE id = %s"
    execute(gone, [part.part_id])
    address = f"/agency/reviews/{part.part_id}/"
    page = ok(reviewer.get(address))
    assert "本市已不再提供這項服務" in page
    version = version_of(page, "refuse")
    approval = {"decision": "approve", "approve-version": version, "approve-note": ""}
    assert "本市已不再提供這項服務" in ok(reviewer.post(address, approval), 422)
    assert state_of(ref) == "in_review"
    refusal = {
        "decision": "refuse",
        "refuse-version": version,
        "refuse-reason": "other",
        "refuse-note": "服務已停辦",
    }
    assert reviewer.post(address, refusal).status_code == 302
    assert state_of(ref) == "refused"


def test_another_agencys_part_is_said_to_be_theirs_by_name(town, reviewer):
    _ref, part = applied(town)
    stranger = seeding.signed_in("doctor", "health", ["reviewer"])
    answer = stranger.get(f"/agency/reviews/{part.part_id}/")
    said = re.findall(r"這項服務由(.*?)審核", answer.content.decode())
    assert said == ["臺北市政府社會局"]


def test_the_resident_hears_of_every_step_once(town, reviewer):
    ref, part = applied(town)
    address = f"/agency/reviews/{part.part_id}/"
    version = version_of(ok(reviewer.get(address)))
    reviewer.post(address, {"decision": "approve", "approve-version": version})
    town.settle()
    told = rows(
        "SELECT code, count(*) AS n FROM notify_message WHERE params->>'ref' = %s GROUP BY 1", [ref]
    )
    assert {row.code: row.n for row in told} == {
        "applications.application.submitted": 1,
        "applications.application.dispatched": 1,
        "applications.part.approved": 1,
    }
