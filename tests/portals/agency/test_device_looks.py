"""Readers' pages in a real browser, with much to look at, on a phone and on a desk."""

import datetime as dt

import pytest

from citycard.agencies import api as agencies
from citycard.flows import tapping
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from tests.portals import looking, seeding

pytestmark = [*looking.needs_browser, pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def readers(city):
    """Two readers that are well, and one with whatever can be wrong with a reader."""
    seeding.activate()
    seeding.residents(3)
    found = seeding.enrol_readers("sports-daan", "sports-xinyi", "sports-songshan")
    for day in range(12, 0, -1):
        at = seeding.at_noon(day)
        taps = [seeding.tap(found[place], n, at) for n in range(3) for place in found]
        tapping.take(reads=taps, now=at)
    odd, at = found["sports-daan"], seeding.at_noon(0)
    first = seeding.tap(odd, 0, at)
    strange = [
        first._replace(seq=first.seq + 10),
        first._replace(seq=first.seq + 10, number="9999999999999999"),
        first._replace(seq=first.seq + 30, at=at + dt.timedelta(days=2)),
    ]
    tapping.take(reads=strange, now=at)
    with unit_of_work():
        now = clock.now()
        heard = agencies.Heard(
            device_id=odd, firmware="citycard-reader/0.0.9", backlog=2_310, skew_ms=-412_000
        )
        agencies.note_heard(heard=[heard], now=now)
        well = [agencies.Heard(device_id=one, backlog=0, skew_ms=300) for one in found.values()]
        agencies.note_heard(heard=well[1:], now=now)
        refused = [
            agencies.UploadsRefused(device_id=odd, problem=problem, times=times)
            for problem, times in (("unknown_reader", 14), ("bad_tap", 3), ("bad_ride", 2))
        ]
        agencies.note_refused_uploads(refused=refused, now=now)
        there = agencies.DeviceMove(
            device_id=odd,
            agency="sports-xinyi",
            place="sports-xinyi",
            service="sports-visit",
            since=seeding.at_noon(3),
        )
        agencies.move_devices(moves=[there], actor=SYSTEM, now=now)
        agencies.rotate_device_key(device_id=odd, actor=SYSTEM, now=now)
    return found


@pytest.fixture(scope="module")
def windows(readers):
    with looking.served() as address, looking.browsing() as browser:
        yield looking.Windows(browser, address)


@pytest.fixture(scope="module")
def officer(readers):
    return seeding.signed_in("organiser", "sports", ["organiser", "operator"])


PAGES = {
    "devices": "/agency/devices/",
    "device": "/agency/devices/{odd}/",
    "devices-file": "/agency/devices/file/",
    "readers": "/ops/readers/?show=odd",
    "reader": "/ops/readers/{odd}/",
}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("devices", "phone"),
        ("device", "phone"),
        ("device", "desk"),
        ("devices-file", "phone"),
        ("readers", "desk"),
        ("reader", "phone"),
    ],
)
def test_a_page_is_accessible_and_fits(readers, windows, officer, name, size):
    address = PAGES[name].format(odd=readers["sports-daan"])
    page = windows.at(address, officer, size=size)
    looking.picture(page, f"readers-{name}-{size}")
    assert looking.faults(page) == []


@pytest.mark.parametrize("size", ["phone"])
def test_a_file_is_looked_at_and_its_keys_are_handed_over(windows, officer, tmp_path, size):
    file = tmp_path / "readers.csv"
    file.write_text(
        "code,place,service,profile\n"
        f"DAAN-{size}-1,sports-daan,sports-visit,easycard_printed\n"
        f"DAAN-{size}-2,sports-daan,activity,easycard_uid_reversed\n"
    )
    page = windows.at("/agency/devices/file/", officer, size=size)
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="看看內容").click()
    page.get_by_role("button", name="登錄並產生金鑰檔").wait_for()
    looking.picture(page, f"readers-preview-{size}")
    assert looking.faults(page) == []
    page.get_by_role("button", name="登錄並產生金鑰檔").click()
    with page.expect_download() as handed:
        page.get_by_role("link", name="下載金鑰檔").click()
    looking.picture(page, f"readers-keys-{size}")
    assert looking.faults(page) == []
    lines = handed.value.path().read_text("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["code", f"DAAN-{size}-1", f"DAAN-{size}-2"]
