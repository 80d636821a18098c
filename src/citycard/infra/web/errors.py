"""Pages that say no, or that something isn't there: in both languages, without blame or numbers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from citycard.kernel.errors import Refused

from . import problems
from .doors import back_of, door_of, is_fragment, shell_of, wants_data
from .refusals import say
from .request_ids import request_id


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Answer with a refusal: problem+json, a notice for htmx, or the door's page."""
    if wants_data(request):
        return problems.refusal_problem(request, refusal)
    said = say(refusal)
    if is_fragment(request):
        return fragment(request, said.sentence, said.next, said.status)
    return _page(request, "refused", said.status, said=said)


def fragment(request: HttpRequest, sentence: str, next_step: str, status: int) -> HttpResponse:
    """Answer htmx with a notice that goes to the page's refusal slot."""
    body = render_to_string(
        "cc/refused_fragment.html", {"sentence": sentence, "next": next_step}, request
    )
    response = HttpResponse(body, status=status)
    response["HX-Retarget"] = "#cc-refusal"
    response["HX-Reswap"] = "innerHTML"
    return response


def _page(request: HttpRequest, name: str, status: int, **facts: Any) -> HttpResponse:
    context = {
        "cc_shell": shell_of(request),
        "cc_door": door_of(request),
        "cc_back": back_of(request),
        "cc_request_id": request_id(request),
        **facts,
    }
    return HttpResponse(render_to_string(f"cc/{name}.html", context, request), status=status)


def _answer(request: HttpRequest, name: str, status: int, title: str) -> HttpResponse:
    if wants_data(request):
        return problems.problem(request, status=status, code=name, title=title)
    if is_fragment(request):
        return fragment(request, title, "", status)
    return _page(request, name, status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer that there is no such page."""
    return _answer(request, "not_found", 404, _("找不到這一頁"))


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """Answer a program that this address is asked by another method."""
    response = problems.problem(
        request,
        status=405,
        code="wrong_method",
        title=_("這個網址要用別的方法"),
        detail=_("請用 %(methods)s。") % {"methods": allowed},
    )
    response["Allow"] = allowed
    return response


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer that this page is not for this person."""
    return _answer(request, "forbidden", 403, _("這一頁需要其他權限"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer that the request could not be read."""
    return _answer(request, "bad_request", 400, _("收到的內容不完整"))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer that the page had been open too long; nothing was sent."""
    return _answer(request, "page_too_old", 403, _("這一頁開太久了"))


def went_wrong(request: HttpRequest) -> HttpResponse:
    """Answer after an error of ours, with as little machinery as there is: no city, no database."""
    if wants_data(request):
        return problems.problem(request, status=500, code="went_wrong", title=_("系統暫時無法處理"))
    body = render_to_string("cc/went_wrong.html", {"cc_request_id": request_id(request)})
    return HttpResponse(body, status=500)
