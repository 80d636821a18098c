"""The doors' own keeper: who comes in, and who may pass which view.

The middleware sets ``request.actor``: a resident or member of staff by session, a device by its
key, or nobody.
``@door`` stands on every view; its table of routes is the role matrix, and a test walks it::

    @door(roles={"clerk"})                     # staff in one of the roles
    @door(roles={"resident"}, member=True)     # a resident whom we know as a member
    @door(roles={"resident"}, level=3)         # signed in by certificate, or confirmed at a counter
    @door(roles=ANYONE)                        # everybody, signed in or not
    @door(roles={"kiosk"})                     # a device: Authorization: Reader <code>:<key>
    @door(roles={"agency_client"})             # its system: Authorization: Client <code>:<key>

Who is nobody is sent to sign in and comes back; who may not pass reads why.
"""

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject

from citycard.agencies import api as agencies
from citycard.identity import api as identity
from citycard.infra import clock
from citycard.infra.web import problems
from citycard.infra.web.doors import back_of, is_fragment, wants_data
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

ANYONE: Final[frozenset[str]] = frozenset({"anyone"})
DEVICES: Final[frozenset[str]] = frozenset({"reader", "kiosk", "till", "agency_client"})
"""Who comes in by a key: devices, and agencies' own systems."""
NOBODY: Final = Actor(id="nobody", kind="resident")

RESIDENT_SIGN_IN = "/sign-in/"
STAFF_SIGN_IN = "/staff/sign-in/"

View = Callable[..., HttpResponse]


class SignInFirst(Refused):
    """Please sign in first."""

    code = "identity.sign_in_first"
    http_status = 401


class KeyNotKnown(Refused):
    """This key isn't known: send the system's or the device's own, the newest one."""

    code = "identity.key_not_known"
    http_status = 401


class RoleMissing(Refused):
    """This page is for {roles}; you are signed in as {has}."""

    code = "identity.role_missing"
    http_status = 403


class LevelTooLow(Refused):
    """This needs a sign-in of level {needed}; yours is of level {level}."""

    code = "identity.level_too_low"
    http_status = 403


class NotAMemberYet(Refused):
    """This page is for members of the city card; please apply first."""

    code = "identity.not_a_member_yet"
    http_status = 403


@dataclass(frozen=True, kw_only=True)
class Door:
    """Who may pass one view.

    :ivar level: the least level of assurance of the sign-in
    :ivar member: only for residents whom we know as members
    """

    view: str
    roles: frozenset[str]
    level: int = 0
    member: bool = False

    @property
    def is_public(self) -> bool:
        """Tell whether everybody may pass."""
        return self.roles == ANYONE

    def check(self, actor: Actor) -> None:
        """Stop whoever may not pass.

        :raises SignInFirst: nobody is signed in
        :raises RoleMissing: somebody is, but in another role
        :raises LevelTooLow: the sign-in proves too little
        :raises NotAMemberYet: the view is for members
        """
        if self.is_public:
            return
        if not actor.roles:
            raise SignInFirst()
        if not actor.has_any_role(*self.roles):
            raise RoleMissing(
                roles=", ".join(sorted(self.roles)), has=", ".join(sorted(actor.roles))
            )
        if actor.level < self.level:
            raise LevelTooLow(level=actor.level, needed=self.level)
        if self.member and actor.member_id is None:
            raise NotAMemberYet()


ROUTES: dict[str, Door] = {}
"""The role matrix: every view that a door stands on."""


def door(*, roles: Collection[str], level: int = 0, member: bool = False) -> Callable[[View], View]:
    """Let only these roles pass a view, at this level of assurance or above."""

    def hang(view: View) -> View:
        keeper = Door(
            view=f"{view.__module__}.{view.__qualname__}",
            roles=frozenset(roles),
            level=level,
            member=member,
        )
        ROUTES[keeper.view] = keeper

        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                keeper.check(actor_of(request))
            except Refused as refusal:
                return _turn_away(request, keeper, refusal)
            return view(request, *args, **kwargs)

        guarded.door = keeper  # type: ignore[attr-defined]  # what the walk over all routes reads
        return guarded

    return hang


def actor_of(request: HttpRequest) -> Actor:
    """Return who comes in; ``NOBODY`` when no one is signed in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # `_name_actor` sets it
    return actor


def _name_actor(request: HttpRequest, actor: "Actor | SimpleLazyObject[Actor]") -> None:
    request.actor = actor  # type: ignore[attr-defined]  # Django's request has no such field


class ActorMiddleware:
    """Set ``request.actor``, worked out when somebody first asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _name_actor(request, SimpleLazyObject(lambda: _who_comes(request)))
        return self.get_response(request)


def sign_in(request: HttpRequest, account: identity.Account, *, level: int) -> None:
    """Begin a session of an account, under a new key; what was in the old one stays (a draft, a
    language).

    :param level: what this sign-in proves; never more than the account's own level
    """
    if request.session.get("account_id") not in (None, account.account_id):
        request.session.flush()
    request.session.cycle_key()
    request.session["account_id"] = account.account_id
    request.session["kind"] = account.kind
    request.session["level"] = min(level, account.level)
    _name_actor(request, _by_session(request) or NOBODY)


def sign_out(request: HttpRequest) -> None:
    """End the session; its key is dead."""
    request.session.flush()
    _name_actor(request, NOBODY)


def _who_comes(request: HttpRequest) -> Actor:
    credentials = request.headers.get("Authorization", "")
    if credentials.startswith("Reader "):
        return _by_key(credentials.removeprefix("Reader ")) or NOBODY
    if credentials.startswith("Client "):
        return _by_client_key(credentials.removeprefix("Client ")) or NOBODY
    return _by_session(request) or NOBODY


def _by_session(request: HttpRequest) -> Actor | None:
    account_id = request.session.get("account_id")
    if account_id is None:
        return None
    if not (request.method == "GET" and is_fragment(request)):
        identity.stay(session=request.session)  # a page that asks by itself is nobody's step
    level = int(request.session.get("level", 0))
    return identity.actor_of(account_id=account_id, level=level, now=clock.now())


def _by_key(credentials: str) -> Actor | None:
    code, _, key = credentials.strip().partition(":")
    device = agencies.device_by_key(code=code, key=key)
    if device is None:
        return None
    return Actor(
        id=f"device:{device.code}",
        kind="device",
        roles=frozenset({device.kind}),
        agency=device.agency,
    )


def _by_client_key(credentials: str) -> Actor | None:
    code, _, key = credentials.strip().partition(":")
    client = agencies.client_by_key(code=code, key=key, now=clock.now())
    if client is None:
        return None
    return Actor(
        id=f"client:{client.code}",
        kind="agency_client",
        roles=frozenset({"agency_client"}),
        agency=client.agency,
    )


def _turn_away(request: HttpRequest, keeper: Door, refusal: Refused) -> HttpResponse:
    """Send nobody to sign in, tell a program, and let the middleware say why to everybody else."""
    if keeper.roles <= DEVICES:
        told = KeyNotKnown() if isinstance(refusal, SignInFirst) else refusal
        return problems.refusal_problem(request, told)
    if not isinstance(refusal, SignInFirst) or wants_data(request):
        raise refusal
    page = RESIDENT_SIGN_IN if "resident" in keeper.roles else STAFF_SIGN_IN
    # a form isn't sent again by itself: its page comes back, and some addresses have no page
    here = request.get_full_path() if request.method == "GET" else back_of(request)
    if is_fragment(request):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = page
        return response
    return HttpResponseRedirect(f"{page}?{urlencode({'next': here})}")
