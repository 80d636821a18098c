"""The agencies' door, page by page."""

import pytest

from tests.portals import seeding
from tests.portals.agency import town as towns

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def town(city):
    return towns.build(city)


@pytest.fixture
def organiser(town):
    return seeding.signed_in("organiser", "sports", ["organiser", "finance"])


def ok(response):
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


PAGES = [
    "/agency/",
    "/agency/campaigns/",
    "/agency/campaigns/new/",
    "/agency/campaigns/new/1/",
    "/agency/campaigns/new/2/",
    "/agency/campaigns/new/3/",
    "/agency/figures/",
    "/agency/devices/",
    "/agency/statement/",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_every_page_stands_in_both_languages(town, path, language):
    organiser = seeding.signed_in(
        "organiser", "sports", ["organiser", "finance"], **{"accept-language": language}
    )
    ok(organiser.get(path))


def test_campaign_page(town, organiser):
    ok(organiser.get(f"/agency/campaigns/{town.campaign.id}/"))


def test_taps_become_points_figures_and_a_list(town, organiser):
    page = ok(organiser.get(f"/agency/campaigns/{town.campaign.id}/"))
    assert "19,280" in page  # 20,000 put aside, 24 people at the cap of 30
    listed = organiser.get(f"/agency/campaigns/{town.campaign.id}/list.csv")
    assert listed.status_code == 200
    lines = listed.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 26
