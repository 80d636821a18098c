"""The reader's own choices: language, large text, dark colours. Cookies keep them, no account."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

TEXT_COOKIE = "citycard_text"
COLOR_COOKIE = "citycard_color"
TEXTS = ("normal", "big")
COLORS = ("auto", "light", "dark")
KEPT_FOR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """How this reader wants to see pages."""

    text: str = "normal"
    color: str = "auto"


def chosen(request: HttpRequest) -> Chosen:
    """Read the choices from the request; anything unknown counts as not chosen."""
    text = request.COOKIES.get(TEXT_COOKIE, "")
    color = request.COOKIES.get(COLOR_COOKIE, "")
    return Chosen(
        text=text if text in TEXTS else "normal", color=color if color in COLORS else "auto"
    )


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep a choice and go back to the page it was made on."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        _keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    for cookie, name, known in ((TEXT_COOKIE, "text", TEXTS), (COLOR_COOKIE, "theme", COLORS)):
        if request.POST.get(name) in known:
            _keep(response, cookie, request.POST[name])
    return response


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
