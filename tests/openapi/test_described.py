"""The description and the door are the same: every route, every answer's schema, every example."""

import json
import re
from typing import Any

import pytest
from django.urls import get_resolver
from jsonschema import Draft202012Validator

from citycard.portals.openapi import describing, urls


def routes() -> set[str]:
    return {f"/api/{one.pattern}" for one in urls.urlpatterns}


def test_every_route_is_described_and_every_described_path_is_a_route() -> None:
    assert routes() == set(describing.description()["paths"])


@pytest.mark.parametrize("path", sorted(routes()))
def test_a_route_answers_the_described_method_and_no_other(path: str) -> None:
    (method,) = describing.description()["paths"][path]
    view = get_resolver().resolve(path).func
    from django.test import RequestFactory

    other = "get" if method == "post" else "post"
    assert getattr(view, "door", None) is not None, "not in the role matrix"
    assert view(getattr(RequestFactory(), other)(path)).status_code == 405


@pytest.mark.parametrize("name", sorted(describing.operations()))
def test_what_needs_no_key_says_so_and_what_needs_one_stands_behind_its_door(name: str) -> None:
    operation = describing.operations()[name]
    keeper: Any = get_resolver().resolve(operation["path"]).func
    assert (operation.get("security") == []) == keeper.door.is_public
    assert keeper.door.is_public or keeper.door.roles == {"agency_client"}
    if not keeper.door.is_public:
        assert {"401", "429"} <= set(operation["responses"])


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    document = describing.description()
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(document["components"]["schemas"])
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


def test_a_body_with_anything_that_is_not_described_is_refused() -> None:
    for name, operation in describing.operations().items():
        body = operation.get("requestBody")
        if body is None or name in ("earnings", "visits", "visitPrice"):
            continue  # those read by rules of their own
        schema = body["content"]["application/json"]["schema"]
        assert schema["additionalProperties"] is False, name
