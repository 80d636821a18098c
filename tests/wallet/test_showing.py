"""A card on a phone: what the screen shows is what a scanner reads, and it renews itself."""

import io

import pytest
import zxingcpp
from django.test import Client
from PIL import Image

from citycard.infra import clock
from citycard.infra.database import execute, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.wallet import api as wallet
from tests.harness.cities import City
from tests.portals import looking, purse, seeding

Holder = tuple[Client, str, Client]


@pytest.fixture(scope="module")
def holder(city: City) -> Holder:
    """Somebody with a card, where it is shown, and somebody else."""
    seeding.activate()
    member, other = seeding.residents(2)
    public_id = scalar(
        "SELECT c.public_id FROM cards_card c JOIN cards_binding b ON b.card_id = c.id"
        " WHERE b.member_id = %s",
        [member],
    )
    return purse.resident(member), f"/cards/{public_id}/show/", purse.resident(other)


def scanned(picture: bytes) -> dict[str, str]:
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return {one.format.name: one.text for one in found}


def outcome(code: str, use: str = "9:1:1") -> str:
    with unit_of_work():
        at = clock.now()
        return wallet.resolve(codes=[code], ats=[at], uses=[use], now=at)[0].outcome


def test_its_addresses_are_the_holders_alone(holder: Holder) -> None:
    _, path, other = holder
    for tail in ("", "code/"):
        assert other.get(path + tail).status_code == 404
        assert Client().get(path + tail).status_code == 302
    assert other.post(path + "renew/").status_code == 404


def test_a_page_with_a_code_is_kept_nowhere(holder: Holder) -> None:
    client, path, _ = holder
    for tail in ("", "code/"):
        assert "no-store" in client.get(path + tail)["Cache-Control"]


def test_other_pseudonyms_on_the_holders_word(holder: Holder) -> None:
    client, path, _ = holder
    before = scalar("SELECT line_token FROM wallet_token WHERE upper_inf(held)")
    assert client.post(path + "renew/", follow=True).status_code == 200
    assert scalar("SELECT line_token FROM wallet_token WHERE upper_inf(held)") != before


def test_a_stopped_card_is_not_shown_and_the_page_says_what_to_do(
    holder: Holder,
) -> None:
    client, path, _ = holder
    execute("UPDATE cards_card SET state = 'suspended' WHERE state = 'active'")
    try:
        told = client.get(path)
    finally:
        execute("UPDATE cards_card SET state = 'active' WHERE state = 'suspended'")
    assert told.status_code == 422
    assert "這張卡目前不能使用" in told.content.decode()


@looking.needs_browser[0]
@looking.needs_browser[1]
def test_a_scanner_reads_both_codes_from_the_screen(holder: Holder) -> None:
    client, path, _ = holder
    with looking.served() as address, looking.browsing() as browser:
        page = looking.opened(browser, address, client, size="phone")
        page.goto(address + path)
        looking.picture(page, "show-phone")
        assert looking.faults(page) == []
        read = scanned(page.screenshot(full_page=True))
        assert read["QRCode"].startswith("CC1:")
        assert outcome(read["QRCode"]) == "good"
        assert outcome(read["Code128"]) == "good"

        shown = page.locator(".cc-code__digits").inner_text()
        assert shown.replace(" ", "") == read["Code128"]
        page.evaluate(
            "htmx.ajax('GET', location.pathname + 'code/', {target: '#code', swap: 'outerHTML'})"
        )
        page.wait_for_function("document.querySelectorAll('.cc-code').length === 1")
        page.wait_for_timeout(300)
        again = scanned(page.screenshot(full_page=True))["QRCode"]
        assert again != read["QRCode"]
        assert page.url.endswith(path)

        page.context.set_offline(True)
        page.evaluate("document.querySelector('.cc-code__live').remove()")
        assert page.get_by_text("這個代碼過期了").is_visible()
        looking.picture(page, "show-over-phone")
        assert looking.faults(page) == []
        page.context.set_offline(False)
        for size, cookies in (
            ("desk", {}),
            ("phone", {"theme": "dark"}),
            ("phone", {"text": "big"}),
        ):
            window = looking.opened(browser, address, client, size=size, **cookies)
            window.goto(address + path)
            looking.picture(window, f"show-{size}-{'-'.join(cookies.values())}")
            assert looking.faults(window) == []
            assert "Code128" in scanned(window.screenshot(full_page=True))
