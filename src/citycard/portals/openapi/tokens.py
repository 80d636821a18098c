"""Answers that a system may pass on: signed by the city, checked by whoever has its public key.

The key is of the curve P-256, since most libraries know ES256; it follows from the city's own keys,
so it is there wherever they are. A token says for which service and system a card was good, and
lets the word of the class be left out (SD-JWT, RFC 9901). It never names a card.
"""

import base64
import datetime as dt
import functools
import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from joserfc import jws
from joserfc.jwk import ECKey

from citycard.agencies import api as agencies
from citycard.flows import answering_systems as systems
from citycard.infra import crypto
from citycard.infra.packs import current_pack
from citycard.portals.doors import ANYONE, door

ALGORITHM = "ES256"
HOLDS = dt.timedelta(minutes=5)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@require_GET
@door(roles=ANYONE)
def keys(request: HttpRequest) -> HttpResponse:
    """Return the public key that answers are signed with (JWKS)."""
    return JsonResponse({"keys": [{**signing_key().as_dict(private=False), **_named()}]})


@functools.cache
def signing_key() -> ECKey:
    """Return the city's key for answers."""
    number = int.from_bytes(crypto.derived_key("answers.p256"), "big") % (_ORDER - 1) + 1
    return ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1()))


def issuer() -> str:
    """Return who signs: the city's public address, or its name where it has none."""
    return settings.CITYCARD_PUBLIC_URL or f"urn:citycard:{current_pack().code}"


def answer(
    one: systems.Verified, *, service: str, client: agencies.Client, now: dt.datetime
) -> str:
    """Return an answer as an SD-JWT; the class's word is a disclosure that may be left out."""
    claims: dict[str, Any] = {
        "iss": issuer(),
        "aud": client.code,
        "iat": int(now.timestamp()),
        "exp": int((now + HOLDS).timestamp()),
        "jti": secrets.token_urlsafe(16),
        "service": service,
        "valid": one.valid,
    }
    disclosures = []
    if one.valid:
        disclosures = [_encoded([secrets.token_urlsafe(16), "answer", one.answer])]
        digests = [hashlib.sha256(each.encode()).digest() for each in disclosures]
        claims |= {"_sd": [_base64(each) for each in digests], "_sd_alg": "sha-256"}
    head = {"alg": ALGORITHM, "typ": "sd-jwt", **_named()}
    signed = jws.serialize_compact(head, json.dumps(claims), signing_key(), [ALGORITHM])
    return "~".join([signed, *disclosures, ""])


def _named() -> dict[str, str]:
    return {"kid": signing_key().thumbprint()}


def _encoded(said: list[str]) -> str:
    return _base64(json.dumps(said).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
