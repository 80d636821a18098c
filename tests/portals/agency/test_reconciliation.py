"""Finance's pages: where three books differ it is settled; partners and their deposits."""

import datetime as dt
import uuid

import pytest

from citycard.infra.clock import now, today
from citycard.infra.unit_of_work import unit_of_work
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.kiosk.conftest import activate, balance, give_points
from tests.portals import looking, seeding

pytestmark = [pytest.mark.usefixtures("city")]
KIOSK = redemptions.Kiosk(
    device_id=31, code="KSK-31", place="kiosk-office-daan", agency="office-daan"
)
MEMBER = 70_000


def loading(card: int, *, state: str = "settled", points: int = 100) -> redemptions.Session:
    """Make a loading five days ago, of which no file and no journal ever came."""
    member, at = MEMBER + card, now() - dt.timedelta(days=5)
    give_points({member: 300})
    asked = redemptions.Reservation(
        key=uuid.uuid4(),
        kiosk=KIOSK,
        card_id=card,
        member_id=member,
        medium="easycard",
        points=points,
        reading=redemptions.CardReading(purse=50, counter=7),
    )
    with unit_of_work():
        session = redemptions.reserve(asked=asked, actor=seeding.SYSTEM, now=at)
        redemptions.mark_writing(key=asked.key, kiosk=KIOSK, actor=seeding.SYSTEM, now=at)
        if state == "settled":
            after = redemptions.CardReading(purse=50 + points, counter=8)
            redemptions.settle(
                key=asked.key, kiosk=KIOSK, reading=after, actor=seeding.SYSTEM, now=at
            )
    return session


def kiosk_says(session: redemptions.Session, card: int) -> None:
    """Let the kiosk upload that it wrote."""
    line = redemptions.KioskLine(
        key=session.key,
        seq=card,
        card_number=f"{card:016}",
        counter=8,
        ntd=session.ntd,
        purse_before=50,
        purse_after=50 + session.ntd,
        wrote=True,
        at=session.reserved_at,
    )
    with unit_of_work():
        redemptions.take_kiosk_lines(
            lines=[line], kiosk=KIOSK, issuer="easycard", number_kind="printed", now=now()
        )


@pytest.fixture(scope="module")
def books(city):
    activate()
    missing, hanging = loading(1), loading(2, state="writing")
    kiosk_says(missing, 1)
    kiosk_says(hanging, 2)
    with unit_of_work():
        redemptions.reconcile(on=today(), now=now())
    return missing, hanging


def of(session: redemptions.Session, kind: str) -> redemptions.Difference:
    found = redemptions.differences(state=None)
    return next(it for it in found if it.session_id == session.id and it.kind == kind)


@pytest.fixture
def officer(books):
    return seeding.signed_in("officer", "doit", ["officer", "finance"])


def test_differences_are_listed_with_the_day_of_detection(officer, books):
    missing, hanging = books
    text = officer.get("/agency/reconciliation/").content.decode()
    assert "票證公司檔案沒有" in text
    assert "帳上沒有" in text
    assert of(hanging, "missing_ledger").detail == "hangs"
    assert of(missing, "missing_file").found_on == today()


def test_nobody_settles_without_a_ruling_and_a_reason(officer, books):
    address = f"/agency/reconciliation/{of(books[0], 'missing_file').id}/"
    assert officer.post(address, {"reason": "reply of the company"}).status_code == 422
    refused = officer.post(address, {"ruling": "explained", "reason": "x"})
    assert refused.status_code == 422
    assert "請" in refused.content.decode()


def test_other_agencies_staff_neither_see_nor_settle_nor_pay(books):
    elsewhere = seeding.signed_in("sports", "sports", ["finance", "officer"])
    one = of(books[0], "missing_file")
    for page in ("reconciliation/", f"reconciliation/{one.id}/", "partners/"):
        assert elsewhere.get(f"/agency/{page}").status_code == 404, page
    told = {"ruling": "not_written", "reason": "because I say so"}
    assert elsewhere.post(f"/agency/reconciliation/{one.id}/", told).status_code == 404
    paid = {
        "partner": "easycard",
        "ntd": "1,000,000,000",
        "paid_on": today().isoformat(),
        "reference": "BOT-9",
    }
    assert elsewhere.post("/agency/partners/", paid).status_code == 404
    assert redemptions.difference(difference_id=one.id).state == "open"
    assert redemptions.partner_statement(partner="easycard", month=today()).deposits == 0
    home = elsewhere.get("/agency/").content.decode()
    assert "/agency/reconciliation/" not in home


def test_an_auditor_reads_and_settles_nothing(books):
    auditor = seeding.signed_in("auditor", "doit", ["auditor"])
    address = f"/agency/reconciliation/{of(books[0], 'missing_file').id}/"
    assert auditor.get(address).status_code == 200
    assert 'name="ruling"' not in auditor.get(address).content.decode()
    told = {"ruling": "explained", "reason": "because I say so"}
    assert auditor.post(address, told).status_code == 404


def test_settling_ends_a_session_that_hangs_and_makes_a_wrong_end_good(officer, books):
    missing, hanging = books
    address = f"/agency/reconciliation/{of(hanging, 'missing_ledger').id}/"
    told = {"ruling": "written", "reason": "kiosk's journal and the card agree"}
    assert officer.post(address, told).status_code == 302
    assert redemptions.session(session_id=hanging.id).state == "settled"
    address = f"/agency/reconciliation/{of(missing, 'missing_file').id}/"
    told = {"ruling": "not_written", "reason": "the card does not have it"}
    assert officer.post(address, told).status_code == 302
    assert redemptions.session(session_id=missing.id).returned_points == 100
    assert [balance(MEMBER + n) for n in (1, 2)] == [(300, 0), (200, 0)]
    assert officer.post(address, told).status_code == 422
    assert ledger.verify() == redemptions.verify() == []


def test_a_payment_ahead_is_booked_once_and_the_level_is_watched(officer):
    told = {
        "partner": "easycard",
        "ntd": "600,000",
        "paid_on": today().isoformat(),
        "reference": "BOT-1",
    }
    assert "預付款偏低" in officer.get("/agency/partners/").content.decode()
    for _ in range(2):
        assert officer.post("/agency/partners/", told).status_code == 302
    assert "預付款偏低" not in officer.get("/agency/partners/").content.decode()
    found = redemptions.partner_statement(partner="easycard", month=today())
    assert found.deposits == 600_000
    assert officer.post("/agency/partners/", told | {"ntd": "-5"}).status_code == 422
    assert officer.post("/agency/partners/", told | {"partner": "nobody"}).status_code == 404


@pytest.fixture(scope="module")
def address(books):
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with looking.browsing() as found:
        yield found


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", ["reconciliation", "difference", "partners"])
def test_a_page_is_accessible_and_fits(address, browser, books, name, size):
    officer = seeding.signed_in("officer", "doit", ["officer", "finance"])
    one = redemptions.differences(state="open")[0]
    where = {
        "reconciliation": "reconciliation/",
        "difference": f"reconciliation/{one.id}/",
        "partners": "partners/",
    }
    page = looking.opened(browser, address, officer, size=size)
    page.goto(f"{address}/agency/{where[name]}")
    looking.picture(page, f"agency-{name}-{size}")
    assert looking.faults(page) == []
    page.context.close()
