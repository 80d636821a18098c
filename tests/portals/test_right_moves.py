"""A right that one card alone carries: its holder or a clerk puts it on another card of theirs, and
a card that is given back leaves it free."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from citycard.cards import api as cards
from citycard.infra import clock, journal
from citycard.infra.crypto import seal
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.portals.counter import handles
from tests.flows.registers import Resident, residents
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals import looking, purse
from tests.portals.counter_desk import sentences

pytestmark = pytest.mark.city("taichung")

RIGHT = "resident-bus"


def second_card(who: Resident) -> None:
    """Give somebody another card, which carries the bus from then on."""
    with unit_of_work():
        [made] = cards.register_many(
            cards=[
                cards.NewCard(
                    kind="bus", medium="easycard",
                    numbers={"printed": f"7{who.card:0>15}", "chip_id": f"7{who.card[1:]}"},
                )
            ],
            actor=SYSTEM,
            now=clock.now(),
        )  # fmt: skip
        assert made.card_id is not None
        cards.bind_many(
            binds=[cards.Bind(card_id=made.card_id, member_id=who.member_id)],
            actor=SYSTEM, now=clock.now(),
        )  # fmt: skip


@pytest.fixture(scope="module")
def rider(city: City) -> Resident:
    """Somebody with two cards; the second that joined carries the bus."""
    desk.open_city()
    (who,) = residents(1, approval=RIGHT, kind="bus")
    second_card(who)
    return who


@pytest.fixture(scope="module")
def clerk(rider: Resident) -> Client:
    counter = str(scalar("SELECT code FROM agencies_counter ORDER BY code LIMIT 1"))
    return desk.clerk_at(counter, **{"accept-language": "zh-hant"})


@pytest.fixture(scope="module")
def person(clerk: Client, rider: Resident) -> str:
    """The rider's address, as this clerk's search would give it."""
    staff = scalar(
        "SELECT staff_id FROM identity_account WHERE id = %s", [clerk.session["account_id"]]
    )
    blob = seal(handles._LABEL, str(rider.member_id), row=f"staff:{staff}")
    return f"/counter/people/{handles.base64.urlsafe_b64encode(blob).decode().rstrip('=')}/"


def carrier(who: Resident) -> int | None:
    return cards.cards_carrying(member_ids=[who.member_id]).get((who.member_id, RIGHT))


def card_ids(who: Resident) -> dict[str, int]:
    """The first card and the second, by their public ids in order."""
    found = rows(
        "SELECT c.public_id::text AS public_id, c.id FROM cards_card c JOIN cards_binding b"
        " ON b.card_id = c.id WHERE b.member_id = %s AND upper_inf(b.recorded) ORDER BY c.id",
        [who.member_id],
    )
    return {one.public_id: one.id for one in found}


def test_a_resident_moves_the_bus_to_another_of_their_cards(rider: Resident) -> None:
    (first, one), (second, other) = card_ids(rider).items()
    assert carrier(rider) == other
    me = purse.resident(rider.member_id)
    page = me.get(f"/cards/{first}/").content.decode()
    assert "可以改用這張卡" in page
    assert "可以改用這張卡" not in me.get(f"/cards/{second}/").content.decode()
    here = f"/cards/{first}/carry/{RIGHT}/"
    asked = me.get(here).content.decode()
    assert "這項權益一次只能放在一張卡" in asked
    (seen,) = re.findall(r'name="seen" value="([^"]*)"', asked)
    assert seen == second
    done = me.post(here, {"seen": seen}, follow=True).content.decode()
    assert "已改由這張卡使用" in done
    assert carrier(rider) == one
    stale = me.post(f"/cards/{second}/carry/{RIGHT}/", {"seen": ""})
    assert stale.status_code == 422
    assert "剛剛已經移到另一張卡片" in stale.content.decode()
    assert carrier(rider) == one
    journal.pump_until_idle()
    told = rows(
        "SELECT code, params FROM notify_message WHERE member_id = %s ORDER BY id DESC LIMIT 1",
        [rider.member_id],
    )
    assert (told[0].code, json.loads(told[0].params)["entitlement"]) == ("cards.right.moved", RIGHT)


def test_nobody_moves_what_is_another_persons(rider: Resident, city: City) -> None:
    (stranger,) = residents(1, approval=RIGHT, kind="bus")
    first, *_ = card_ids(rider)
    before = carrier(rider)
    they = purse.resident(stranger.member_id)
    assert they.post(f"/cards/{first}/carry/{RIGHT}/", {"seen": ""}).status_code == 404
    assert carrier(rider) == before


def test_a_clerk_moves_it_and_takes_a_card_back(
    rider: Resident, clerk: Client, person: str
) -> None:
    (first, one), (second, other) = card_ids(rider).items()
    assert carrier(rider) == one
    page = sentences(clerk.get(f"{person}cards/{second}/"))
    assert "改由這張卡使用" in page
    asked = {"do": "move", "right": RIGHT, "seen": first}
    done = clerk.post(f"{person}cards/{second}/", asked, follow=True)
    assert "已改由這張卡使用" in sentences(done)
    assert carrier(rider) == other

    told = sentences(clerk.get(f"{person}cards/{second}/"))
    for what in ("永久停用", "只限一張卡使用，會先停下來", "儲值金由發卡公司退還"):
        assert what in told, what
    silent = clerk.post(f"{person}cards/{second}/", {"do": "give_back"})
    assert silent.status_code == 422
    given = {"do": "give_back", "reason": "holder_gave_back"}
    assert "已收回" in sentences(clerk.post(f"{person}cards/{second}/", given, follow=True))
    kept = rows(
        "SELECT h.state, h.why, h.actor FROM cards_card_history h WHERE h.card_id = %s"
        " ORDER BY h.at DESC, h.id DESC LIMIT 1",
        [other],
    )
    assert kept[0][:2] == ("returned", "holder_gave_back")
    assert kept[0].actor.startswith("staff:")
    assert clerk.post(f"{person}cards/{second}/", given).status_code == 422, "twice is once"
    assert carrier(rider) is None
    free = sentences(clerk.get(f"{person}cards/{first}/"))
    assert "現在沒有卡片使用" in free
    clerk.post(f"{person}cards/{first}/", {"do": "move", "right": RIGHT, "seen": ""})
    assert carrier(rider) == one
    assert cards.verify() == []


@looking.needs_browser[0]
@looking.needs_browser[1]
def test_the_pages_on_a_phone_and_on_a_desk(clerk: Client, city: City) -> None:
    (who,) = residents(1, approval=RIGHT, kind="bus")
    second_card(who)
    first, second = card_ids(who)
    staff = scalar(
        "SELECT staff_id FROM identity_account WHERE id = %s", [clerk.session["account_id"]]
    )
    blob = seal(handles._LABEL, str(who.member_id), row=f"staff:{staff}")
    handle = handles.base64.urlsafe_b64encode(blob).decode().rstrip("=")
    me: Any = purse.resident(who.member_id)
    pages = {
        "card": (f"/cards/{first}/", me),
        "move-right": (f"/cards/{first}/carry/{RIGHT}/", me),
        "counter-card": (f"/counter/people/{handle}/cards/{first}/", clerk),
        "counter-card-carrying": (f"/counter/people/{handle}/cards/{second}/", clerk),
    }
    assert looking.faulty(pages) == {}
