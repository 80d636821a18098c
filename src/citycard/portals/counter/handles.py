"""Addresses of people: sealed for the clerk who searched, so that no address says who it is."""

import base64
import binascii

from django.http import Http404, HttpRequest

from citycard.infra.crypto import SealBroken, seal, unseal
from citycard.portals.doors import actor_of

_LABEL = "counter.person.handle"


def handle_of(request: HttpRequest, member_id: int) -> str:
    """Return the part of an address that stands for a member, to this clerk alone."""
    blob = seal(_LABEL, str(member_id), row=actor_of(request).id)
    return base64.urlsafe_b64encode(blob).decode().rstrip("=")


def member_of(request: HttpRequest, handle: str) -> int:
    """Return whom an address stands for.

    :raises Http404: it was made for somebody else, or altered
    """
    try:
        blob = base64.urlsafe_b64decode(handle + "=" * (-len(handle) % 4))
        return int(unseal(_LABEL, blob, row=actor_of(request).id))
    except (SealBroken, ValueError, binascii.Error):
        raise Http404 from None
