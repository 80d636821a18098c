"""Views of the theme: the city's stylesheet, its mark, the art of a card kind, robots."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from . import addresses
from .city import current_theme
from .themes import stylesheet

PLAIN_MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect x="2" y="6" width="28" height="20" rx="5" fill="none" stroke="{colour}"'
    ' stroke-width="2.5"/></svg>'
)


def _kept(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=300)
    return response


@require_safe
def theme_css(_request: HttpRequest) -> HttpResponse:
    """Answer with the city's colours."""
    css = stylesheet(current_theme(), addresses.CARD_ART)
    return _kept(HttpResponse(css, content_type="text/css; charset=utf-8"))


@require_safe
def mark(_request: HttpRequest) -> HttpResponse:
    """Answer with the city's mark."""
    theme = current_theme()
    drawing = theme.mark or PLAIN_MARK.format(colour=theme.action)
    return _kept(HttpResponse(drawing, content_type="image/svg+xml"))


@require_safe
def card_art(_request: HttpRequest, kind: str) -> FileResponse:
    """Answer with the art of a card kind."""
    path = current_theme().card_art.get(kind)
    if path is None or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), content_type="image/svg+xml")


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Keep search engines out: nothing here is for them."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")
