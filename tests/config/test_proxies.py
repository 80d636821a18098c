"""Through the city's proxy everybody keeps an address of their own; nobody else may lend one."""

from typing import Any

import pytest

from citycard.config.proxies import behind

PROXY, RESIDENT, OTHER = "10.1.0.7", "198.51.100.4", "203.0.113.9"


def seen(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with what the doors take the sender's address and the way there to be."""
    return [f"{environ['REMOTE_ADDR']} {environ['wsgi.url_scheme']}".encode()]


def asked(proxies: list[str], peer: str, **headers: str) -> str:
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", **headers}
    (answer,) = behind(seen, proxies)(environ, lambda *_: lambda _: None)
    return answer.decode()


def test_two_browsers_behind_a_named_proxy_are_two() -> None:
    for browser in (RESIDENT, OTHER):
        said = {"HTTP_X_FORWARDED_FOR": browser, "HTTP_X_FORWARDED_PROTO": "https"}
        assert asked([PROXY], PROXY, **said) == f"{browser} https"


def test_what_a_browser_claims_for_itself_is_not_believed() -> None:
    assert asked([PROXY], PROXY, HTTP_X_FORWARDED_FOR=f"{OTHER}, {RESIDENT}") == f"{RESIDENT} http"
    assert asked([PROXY], RESIDENT, HTTP_X_FORWARDED_FOR=OTHER) == f"{RESIDENT} http"


@pytest.mark.parametrize("named", ["10.1.0.0/16", PROXY])
def test_a_proxy_is_named_alone_or_by_its_network(named: str) -> None:
    assert asked([named], PROXY, HTTP_X_FORWARDED_FOR=RESIDENT) == f"{RESIDENT} http"


def test_without_a_named_proxy_a_header_is_just_a_header() -> None:
    assert asked([], "127.0.0.1", HTTP_X_FORWARDED_FOR=RESIDENT) == "127.0.0.1 http"
