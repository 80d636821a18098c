"""Checks a table against its JSON Schema and says what is wrong as a sentence, with the nearest
known word."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from citycard.infra.packs.mistakes import Problem, nearest_word
from citycard.infra.packs.reading import Source

_TYPES: dict[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


class _Day(str):
    """A date as JSON has it. Only a real date of the YAML becomes one; "2015-9-1" stays a text and
    is refused."""


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("date")(lambda value: isinstance(value, _Day))


@lru_cache(maxsize=8)
def _schemas(directory: FilePath) -> dict[str, Any]:
    read = {each.stem: json.loads(each.read_text("utf-8")) for each in directory.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (f"{name}.json", Resource.from_contents(schema)) for name, schema in read.items()
    )
    return {
        name: Draft202012Validator(schema, registry=registry, format_checker=_FORMATS)
        for name, schema in read.items()
    }


def has_shape(directory: FilePath, name: str) -> bool:
    """Tell whether there is a schema of this name."""
    return name in _schemas(directory)


def problems_of_shape(source: Source, name: str, directory: FilePath) -> Iterator[Problem]:
    """Yield what is wrong with a file's shape, in the order of its lines."""
    found = [
        _problem(error, source) for error in _leaves(_schemas(directory)[name], _json(source.value))
    ]
    yield from sorted(set(found), key=lambda problem: (problem.line, problem.message))


def _leaves(validator: Any, value: Any) -> Iterator[ValidationError]:
    for error in validator.iter_errors(value):
        yield from _most_telling(error)


def _most_telling(error: ValidationError) -> Iterator[ValidationError]:
    """Of several allowed shapes, speak about the one that comes nearest."""
    if not error.context:
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for each in error.context:
        branches.setdefault(each.schema_path[0], []).append(each)
    for each in min(branches.values(), key=_badness):
        yield from _most_telling(each)


def _badness(errors: list[ValidationError]) -> tuple[bool, int]:
    wrong_type = any(error.validator == "type" and not error.path for error in errors)
    return wrong_type, len(errors)


@dataclass(frozen=True)
class _Fault:
    """What a validator found, with the types that jsonschema leaves open."""

    instance: Any
    wanted: Any
    schema: Any
    message: str


def _problem(error: ValidationError, source: Source) -> Problem:
    path = tuple(error.absolute_path)
    tell = _SENTENCES.get(str(error.validator), _otherwise)
    fault = _Fault(error.instance, error.validator_value, error.schema, error.message)
    key, message, nearest = tell(fault)
    where = (*path, key) if key is not None else path
    return source.problem(where, f"{_place(path)}{message}", nearest)


def _place(path: tuple[Any, ...]) -> str:
    return f"{'.'.join(str(step) for step in path)}: " if path else ""


Told = tuple[str | None, str, str | None]


def _unknown_key(error: _Fault) -> Told:
    known = list(error.schema.get("properties", {}))
    key = next(key for key in error.instance if key not in known)
    return key, f"unknown key “{key}”", nearest_word(key, known)


def _missing_key(error: _Fault) -> Told:
    missing = next(key for key in error.wanted if key not in error.instance)
    return None, f"“{missing}” is missing", nearest_word(missing, error.instance)


def _wrong_type(error: _Fault) -> Told:
    wanted = error.wanted
    kinds = [wanted] if isinstance(wanted, str) else wanted
    words = " or ".join(_TYPES[kind] for kind in kinds)
    return None, f"“{_short(error.instance)}” should be {words}", None


def _not_listed(error: _Fault) -> Told:
    known = error.wanted
    message = f"“{error.instance}” is not one of {', '.join(str(each) for each in known)}"
    return None, message, nearest_word(error.instance, known)


def _bad_date(error: _Fault) -> Told:
    return None, f"“{error.instance}” is not a date such as 2015-09-01", None


def _bad_pattern(error: _Fault) -> Told:
    return None, f"“{error.instance}” does not look like {error.wanted}", None


def _too_little(error: _Fault) -> Told:
    return None, f"“{_short(error.instance)}” says too little", None


def _otherwise(error: _Fault) -> Told:
    return None, error.message, None


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_json(inner) for inner in value]
    return _Day(value.isoformat()) if isinstance(value, dt.date) else value


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


_SENTENCES: dict[str, Callable[[_Fault], Told]] = {
    "additionalProperties": _unknown_key,
    "unevaluatedProperties": _unknown_key,
    "required": _missing_key,
    "type": _wrong_type,
    "enum": _not_listed,
    "pattern": _bad_pattern,
    "format": _bad_date,
    "minProperties": _too_little,
}
