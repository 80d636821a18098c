"""The design system alone: its middleware and its addresses, no other app's, no database."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings

from citycard.infra.web import doors
from citycard.infra.web.texts import compile_catalogues

OURS = ("django.", "csp.", "django_htmx.", "citycard.infra.web.")


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    compile_catalogues()


@pytest.fixture(autouse=True)
def _only_the_web(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(doors, "SHELLS", ("cc/door_{door}.html",))
    middleware = [name for name in settings.MIDDLEWARE if name.startswith(OURS)]
    with override_settings(
        ROOT_URLCONF="tests.infra_web.pages",
        MIDDLEWARE=middleware,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    ):
        yield


@pytest.fixture
def client() -> Client:
    """A browser that speaks Chinese, and gets 500 as people do."""
    return Client(raise_request_exception=False, headers={"accept-language": "zh-TW"})
