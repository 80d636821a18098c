"""RFC 9457: a refusal told to a program."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, JsonResponse

from citycard.kernel.errors import Refused

from .refusals import say
from .request_ids import request_id

MEDIA_TYPE = "application/problem+json"


def problem(
    request: HttpRequest, *, status: int, code: str, title: str, detail: str = "", **facts: Any
) -> JsonResponse:
    """Answer with a problem document; `type` is a name, not an address that could be fetched."""
    body = {
        "type": f"urn:citycard:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": f"urn:uuid:{request_id(request)}",
        **({"facts": facts} if facts else {}),
    }
    return JsonResponse(
        {k: v for k, v in body.items() if v != ""},
        status=status,
        content_type=MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def refusal_problem(request: HttpRequest, refusal: Refused) -> JsonResponse:
    """Answer a program with a refusal: numbers, dates and codes as facts, nothing else."""
    said = say(refusal)
    return problem(
        request,
        status=said.status,
        code=said.code,
        title=said.title,
        detail=said.sentence,
        **_plain(refusal.facts),
    )


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
        if isinstance(value, int | float | str | date)
    }
