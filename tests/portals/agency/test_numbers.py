"""The page of an agency's own numbers: tried, taken whole, found, taken back; nobody's name."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from citycard.infra.database import scalar
from tests.portals import looking, seeding
from tests.portals.seeding import card_number, signed_in

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def library(city):
    seeding.activate()
    seeding.residents(4)
    return signed_in("librarian", "library", ["organiser"])


def file(*lines: str) -> SimpleUploadedFile:
    text = "\n".join(("讀者證號,卡號,狀態", *lines))
    return SimpleUploadedFile("numbers.csv", text.encode("utf-8-sig"), "text/csv")


def sent(library, do: str, *lines: str):
    return library.post("/agency/numbers/upload/", {"file": file(*lines), "do": do})


def linked() -> int:
    return scalar("SELECT count(*) FROM cards_agency_link WHERE upper_inf(recorded)")


def test_a_file_is_tried_then_taken_whole(library) -> None:
    good = (f"L000000001,{card_number(0)},", f"L000000002,{card_number(1)},停權")
    tried = sent(library, "try", *good)
    assert (tried.status_code, linked()) == (200, 0)
    assert "每一列都可以收下" in tried.content.decode()
    bad = sent(library, "save", *good, f"B1,{card_number(2)},")
    assert (bad.status_code, linked()) == (422, 0)
    assert '<th scope="row">4</th>' in bad.content.decode()  # the line in the file, heading and all
    assert sent(library, "save", *good).status_code == 200
    assert linked() == 2
    assert "市民000" not in bad.content.decode()


def test_a_number_is_found_and_taken_back(library) -> None:
    sent(library, "save", f"L000000003,{card_number(2)},suspended")
    found = library.post("/agency/numbers/", {"number": "L000000003"}).content.decode()
    assert "解除連結" in found
    assert "沒有連結" in library.post("/agency/numbers/", {"number": "L9"}).content.decode()
    before = linked()
    library.post("/agency/numbers/unlink/", {"number": "L000000003", "why": "left"})
    assert linked() == before - 1
    why = "SELECT ended_why FROM cards_agency_link WHERE NOT upper_inf(recorded)"
    assert scalar(why) == "left"


def test_only_an_agency_with_numbers_of_its_own_has_the_page(library) -> None:
    assert 'href="/agency/numbers/"' in library.get("/agency/").content.decode()
    sports = signed_in("coach", "sports", ["organiser"])
    assert 'href="/agency/numbers/"' not in sports.get("/agency/").content.decode()
    assert sports.get("/agency/numbers/").status_code == 404
    assert sports.get("/agency/numbers/sample.csv").status_code == 404
    assert b"own_number" in library.get("/agency/numbers/sample.csv").content


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_it_looks_right_on_a_phone_and_on_a_desk(library) -> None:
    found = {}
    with looking.served() as address, looking.browsing() as browser:
        for size in ("phone", "desk"):
            page = looking.opened(browser, address, library, size=size)
            page.goto(f"{address}/agency/numbers/")
            looking.picture(page, f"numbers-{size}")
            found["empty", size] = looking.faults(page)
            page.fill("#id_number", "L000000001")
            page.get_by_role("button", name="查詢").click()
            page.wait_for_selector("text=解除連結")
            looking.picture(page, f"numbers-found-{size}")
            found["found", size] = looking.faults(page)
            page.set_input_files(
                "input[type=file]",
                {
                    "name": "n.csv",
                    "mimeType": "text/csv",
                    "buffer": f"讀者證號,卡號\nL1,{card_number(1)}\nL000000009,123\n".encode(),
                },
            )
            page.get_by_role("button", name="先試算").click()
            page.wait_for_selector("text=沒有收下")
            looking.picture(page, f"numbers-bad-{size}")
            found["bad", size] = looking.faults(page)
    assert not {place: faults for place, faults in found.items() if faults}
