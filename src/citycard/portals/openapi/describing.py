"""The description of this door, for programs (OpenAPI 3.1), and reading requests by it."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from citycard.kernel.errors import Refused
from citycard.portals.doors import ANYONE, door

MOST_BYTES = 512 * 1024
_LONGEST = 160


class NotAsDescribed(Refused):
    """The body is not as the description says: {where}: {wrong}."""

    code = "openapi.not_as_described"
    http_status = 422


class NotJson(Refused):
    """The body must be one JSON object in UTF-8."""

    code = "openapi.not_json"
    http_status = 400


class TooLarge(Refused):
    """A request has at most {kib} KiB; send it in several."""

    code = "openapi.too_large"
    http_status = 413


@require_GET
@door(roles=ANYONE)
def document(request: HttpRequest) -> HttpResponse:
    """Return the description."""
    return HttpResponse(_content(), content_type="application/json")


def read(request: HttpRequest, operation: str) -> Any:
    """Return the body of a request for an operation, checked against its schema.

    :raises TooLarge: it is too long
    :raises NotJson: it is no JSON object
    :raises NotAsDescribed: it is not as the description has it
    """
    if len(request.body) > MOST_BYTES:
        raise TooLarge(kib=MOST_BYTES // 1024)
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise NotJson()
    wrong = best_match(_reader(operation).iter_errors(said))
    if wrong is not None:
        raise NotAsDescribed(where=wrong.json_path.removeprefix("$.") or "$", wrong=_told(wrong))
    return said


def answer_schema(operation: str, status: int) -> Mapping[str, Any]:
    """Return the schema of an operation's answer, by itself; for whoever checks answers."""
    answer = operations()[operation]["responses"][str(status)]
    (media,) = answer["content"].values()
    return _whole(media["schema"])


@functools.cache
def operations() -> dict[str, Any]:
    """Return the described operations by their names, each with its path and method."""
    return {
        operation["operationId"]: {**operation, "path": path, "method": method}
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    }


@functools.cache
def description() -> dict[str, Any]:
    """Return the description."""
    found: dict[str, Any] = json.loads(_content())
    return found


@functools.cache
def _reader(operation: str) -> Draft202012Validator:
    body = operations()[operation]["requestBody"]["content"]["application/json"]
    return Draft202012Validator(_whole(body["schema"]))


def _whole(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "components": description()["components"]}


def _told(wrong: ValidationError) -> str:
    """Return what is wrong, without what was sent where that may be a number of somebody's."""
    if wrong.validator in ("required", "additionalProperties"):
        return wrong.message[:_LONGEST]
    value: Any = wrong.validator_value
    if wrong.validator == "oneOf":
        return "oneOf: " + " | ".join(", ".join(one.get("required", ())) for one in value)
    return f"{wrong.validator}: {json.dumps(value, ensure_ascii=False)}"[:_LONGEST]


@functools.cache
def _content() -> bytes:
    return (Path(__file__).parent / "openapi.json").read_bytes()
