"""How a request of an agency's system is taken: counted, read by the description, done once.

``operation`` stands on a view, below its door. The body is checked against the very schema that the
description shows, so that what is described and what is taken can't differ. With an
Idempotency-Key, a request that comes again is answered the same.
"""

import datetime as dt
import functools
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from citycard.agencies import api as agencies
from citycard.infra import clock, idempotency
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.problems import refusal_problem
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.portals.doors import actor_of
from citycard.portals.openapi import describing

LONGEST_KEY = 128
Keeps = Literal["answer", "key"]
View = Callable[..., HttpResponse]


class NotInSandbox(Refused):
    """A system in the sandbox can't do this: it knows test cards alone, and nothing that it sends
    is kept."""

    code = "openapi.not_in_sandbox"
    http_status = 403


class KeyNotReadable(Refused):
    """An Idempotency-Key has 1 to 128 printable characters."""

    code = "openapi.key_not_readable"
    http_status = 400


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that may go on.

    :ivar said: the body, as the description has it
    :ivar use: names this request, and is the same when it comes again
    :ivar agencies: the system's agency and those under it
    """

    request: HttpRequest
    client: agencies.Client
    actor: Actor
    said: Any
    use: str
    now: dt.datetime

    @property
    def agencies(self) -> list[str]:
        """Return the system's agency and those under it."""
        return current_pack().agencies_under(self.client.agency)

    @property
    def is_demo(self) -> bool:
        """Tell whether this city is one to try things out in."""
        return bool(settings.CITYCARD_DEMO)


def operation(name: str, *, keeps: Keeps = "key") -> Callable[[Callable[[Call], Any]], View]:
    """Take requests of an operation of the description, and answer what the view returns as JSON.

    :param keeps: ``answer``: the answer tells nothing about a person, so it is kept under the
        request's key; ``key``: only that the key was used, and what it did is idempotent by itself
    """

    def hang(view: Callable[[Call], Any]) -> View:
        @functools.wraps(view)
        def taken(request: HttpRequest) -> HttpResponse:
            client = client_of(request)
            return count(request, name, client, lambda: _do(request, name, keeps, client, view))

        return taken

    return hang


Sandbox = Literal["never", "invented", "always"]


def counted(name: str, *, sandbox: Sandbox = "never") -> Callable[[View], View]:
    """Count the requests of a view that reads and keeps them by itself.

    :param sandbox: when a system in the sandbox may pass: where everybody is ``invented``: in a
        demo city; ``always`` where nothing is kept and nobody is meant
    """

    def hang(view: View) -> View:
        @functools.wraps(view)
        def taken(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            client = client_of(request)

            def go_on() -> HttpResponse:
                check_sandbox(client, sandbox)
                return view(request, *args, **kwargs)

            return count(request, name, client, go_on)

        return taken

    return hang


def check_sandbox(client: agencies.Client, passes: Sandbox) -> None:
    """Stop a system in the sandbox where it may not pass.

    :raises NotInSandbox: it may not
    """
    if not client.sandbox or passes == "always":
        return
    if passes == "never" or not settings.CITYCARD_DEMO:
        raise NotInSandbox()


def count(
    request: HttpRequest,
    name: str,
    client: agencies.Client,
    go_on: Callable[[], HttpResponse],
) -> HttpResponse:
    """Answer a system's request unless it asks too often, and count it in its day."""
    now = clock.now()
    with unit_of_work(harmless_again=True):
        wait_s = agencies.note_request(client_id=client.client_id, now=now)
    try:
        if wait_s:
            raise agencies.TooManyRequests(seconds=wait_s)
        answer = go_on()
    except Refused as refusal:
        answer = refusal_problem(request, refusal)
        _tell_when(answer, refusal, wait_s)
    with unit_of_work():
        refused = answer.status_code >= 400
        agencies.note_use(client_id=client.client_id, route=name, refused=refused, now=now)
    answer["Cache-Control"] = "no-store"
    return answer


def client_of(request: HttpRequest) -> agencies.Client:
    """Return the system that asks."""
    client = agencies.client_by_code(code=actor_of(request).id.removeprefix("client:"))
    assert client is not None, "the door let it in just now"
    return client


def _tell_when(answer: HttpResponse, refusal: Refused, wait_s: int) -> None:
    if wait_s:
        answer["Retry-After"] = str(wait_s)
    elif isinstance(refusal, idempotency.UnderWay):
        answer["Retry-After"] = "2"


def _do(
    request: HttpRequest,
    name: str,
    keeps: Keeps,
    client: agencies.Client,
    view: Callable[[Call], Any],
) -> HttpResponse:
    said, key, now = describing.read(request, name), _key(request), clock.now()
    call = Call(
        request=request,
        client=client,
        actor=acting(client),
        said=said,
        use=f"client:{client.client_id}:{name}:{key or uuid.uuid4()}",
        now=now,
    )
    if not key:
        return _json(view(call))
    ticket = idempotency.Ticket(client=f"client:{client.client_id}", route=name, key=key)
    with unit_of_work(harmless_again=True):  # a request that breaks gives its key up
        before = idempotency.begin(ticket=ticket, content=request.body, now=now)
    if before is not None and before.answer is not None:
        return HttpResponse(before.answer, status=before.status, content_type="application/json")
    try:
        answer = _json(view(call))
    except Exception:
        _give_up(ticket, before)
        raise
    if answer.status_code >= 400:
        _give_up(ticket, before)
        return answer
    with unit_of_work():
        idempotency.finish(
            ticket=ticket,
            status=answer.status_code,
            answer=answer.content.decode() if keeps == "answer" else None,
            now=now,
        )
    return answer


def _give_up(ticket: idempotency.Ticket, before: idempotency.Answered | None) -> None:
    if before is None:
        with unit_of_work(harmless_again=True):
            idempotency.give_up(ticket=ticket)


def acting(client: agencies.Client) -> Actor:
    """Return a system as somebody who acts; it may open what the pack lets readers open."""
    return Actor(
        id=f"client:{client.code}",
        kind="agency_client",
        roles=frozenset({"agency_client", "device"}),
        agency=client.agency,
    )


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if "Idempotency-Key" in request.headers and not 0 < len(key) <= LONGEST_KEY:
        raise KeyNotReadable()
    if not key.isprintable():
        raise KeyNotReadable()
    return key


def _json(said: Any) -> HttpResponse:
    if isinstance(said, HttpResponse):
        return said
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text, content_type="application/json")
