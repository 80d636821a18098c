"""Where somebody goes after signing in: where they wanted to, or to the home of their door."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from citycard.identity import api as identity
from citycard.kernel.actors import Actor
from citycard.portals.doors import actor_of, sign_in

NEXT = "sign_in_next"

# The first door that a role has; somebody with several goes to the first of these.
HOMES = (
    ("clerk", "/counter/"),
    ("reviewer", "/agency/"),
    ("organiser", "/agency/"),
    ("finance", "/agency/"),
    ("operator", "/ops/"),
    ("officer", "/ops/"),
    ("auditor", "/ops/proofs/"),
    ("developer", "/ops/"),
)


def remember_target(request: HttpRequest) -> None:
    """Keep the address that somebody was sent here from, when it is one of ours."""
    target = request.GET.get("next", "")
    if target and is_ours(request, target):
        request.session[NEXT] = target


def is_ours(request: HttpRequest, target: str) -> bool:
    """Tell whether an address stays on this site; nobody is sent away after signing in."""
    return url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )


def enter(request: HttpRequest, account: identity.Account, *, level: int) -> HttpResponse:
    """Begin the session and go on to where the person wanted to go."""
    target = request.session.get(NEXT)
    sign_in(request, account, level=level)
    request.session.pop(NEXT, None)
    return HttpResponseRedirect(target or home_of(actor_of(request)))


def home_of(actor: Actor) -> str:
    """Return the home page of somebody's door."""
    return next((home for role, home in HOMES if role in actor.roles), "/")
