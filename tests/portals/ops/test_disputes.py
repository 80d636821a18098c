"""An officer ends a redemption that evidence has not ended, with a reason; the resident hears of
it."""

import datetime as dt
import uuid

import pytest

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra.clock import now, today
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.portals import seeding
from tests.portals.agency import town as towns

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def town(city):
    return towns.build(city)


@pytest.fixture(scope="module")
def kiosk(town):
    [place] = [it for it in agencies.places() if it.kind == "kiosk"][:1]
    with unit_of_work():
        [made] = agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code="KSK-1",
                    kind="kiosk",
                    agency=place.agency,
                    place=place.code,
                    service="kiosk",
                )
            ],
            actor=SYSTEM,
            now=now(),
        )
    return redemptions.Kiosk(
        device_id=made.device_id, code="KSK-1", place=place.code, agency=place.agency
    )


def hang(kiosk, n):
    """A card of resident `n` that has been under writing for half an hour."""
    card = cards.find(issuer="easycard", number_kind="printed", number=seeding.card_number(n))
    began_at = now() - dt.timedelta(minutes=30)
    key = uuid.uuid4()
    with unit_of_work():
        redemptions.reserve(
            asked=redemptions.Reservation(
                key=key,
                kiosk=kiosk,
                card_id=card.card_id,
                member_id=card.member_id,
                medium="easycard",
                points=20,
                reading=redemptions.CardReading(purse=100, counter=7),
            ),
            actor=SYSTEM,
            now=began_at,
        )
    with unit_of_work():
        redemptions.mark_writing(key=key, kiosk=kiosk, actor=SYSTEM, now=began_at)
    return redemptions.by_key(key=key)


@pytest.fixture
def officer(town):
    return seeding.signed_in("officer", "doit", ["officer"])


def ok(response, status=200):
    assert response.status_code == status, response.content.decode()[:3000]
    return response.content.decode()


def points_of(member_id):
    unit = "taipei-points"
    return ledger.balances(holders=[member_id], unit=unit, on=today(), access=None)[member_id]


def test_what_hangs_is_said_first_and_ends_with_a_reason(town, kiosk, officer, city):
    session = hang(kiosk, 1)
    page = ok(officer.get("/ops/"))
    assert "1 筆兌換需要主管裁決" in page
    assert f"#{session.id}" in ok(officer.get("/ops/redemptions/"))
    address = f"/ops/redemptions/{session.id}/"
    assert "卡片計數器" in ok(officer.get(address))
    ok(officer.post(address, {"reason": "票證公司回覆未寫入"}), 422)
    ok(officer.post(address, {"end": "released", "reason": ""}), 422)
    assert points_of(session.member_id).held == 20
    sent = {"end": "released", "reason": "票證公司回覆未寫入"}
    assert officer.post(address, sent).status_code == 302
    assert points_of(session.member_id).held == 0
    assert points_of(session.member_id).available == 30
    assert "已經結束" in ok(officer.get(address))
    city.settle()
    told = rows(
        "SELECT code FROM notify_message WHERE member_id = %s AND code LIKE 'redemptions.%%'",
        [session.member_id],
    )
    assert [row.code for row in told] == ["redemptions.session.released"]


def test_an_operator_sees_it_and_leaves_it_to_an_officer(town, kiosk):
    session = hang(kiosk, 2)
    operator = seeding.signed_in("only-operator", "doit", ["operator"])
    page = ok(operator.get("/ops/redemptions/"))
    assert "由主管裁決" in page
    assert operator.get(f"/ops/redemptions/{session.id}/").status_code == 403
