"""An expected "no" reaches a person as a sentence in their door, and a program as RFC 9457."""

import json

import pytest
from django.test import Client

from citycard.infra.web.refusals import refusal_text, say, status_of
from citycard.kernel.errors import NotFound, Refused
from tests.infra_web.pages import TooFewPoints


class Known(Refused):
    """Please give this."""

    code = "This field is required."


@pytest.mark.parametrize("door", ["", "counter/", "agency/", "kiosk/", "ops/"])
def test_a_refusal_is_shown_in_the_door_it_happened_in(client: Client, door: str) -> None:
    answer = client.get(f"/{door}refuse")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'data-door="{door.rstrip("/") or "resident"}"' in page
    assert "There are 20 points, 1500 are needed." in page


def test_a_program_gets_a_problem_document(client: Client) -> None:
    for answer in (
        client.get("/api/refuse"),
        client.get("/refuse", headers={"accept": "application/json"}),
    ):
        assert answer["Content-Type"] == "application/problem+json"
        body = json.loads(answer.content)
        assert body["status"] == answer.status_code == 422
        assert body["code"] == "web_test.too_few_points"
        assert body["facts"] == {"balance": 20, "wanted": 1500}
        assert body["instance"] == f"urn:uuid:{answer['X-Request-ID']}"


def test_htmx_gets_a_notice_for_the_refusal_slot(client: Client) -> None:
    answer = client.get("/refuse", headers={"hx-request": "true"})
    assert answer["HX-Retarget"] == "#cc-refusal"
    assert "<html" not in answer.content.decode()
    assert "cc-notice--warn" in answer.content.decode()


def test_a_boosted_link_is_a_whole_page(client: Client) -> None:
    answer = client.get("/refuse", headers={"hx-request": "true", "hx-boosted": "true"})
    assert "<html" in answer.content.decode()


@pytest.mark.parametrize(("path", "status", "words"), [
    ("/no-such-page", 404, "找不到這一頁"),
    ("/lose", 404, "編號可能打錯了"),
    ("/forbid", 403, "這一頁需要其他權限"),
    ("/fail", 500, "我們這邊出了狀況"),
    ("/counter/no-such-page", 404, "回櫃台首頁"),
])  # fmt: skip
def test_errors_are_gentle_and_never_show_the_cause(
    client: Client, path: str, status: int, words: str
) -> None:
    answer = client.get(path)
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert "A123456789" not in page
    assert "ZeroDivision" not in page


def test_a_chinese_error_page_says_it_in_english_too(client: Client) -> None:
    assert "This page is not here." in client.get("/no-such-page").content.decode()


def test_a_page_that_was_open_too_long_says_that_nothing_was_sent() -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = strict.post("/preferences", {"text": "big"})
    assert answer.status_code == 403
    assert "not sent" in answer.content.decode()


def test_texts_follow_the_language_asked_for() -> None:
    assert refusal_text(Known(), "zh-hant") == "請填寫這一項。"
    assert refusal_text(Known(), "en") == "Please fill this in."


def test_a_code_without_a_text_falls_back_to_its_english_sentence() -> None:
    said = say(TooFewPoints(balance=1, wanted=2), "zh-hant")
    assert said.sentence == "There are 1 points, 2 are needed."
    assert said.title == "現在還不能這樣做"


@pytest.mark.parametrize(("method", "came", "back"), [
    ("post", "http://testserver/agency/case/1", "http://testserver/agency/case/1"),
    ("get", "http://testserver/agency/refuse", "/agency/"),    # it would only refuse again
    ("post", "https://evil.example/", "/agency/"),
    ("post", "", "/agency/"),
])  # fmt: skip
def test_back_leads_to_the_page_one_came_from(
    client: Client, method: str, came: str, back: str
) -> None:
    answer = getattr(client, method)("/agency/refuse", headers={"referer": came})
    assert f'href="{back}" class="cc-button' in answer.content.decode()


def test_not_found_is_404() -> None:
    assert status_of(NotFound(what="case")) == 404
