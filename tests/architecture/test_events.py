"""The table of events is complete: each is a fact by ids, each reaction names a real one."""

import dataclasses
import importlib
import types
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from citycard.flows.subscriptions import SUBSCRIPTIONS
from citycard.kernel.events import Event
from tests.architecture.house import ALL_CONTEXTS, PACKAGE

WITH_EVENTS = sorted(name for name in ALL_CONTEXTS if (PACKAGE / name / "events.py").is_file())
PLAIN = {"int", "str", "bool", "date", "datetime", "UUID", "NoneType", "tuple"}


def events() -> list[type[Event]]:
    found: set[type[Event]] = set()
    for context in WITH_EVENTS:
        module = importlib.import_module(f"citycard.{context}.events")
        found |= {
            thing
            for thing in vars(module).values()
            if isinstance(thing, type) and issubclass(thing, Event) and "code" in vars(thing)
        }
    return sorted(found, key=lambda event: event.code)


def context_of(event: type[Event]) -> str:
    return event.__module__.split(".")[1]


@pytest.mark.parametrize("event", events(), ids=lambda event: event.code)
class TestEvent:
    def test_its_code_says_where_and_what(self, event: type[Event]) -> None:
        parts = event.code.split(".")
        assert parts[0] == context_of(event)
        assert len(parts) == 3, "context.thing.happening"

    def test_carries_ids_codes_and_dates_only(self, event: type[Event]) -> None:
        hints = get_type_hints(event)
        for field in dataclasses.fields(event):
            kinds = _kinds(hints[field.name])
            assert kinds <= PLAIN, f"{field.name}: {kinds - PLAIN}"
            assert field.name not in {"name", "phone", "email", "address", "id_number"}

    def test_says_what_happened(self, event: type[Event]) -> None:
        assert event.__doc__
        assert not event.__doc__.startswith(event.__name__), "a sentence, not the signature"


def test_no_two_events_share_a_code() -> None:
    codes = [event.code for event in events()]
    assert len(codes) == len(set(codes))


def test_reactions_are_to_events_that_exist() -> None:
    known = {event.code for event in events()}
    unknown = {it.name: set(it.codes) - known for it in SUBSCRIPTIONS if set(it.codes) - known}
    assert not unknown, f"waiting for what nobody announces: {unknown}"


def _kinds(hint: Any) -> set[str]:
    if get_origin(hint) in (Union, types.UnionType, tuple):
        return {kind for inner in get_args(hint) if inner is not ... for kind in _kinds(inner)}
    return {getattr(hint, "__name__", str(hint))}
