"""The city's figures for everybody: closed months, without signing in."""

import json

import pytest
from django.test import Client

from citycard.flows import activating
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import api as insight
from tests.insight.seen import at, store, tap
from tests.portals import looking

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def months(city):
    activating.activate(pack=current_pack(), now=clock.now())
    store(
        *(tap(member, at(1 + member % 9)) for member in range(240)),
        *(tap(member, at(1 + member % 9), place="sports-xinyi") for member in range(4)),
        *(tap(m, at(2 + m % 5), service="library-loan", place="library-main") for m in range(90)),
        *(tap(m, at(3), service="youbike-ride", place="youbike") for m in range(60, 320)),
    )
    store(*(tap(member, clock.now()) for member in range(40)))
    announced = rows(
        "SELECT id, body::text AS body FROM infra_journal WHERE code = 'taps.batch.stored'"
    )
    with unit_of_work():
        insight.absorb_taps(
            [
                Announced(
                    id=it.id, code="taps.batch.stored", body=json.loads(it.body), at=clock.now()
                )
                for it in announced
            ]
        )
    insight.count_city_people(now=clock.now())
    insight.keep_editions(now=clock.now())


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_everybody_reads_closed_months_only(months, language):
    visitor = Client(headers={"accept-language": language})
    assert 'href="/figures/"' in visitor.get("/").content.decode()
    page = visitor.get("/figures/").content.decode()
    assert {"zh-hant": "全市數據", "en": "City figures"}[language] in page
    assert 'value="2016-03"' in page
    assert f'value="{clock.today():%Y-%m}"' not in page
    asked = visitor.get(f"/figures.csv?month={clock.today():%Y-%m}")
    assert asked["Content-Disposition"] == 'attachment; filename="city-2016-03.csv"'


def test_the_file_hides_what_the_page_hides(months):
    visitor = Client()
    lines = visitor.get("/figures.csv").content.decode().splitlines()
    assert lines[1].split(",")[-2:] == ["594", "320"]
    assert not any("sports-xinyi" in line for line in lines)  # four people came there
    assert visitor.post("/figures/").status_code == 405


@pytest.fixture(scope="module")
def windows(months):
    with looking.served() as address, looking.browsing() as browser:
        yield looking.Windows(browser, address)


@pytest.mark.browser
@pytest.mark.skipif(looking.needs_browser[1].args[0], reason="no chromium")
@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize(
    ("name", "path"), [("city", "/figures/"), ("below", "/figures/?at=all/leisure"), ("start", "/")]
)
def test_pages_are_accessible_and_fit(windows, name, path, size):
    page = windows.at(path, None, size=size)
    looking.picture(page, f"figures-{name}-{size}")
    assert looking.faults(page) == []
