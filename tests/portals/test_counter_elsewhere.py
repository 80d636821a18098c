"""The counter in another city: the same pages from another pack."""

import pytest

from citycard.agencies import api as agencies
from citycard.applications import api as applications
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals.counter_desk import sentences

pytestmark = pytest.mark.city("taoyuan")


def test_the_services_and_cards_are_the_packs(city: City) -> None:
    desk.open_city()
    clerk = desk.clerk_at(agencies.counters()[0].code)
    assert clerk.get("/counter/").status_code == 200
    services = applications.form().services
    page = sentences(clerk.get("/counter/new/"))
    for service in services.values():
        assert service.name["zh-Hant"] in page
    draft = desk.begin(clerk, next(iter(services)))
    assert clerk.get(draft).status_code == 200
    assert clerk.get(f"{draft}papers/").status_code == 200
    assert "一卡通" in sentences(clerk.get("/counter/stock/"))
