"""Staff and their sessions, and names that the card company refused: pages of the operators'."""

import re

import pytest

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.issuing.ports import Acknowledgement
from tests.portals import counter_desk as desk
from tests.portals import seeding

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def operator(city):
    desk.open_city()
    return seeding.signed_in("operator", "doit", ["operator"])


def staff_id(username):
    return agencies.staff_by_username(username=username).staff_id


def test_roles_change_and_hold_from_the_next_step_on(operator):
    clerk = seeding.signed_in("paul", "office-daan", ["clerk"])
    assert clerk.get("/counter/").status_code == 200
    here = f"/ops/staff/{staff_id('paul')}/"
    assert operator.post(here, {"do": "roles"}).status_code == 422  # nobody is nothing at all
    assert operator.post(here, {"do": "roles", "roles": ["king"]}).status_code == 422
    changed = operator.post(here, {"do": "roles", "roles": ["reviewer"]}, follow=True)
    assert "已更新" in changed.content.decode()
    assert clerk.get("/counter/").status_code == 403
    assert clerk.get("/agency/reviews/").status_code != 403


def test_whoever_serves_no_more_is_signed_out_at_once(operator):
    leaving = seeding.signed_in("leaving", "office-daan", ["clerk"])
    here = f"/ops/staff/{staff_id('leaving')}/"
    operator.post(here, {"do": "end"})
    assert leaving.get("/counter/").status_code == 302
    assert not agencies.staff(staff_id=staff_id("leaving")).active
    assert "leaving" in operator.get("/ops/staff/?show=gone").content.decode()
    assert "leaving" not in operator.get("/ops/staff/").content.decode()
    operator.post(here, {"do": "return"})
    assert agencies.staff(staff_id=staff_id("leaving")).roles == {"clerk"}
    assert leaving.get("/counter/").status_code == 302  # the old session stays dead


def test_a_lost_computer_is_signed_out_and_the_account_stays(operator):
    here = f"/ops/staff/{staff_id_of_new('lost')}/"
    lost = seeding.signed_in("lost", "office-daan", ["clerk"])
    assert lost.get("/counter/").status_code == 200
    said = operator.post(here, {"do": "sign-out"}, follow=True).content.decode()
    assert "已登出 1 個裝置" in said
    assert lost.get("/counter/").status_code == 302
    assert seeding.signed_in("lost", "office-daan", ["clerk"]).get("/counter/").status_code == 200


def staff_id_of_new(username):
    seeding.signed_in(username, "office-daan", ["clerk"])
    desk_id = staff_id(username)
    from citycard.flows import staffing
    from citycard.kernel.actors import SYSTEM

    staffing.sign_out(staff_id=desk_id, actor=SYSTEM, now=now())
    return desk_id


def test_nobody_changes_their_own_roles(operator):
    here = f"/ops/staff/{staff_id('operator')}/"
    assert "這是您自己" in operator.get(here).content.decode()
    for given in ({"do": "roles", "roles": ["operator", "officer"]}, {"do": "end"}):
        assert operator.post(here, given).status_code == 422
    assert agencies.staff(staff_id=staff_id("operator")).roles == {"operator"}


def test_nobody_is_not_found(operator):
    assert operator.get("/ops/staff/999999/").status_code == 404


def test_a_refused_name_is_seen_and_sent_again(operator, city):
    clerk = desk.clerk_at()
    desk.blanks(3)
    ref = desk.apply(clerk, desk.senior("簡秀蘭"))
    city.settle()
    desk.approve(ref)
    here = f"/counter/prints/{desk.print_of(ref).print_id}/"
    clerk.post(f"{here}draw/")
    desk.send(clerk, here)
    city.settle()
    clerk.post(f"{here}hand-over/")
    city.settle()
    (one,) = [it for it in issuing.registrations() if it.print_id == desk.print_of(ref).print_id]
    refuse(one)
    page = operator.get("/ops/names/").content.decode()
    assert "name_mismatch" in page
    assert "簡秀蘭" not in page
    (day,) = operator.get("/ops/names/").context["days"]
    assert (day.opened, day.rejected) == (1, 1)
    operator.post("/ops/names/again/", {"name": one.registration_id})
    assert issuing.registrations(state="rejected") == []
    city.settle()
    assert [it.state for it in issuing.registrations()] == ["acknowledged"]


def refuse(one):
    from citycard.infra.database import execute

    execute(
        "UPDATE issuing_registration SET state = 'waiting' WHERE id = %s", [one.registration_id]
    )
    said = Acknowledgement(key=one.key, accepted=False, receipt="", why="name_mismatch")
    with unit_of_work():
        issuing.record_acknowledged(acknowledgements=[said], now=now())


@pytest.mark.parametrize("path", ["/ops/names/", "/ops/staff/", "/ops/staff/{}/"])
def test_every_page_speaks_english(operator, path):
    english = seeding.signed_in("operator", "doit", ["operator"], **{"accept-language": "en"})
    page = desk.sentences(english.get(path.format(staff_id("operator"))))
    shown = re.sub("中文|林承辦", "", page)
    assert not re.search(r"[\u3400-\u9fff]", shown), shown
