"""Every answer has a name and its headers; the log has neither addresses nor people."""

import logging
import re
import uuid

import pytest
from django.test import Client


def test_the_log_knows_the_route_and_not_the_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/greet/王小美", {"q": "A123456789"})
    (line,) = (each.msg for each in caplog.records if each.name == "citycard.access")
    assert isinstance(line, dict)  # what the log's renderer is given
    assert line["event"] == "request"
    assert line["route"] == "/greet/<str:name>"
    assert line["status"] == 200
    told = str([each.msg for each in caplog.records])
    assert "王小美" not in told
    assert "A123456789" not in told


@pytest.mark.parametrize(("given", "kept"), [
    (str(uuid.UUID(int=7)), True),
    ("A123456789", False),        # anything that isn't a UUID could carry somebody's data
    ("x" * 5000, False),
])  # fmt: skip
def test_only_a_uuid_is_taken_from_outside(client: Client, given: str, kept: bool) -> None:
    answer = client.get("/greet/a", headers={"x-request-id": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["X-Request-ID"])


def test_pages_are_kept_by_nobody_and_found_by_no_search_engine(client: Client) -> None:
    answer = client.get("/greet/a")
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]
    assert "camera=(self)" in answer["Permissions-Policy"]
    assert "Disallow: /" in client.get("/robots.txt").content.decode()


def test_the_content_policy_allows_no_inline_code(client: Client) -> None:
    policy = client.get("/style")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_no_page_of_the_style_guide_needs_inline_style_or_handlers(client: Client) -> None:
    from citycard.infra.web.style_guide import PAGES

    for name in PAGES:
        page = client.get(f"/style/{name}").content.decode()
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page), name


def test_choices_are_kept_and_nobody_is_sent_elsewhere(client: Client) -> None:
    answer = client.post("/preferences", {"text": "big", "language": "en", "next": "/style"})
    assert answer["Location"] == "/style"
    page = client.get("/style").content.decode()
    assert 'data-text="big"' in page
    assert 'lang="en"' in page
    away = client.post("/preferences", {"theme": "dark", "next": "https://evil.example/"})
    assert away["Location"] == "/"
    assert 'data-theme="dark"' in client.get("/style").content.decode()


def test_a_choice_nobody_offers_is_not_kept(client: Client) -> None:
    client.post("/preferences", {"text": "<script>", "language": "xx", "theme": "neon"})
    assert set(client.cookies) <= {"csrftoken"}


def test_the_style_guide_is_for_demo_cities_only(client: Client, settings: object) -> None:
    settings.CITYCARD_DEMO = settings.DEBUG = False
    assert client.get("/style").status_code == 404
