"""The new pages in a real browser, on a phone and on a desk: windows, venues, rosters, a card."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from citycard.identity import api as identity
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.harness.cities import City
from tests.lives import people as lives
from tests.offers.test_parks import at, new_cards, park, take, uploaded
from tests.portals import counter_desk as desk
from tests.portals import looking, seeding

pytestmark = looking.needs_browser
START = dt.date(2026, 9, 1)


@pytest.fixture(scope="module")
def readers(town: City) -> dict[str, Any]:
    """Who looks, and a park that was cut off."""
    east, north = park("park-east"), park("park-north")
    visits = []
    for n, number in enumerate(new_cards(9)):
        visits += [(east, east.enter(number, at(5, 9 + n % 6))), (east, east.enter(number, at(7)))]
        if n % 3 == 0:
            visits.append((north, north.enter(number, at(9, 14, n))))
    take(uploaded(visits))
    school = {"level": "primary", "in_city": True, "code": "upper-bank"}
    who, _ = lives.member(
        dt.date(2017, 3, 2), since=START, registered_city="taoyuan", school=school
    )
    card = lives.card(who, "student", START)
    with unit_of_work():
        (account,) = identity.open_accounts(
            accounts=[identity.NewAccount(member_id=who, level=1)], actor=SYSTEM, now=at(1)
        )
    desk.blanks(20, "office-taoyuan")
    holder = seeding.Client()
    session = holder.session
    session["account_id"], session["level"] = account, 1
    session.save()
    return {
        "officer": seeding.signed_in("officer-a", "rdec", ["officer"]),
        "organiser": seeding.signed_in("expo", "culture", ["organiser"]),
        "community": seeding.signed_in("bay", "bay-court", ["organiser"]),
        "clerk": desk.clerk_at("office-taoyuan"),
        "holder": holder,
        "card": str(scalar("SELECT public_id FROM cards_card WHERE id = %s", [card])),
    }


PAGES = {
    "programmes": ("officer", "/agency/programmes/"),
    "programme-switch": ("officer", "/agency/programmes/general-card/"),
    "offers": ("organiser", "/agency/offers/"),
    "offer": ("organiser", "/agency/offers/expo-entry/"),
    "rosters": ("community", "/agency/rosters/"),
    "roster": ("community", "/agency/rosters/bay-court-resident/"),
    "hand-out": ("clerk", "/counter/hand-out/"),
    "card": ("holder", "/cards/{card}/"),
}


def test_every_page_on_a_phone_and_on_a_desk(readers: dict[str, Any]) -> None:
    found = {}
    _, number = lives.member(dt.date(1970, 1, 1), since=START)
    file = SimpleUploadedFile("bay.csv", f"id_number\n{number}\n".encode(), "text/csv")
    readers["community"].post("/agency/rosters/bay-court-resident/", {"file": file})
    with looking.served() as address, looking.browsing() as browser:
        windows = looking.Windows(browser, address)
        for size in ("phone", "desk"):
            for name, (who, path) in PAGES.items():
                page = windows.at(path.format(**readers), readers[who], size=size)
                assert page.locator("h1").count() == 1, (name, page.content()[:400])
                looking.picture(page, f"{name}-{size}")
                found[name, size] = looking.faults(page)
    assert not {place: faults for place, faults in found.items() if faults}
