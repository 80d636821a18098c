"""The Eligibility Verification API of Cal-ITP, for systems that speak it already.

A question is a signed and encrypted token: ``sub`` names the card, ``eligibility`` the services it
is asked for (``<service>``, or ``<service>:<class>``). The answer lists those that hold and nothing
else; a name in the question is not looked at. The system's public key proves who asks.
"""

import datetime as dt
import json
import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from citycard.agencies import api as agencies
from citycard.flows import answering_systems as systems
from citycard.infra import clock, idempotency
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.problems import refusal_problem
from citycard.kernel.errors import Refused
from citycard.portals.doors import ANYONE, door
from citycard.portals.openapi import sandbox, tokens
from citycard.portals.openapi.calling import acting, count

ENCRYPTION = ("ECDH-ES+A256KW", "A256CBC-HS512")
MOST_TYPES = 20
_FRESH = dt.timedelta(minutes=5)


class TokenNotReadable(Refused):
    """The token can't be read, or isn't signed by a system that the city knows."""

    code = "openapi.token_not_readable"
    http_status = 403


@require_GET
@door(roles=ANYONE)
def eligibility(request: HttpRequest) -> HttpResponse:
    """Answer a question of the Eligibility Verification API."""
    try:
        client, asked = _asked(request.headers.get("Authorization", ""))
    except Refused as refusal:
        return refusal_problem(request, refusal)
    return count(request, "eligibility", client, lambda: _answer(client, asked))


def _asked(header: str) -> tuple[agencies.Client, dict[str, Any]]:
    """Return who asks, and what.

    :raises TokenNotReadable: the token is broken, or nobody's whom we know
    """
    try:
        token = header.removeprefix("Bearer ").strip()
        signed = jwe.decrypt_compact(token, tokens.signing_key(), list(ENCRYPTION)).plaintext
        assert signed is not None
        unproven = json.loads(jws.extract_compact(signed).payload)
        client = agencies.client_by_code(code=str(unproven["agency"]))
        if client is None or not client.public_key:
            raise TokenNotReadable()
        key = ECKey.import_key(client.public_key)
        proven: dict[str, Any] = json.loads(
            jws.deserialize_compact(signed, key, [tokens.ALGORITHM]).payload
        )
    except (JoseError, ValueError, KeyError, TypeError, AssertionError) as broken:
        raise TokenNotReadable() from broken
    return client, proven


def _answer(client: agencies.Client, asked: dict[str, Any]) -> HttpResponse:
    now = clock.now()
    said: dict[str, Any] = {"iss": tokens.issuer(), "iat": int(time.time())}
    wrong = _wrong(asked, now) or _used(client, asked, now)
    if wrong:
        said |= {"jti": str(asked.get("jti", "")), "error": wrong}
    else:
        said |= {"jti": asked["jti"], "eligibility": _held(client, asked, now)}
    head = {"alg": tokens.ALGORITHM, "typ": "JWS"}
    signed = jws.serialize_compact(head, json.dumps(said), tokens.signing_key(), [tokens.ALGORITHM])
    sealed = jwe.encrypt_compact(
        {"alg": ENCRYPTION[0], "enc": ENCRYPTION[1], "typ": "JWE"},
        signed,
        ECKey.import_key(client.public_key),
        list(ENCRYPTION),
    )
    return HttpResponse(sealed, status=400 if wrong else 200, content_type="application/jwt")


def _wrong(asked: dict[str, Any], now: dt.datetime) -> dict[str, str]:
    types, sub = asked.get("eligibility"), asked.get("sub")
    if not isinstance(asked.get("jti"), str) or not 0 < len(asked["jti"]) <= 128:
        return {"jti": "INVALID"}
    made = asked.get("iat")
    if not isinstance(made, int) or abs(now.timestamp() - made) > _FRESH.total_seconds():
        return {"iat": "INVALID"}
    if not isinstance(sub, str) or not 0 < len(sub) <= 300:
        return {"sub": "MISSING"}
    if not isinstance(types, list) or not 0 < len(types) <= MOST_TYPES:
        return {"eligibility": "MISSING"}
    return {} if all(isinstance(one, str) for one in types) else {"eligibility": "INVALID"}


def _used(client: agencies.Client, asked: dict[str, Any], now: dt.datetime) -> dict[str, str]:
    """Return what is wrong with a token that came before: it can't be sent again."""
    name = f"client:{client.client_id}"
    ticket = idempotency.Ticket(client=name, route="eligibility", key=asked["jti"])
    with unit_of_work():
        try:
            before = idempotency.begin(ticket=ticket, content=b"", now=now)
        except idempotency.UnderWay:
            return {"jti": "REPLAYED"}
        idempotency.finish(ticket=ticket, status=200, answer=None, now=now)
    return {"jti": "REPLAYED"} if before is not None else {}


def _held(client: agencies.Client, asked: dict[str, Any], now: dt.datetime) -> list[str]:
    services = list(dict.fromkeys(one.partition(":")[0] for one in asked["eligibility"]))
    own = current_pack().agencies_under(client.agency)
    told = {
        service: _verified(client, asked, service, own, now)
        for service in services
        if systems.service_agency(service=service) in own
    }
    return [
        one
        for one in asked["eligibility"]
        if (found := told.get(one.partition(":")[0])) is not None
        and found.valid
        and one.partition(":")[2] in ("", found.answer)
    ]


def _verified(
    client: agencies.Client,
    asked: dict[str, Any],
    service: str,
    own: list[str],
    now: dt.datetime,
) -> systems.Verified:
    question = _question(asked["sub"])
    if client.sandbox:
        return sandbox.verified(question)
    (found,) = systems.verify(
        service=service,
        agencies=own,
        questions=[question],
        use=f"client:{client.client_id}:eligibility:{asked['jti']}",
        actor=acting(client),
        now=now,
    )
    return found


def _question(sub: str) -> systems.Question:
    """Read ``issuer/number kind/number``; anything else is a code from a phone."""
    parts = sub.split("/")
    if len(parts) == 3 and all(parts):
        return systems.Question(parts[0], parts[1], parts[2])
    return systems.Question("", "virtual_code", sub)
