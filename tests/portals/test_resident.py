"""The resident's door, walked page by page in a small city."""

import io
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from rich.progress import Progress

from citycard.cards import api as cards
from citycard.flows import activating
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.portals.resident import faces
from citycard.simulation import api as simulation
from tests.harness.cities import City
from tests.portals.counter_desk import let_go

PAGES = [
    "/",
    "/services/",
    "/points/",
    "/messages/",
    "/me/",
    "/me/access/",
    "/me/consents/",
    "/cases/",
    "/apply/",
]


def picture(kind: str) -> bytes:
    kept = io.BytesIO()
    Image.effect_noise((525, 675), 60).convert("RGB").save(kept, kind)
    return kept.getvalue()


@pytest.fixture(scope="module")
def demo(city: City) -> City:
    activating.activate(pack=current_pack(), now=clock.now())
    simulation.build_city(progress=Progress(disable=True), residents=300)
    return city


@pytest.fixture
def resident(demo: City) -> Client:
    client = Client(headers={"accept-language": "zh-hant"})
    response = client.post("/sign-in/persona/", {"code": "resident"}, follow=True)
    assert response.status_code == 200
    return client


@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_in_both_languages(resident: Client, page: str, language: str) -> None:
    response = resident.get(page, headers={"accept-language": language})
    assert response.status_code == 200, response.content.decode()[:500]


def test_a_visitor_sees_what_the_card_is_and_is_sent_to_sign_in_for_the_rest(demo: City) -> None:
    visitor = Client()
    assert "一張卡" in visitor.get("/").content.decode()
    assert visitor.get("/services/").status_code == 200
    for page in ("/points/", "/messages/", "/me/", "/apply/", "/cases/"):
        response = visitor.get(page)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/sign-in/")


def test_why_a_service_is_or_is_not_mine(resident: Client) -> None:
    for code in current_pack().table("forms")["taipei-card"]["services"]:
        page = resident.get(f"/services/{code}/").content.decode()
        assert "怎麼判斷的" in page


def test_applying_one_question_a_page_names_all_that_is_missing_then_sends(
    resident: Client,
) -> None:
    response = resident.post("/apply/", {"services": ["health-service"]})
    assert response.status_code == 302
    page = response.headers["Location"]
    draft = page.split("/")[2]
    check = f"/apply/{draft}/check/"
    assert "還缺" in resident.get(check).content.decode()
    for _ in range(20):
        if "/question/" not in page:
            break
        field = page.rstrip("/").rpartition("/")[2]
        shown = resident.get(page).context["form"]
        response = resident.post(page, _answer(field) or {field: shown.initial.get(field, "")})
        assert response.status_code == 302, response.content.decode()
        page = response.headers["Location"]
    assert page.endswith("/papers/")
    paper = SimpleUploadedFile("id.pdf", picture("PDF"), "application/pdf")
    assert resident.post(page, {"identity-card": paper}).status_code == 302
    photo = SimpleUploadedFile("me.jpg", picture("JPEG"), "image/jpeg")
    assert resident.post(page, {"photo": photo}).status_code == 302
    assert "還缺" not in resident.get(check).content.decode()
    assert "請先同意查核" in resident.post(check).content.decode()
    sent = resident.post(check, {"consent": "yes"})
    assert sent.status_code == 302
    assert resident.get(sent.headers["Location"]).status_code == 200


def test_a_service_that_is_offered_no_more_is_named_and_others_are_chosen_instead(
    resident: Client,
) -> None:
    begun = resident.post("/apply/", {"services": ["health-service"]}).headers["Location"]
    draft = begun.split("/")[2]
    let_go("flying", "飛行服務", draft=draft, still="health-service")
    assert resident.get(f"/apply/{draft}/papers/").status_code == 200
    check = resident.get(f"/apply/{draft}/check/").content.decode()
    assert "「飛行服務」這項服務，請重新選擇服務" in check
    assert f'href="/apply/?draft={draft}"' in check
    choose = f"/apply/?draft={draft}"
    assert 'value="health-service" checked' in resident.get(choose).content.decode()
    again = resident.post(choose, {"services": ["senior-rides"]}).headers["Location"]
    assert again.split("/")[2] == draft
    assert "飛行服務" not in resident.get(f"/apply/{draft}/check/").content.decode()


def test_a_file_that_is_not_what_it_says_is_refused_in_words(resident: Client) -> None:
    page = resident.post("/apply/", {"services": ["health-service"]}).headers["Location"]
    papers = f"/apply/{page.split('/')[2]}/papers/"
    rubbish = SimpleUploadedFile("id.pdf", b"<html>not a pdf", "application/pdf")
    response = resident.post(papers, {"identity-card": rubbish})
    assert response.status_code in (400, 409, 415, 422)
    assert "applications." not in response.content.decode()


@pytest.mark.parametrize(("kind", "issuer"), [("senior", "臺北市政府社會局"), ("general", "")])
def test_who_issues_a_card_is_named_where_the_pack_names_somebody(kind: str, issuer: str) -> None:
    at = clock.now()
    card = cards.CardView(
        card_id=1, public_id=uuid.uuid4(), kind=kind, medium="easycard", state="active",
        state_at=at, masked_number="", version="", expires_on=None, bound_at=at, unbound_at=None,
    )  # fmt: skip
    assert faces.issuer_of(card) == issuer


def test_a_lost_card_opens_nothing_any_more(resident: Client) -> None:
    home = resident.get("/").content.decode()
    card = re.search(r"/cards/([0-9a-f-]{36})/lost/", home)
    assert card is not None
    assert resident.post(card.group(0)).status_code == 302
    assert "已掛失" in resident.get(f"/cards/{card.group(1)}/").content.decode()


def _answer(field: str) -> dict[str, str]:
    known = {
        "name": "陳秀英",
        "sex": "f",
        "district": "zhongzheng",
        "pickup_counter": "office-zhongzheng",
        "applied_by": "self",
        "phone": "0912345678",
    }
    return {field: known[field]} if field in known else {}
