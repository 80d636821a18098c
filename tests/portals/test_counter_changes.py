"""What changes about people and their cards at the counter: each with a reason, and on record."""

import re

import pytest
from django.test import Client

from citycard.infra.database import rows, scalar
from citycard.issuing import api as issuing
from citycard.people import api as people
from tests.flows.living import new_number
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals.counter_desk import sentences


@pytest.fixture(scope="module")
def clerk(city: City) -> Client:
    desk.open_city()
    desk.blanks(20)
    return desk.clerk_at()


@pytest.fixture(scope="module")
def holder(city: City, clerk: Client) -> str:
    """The address of somebody with a card in hand."""
    ref = desk.card_in_hand(city, clerk, desk.senior("許美惠"))
    return desk.handle_in(clerk.get(f"/counter/cases/{ref}/").content.decode())


def card_of(clerk: Client, holder: str) -> str:
    page = clerk.get(holder).content.decode()
    found = re.search(rf'href="({holder}cards/[0-9a-f-]+/)"', page)
    assert found, sentences(clerk.get(holder))
    return found.group(1)


def history(address: str) -> list[tuple[str, str, str]]:
    public_id = address.rstrip("/").rpartition("/")[2]
    found = rows(
        "SELECT h.state, h.why, h.actor FROM cards_card_history h JOIN cards_card c"
        " ON c.id = h.card_id WHERE c.public_id = %s ORDER BY h.at, h.id",
        [public_id],
    )
    return [(one.state, one.why, one.actor) for one in found]


def test_a_card_is_stopped_and_goes_on_and_each_time_it_says_why(
    clerk: Client, holder: str
) -> None:
    address = card_of(clerk, holder)
    assert "恢復這張卡" not in sentences(clerk.get(address))
    silent = clerk.post(address, {"do": "suspend"})
    assert silent.status_code == 422
    assert "請選一個原因" in sentences(silent)
    assert clerk.post(address, {"do": "suspend", "reason": "nonsense"}).status_code == 422
    assert clerk.post(address, {"do": "resume", "reason": "checked"}).status_code == 422
    stopped = clerk.post(address, {"do": "suspend", "reason": "found"}, follow=True)
    assert "已暫停" in sentences(stopped)
    assert "恢復這張卡" in sentences(clerk.get(address))
    again = clerk.post(address, {"do": "resume", "reason": "given_back"}, follow=True)
    assert "已恢復" in sentences(again)
    (stop, go) = history(address)[-2:]
    assert (stop[:2], go[:2]) == (("suspended", "found"), ("active", "given_back"))
    assert stop[2].startswith("staff:")


def test_contact_details_change_and_what_is_emptied_is_gone(clerk: Client, holder: str) -> None:
    wrong = clerk.post(f"{holder}contact/", {"phone": "12", "email": "nobody", "address": ""})
    assert wrong.status_code == 422
    given = {"phone": "0922-333-444", "email": "mei@example.org", "address": "和平東路一段 1 號"}
    done = clerk.post(f"{holder}contact/", given, follow=True)
    assert all(word in sentences(done) for word in given.values())
    form = clerk.get(f"{holder}contact/").content.decode()
    assert 'value="mei@example.org"' in form
    done = clerk.post(f"{holder}contact/", {**given, "address": ""}, follow=True)
    assert "和平東路" not in sentences(done)


def test_a_new_id_number_takes_the_old_ones_place(clerk: Client, holder: str) -> None:
    wrong = clerk.post(f"{holder}number/", {"number": "A123456788", "why": "renumbered"})
    assert wrong.status_code == 422
    other = desk.senior("別人")
    desk.apply(clerk, other)
    taken = clerk.post(f"{holder}number/", {"number": other["id_number"], "why": "renumbered"})
    assert taken.status_code == 422
    number = new_number()
    done = clerk.post(f"{holder}number/", {"number": number, "why": "renumbered"}, follow=True)
    assert "證號已更換" in sentences(done)
    (member_id,) = people.member_ids_by_number(id_numbers=[number])
    why = scalar(
        "SELECT replaced_why FROM people_member_number WHERE member_id = %s"
        " AND replaced_at IS NOT NULL",
        [member_id],
    )
    assert why == "renumbered"


def test_a_card_is_taken_off_a_person_and_their_points_stay(clerk: Client, holder: str) -> None:
    address = card_of(clerk, holder)
    done = clerk.post(address, {"do": "unbind", "reason": "not_theirs"}, follow=True)
    assert "已解除歸戶" in sentences(done)
    assert history(address)[-1][1] == "not_theirs"
    assert "先暫停這張卡" not in sentences(clerk.get(address))
    assert clerk.post(address, {"do": "suspend", "reason": "found"}).status_code == 422


def test_a_card_is_not_made_after_all(city: City, clerk: Client) -> None:
    ref = desk.apply(clerk, desk.senior("白素貞"))
    city.settle()
    desk.approve(ref)
    job = desk.print_of(ref)
    here = f"/counter/prints/{job.print_id}/"
    clerk.post(f"{here}draw/")
    before = issuing.stock(counter=desk.COUNTER)[0].in_stock
    done = clerk.post(f"{here}give-up/", follow=True)
    assert "不製卡了" in sentences(done)
    assert issuing.print_job(print_id=job.print_id).state == "cancelled"
    assert issuing.stock(counter=desk.COUNTER)[0].in_stock == before + 1
    assert issuing.verify(now=desk.now()) == []
    assert "完成" in sentences(clerk.get(f"/counter/cases/{ref}/"))
    assert clerk.post(f"{here}give-up/").status_code == 422  # twice is once
    assert not [it for it in issuing.waiting_jobs(counter=desk.COUNTER) if it.ref == ref]


@pytest.mark.parametrize("what", ["", "contact/", "number/"])
def test_a_colleagues_address_opens_nobody(clerk: Client, holder: str, what: str) -> None:
    colleague = desk.clerk_at("office-daan", username="daan")
    assert colleague.get(f"{holder}{what}").status_code == 404


def test_every_page_speaks_english(city: City, holder: str, clerk: Client) -> None:
    english = desk.clerk_at(**{"Accept-Language": "en"})
    for what in ("contact/", "number/"):
        page = sentences(english.get(f"{holder}{what}"))
        assert not re.search(r"[\u3400-\u9fff]", re.sub("中文|許美惠|林承辦|王同事", "", page)), (
            page
        )
