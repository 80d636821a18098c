"""Each context's `api.py` is its manual: complete, keyword-only, typed, documented; no logic."""

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, get_type_hints

import pytest
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from citycard.infra.journal import Announced
from citycard.kernel.errors import Refused
from tests.architecture.house import FACES, PACKAGE, tree_of

NEVER_ACROSS_A_DOOR = (Model, QuerySet, HttpRequest)


def face(context: str) -> Any:
    return importlib.import_module(f"citycard.{context}.api")


def exported(kind: Any) -> list[Any]:
    """Return (context, name, thing) of everything that faces export and `kind` accepts."""
    return [
        pytest.param(getattr(face(context), name), id=f"{context}.{name}")
        for context in FACES
        for name in face(context).__all__
        if kind(getattr(face(context), name))
    ]


FUNCTIONS = exported(inspect.isfunction)
CLASSES = exported(inspect.isclass)


@pytest.mark.parametrize("context", FACES)
class TestManual:
    def test_has_a_manual_and_no_logic(self, context: str) -> None:
        tree = tree_of(PACKAGE / context / "api.py")
        assert ast.get_docstring(tree), "api.py's docstring is the context's manual"
        others = [
            node
            for node in tree.body[1:]
            if not isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign)
        ]
        assert not others, f"line {others[0].lineno}: api.py re-exports, it doesn't work"

    def test_exports_exactly_what_it_imports(self, context: str) -> None:
        named = set(_imported_names(tree_of(PACKAGE / context / "api.py")))
        listed = face(context).__all__
        assert len(listed) == len(set(listed)), "__all__ names something twice"
        constants = {
            name for name in listed if not hasattr(getattr(face(context), name), "__module__")
        }
        assert set(listed) - constants <= named | _assigned(context)
        assert named <= set(listed), f"imported but not in __all__: {sorted(named - set(listed))}"


@pytest.mark.parametrize("function", FUNCTIONS)
class TestFunctions:
    def test_takes_keywords_only(self, function: Any) -> None:
        if _is_subscribers_handler(function):
            return
        for parameter in inspect.signature(function).parameters.values():
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, parameter.name

    def test_is_typed(self, function: Any) -> None:
        hints = get_type_hints(function)
        missing = set(inspect.signature(function).parameters) - set(hints)
        assert not missing
        assert "return" in hints

    def test_is_documented_in_a_sentence(self, function: Any) -> None:
        first = (inspect.getdoc(function) or "").split("\n\n")[0].strip()
        assert first, "no docstring"
        assert first[0].isupper()
        assert first.endswith((".", ":", "?", ")", "。", ";", "`", "::")) or "\n" in first

    def test_passes_no_row_or_request(self, function: Any) -> None:
        for name, hint in get_type_hints(function).items():
            for part in _parts(hint):
                is_class = inspect.isclass(part)
                assert not (is_class and issubclass(part, NEVER_ACROSS_A_DOOR)), name


@pytest.mark.parametrize("value", CLASSES)
def test_values_are_frozen_keyword_only_and_documented(value: Any) -> None:
    assert value.__doc__, "no docstring"
    if issubclass(value, Refused):
        assert value.code.count(".") >= 1, "a refusal's code is context.reason"
    elif not _is_exempt(value):
        assert dataclasses.is_dataclass(value), "values out of a face are dataclasses"
        parameters = value.__dataclass_params__
        assert parameters.frozen, "frozen=True"
        assert all(field.kw_only for field in dataclasses.fields(value) if field.init), "kw_only"


@pytest.mark.parametrize("context", FACES)
def test_the_package_itself_is_one_paragraph(context: str) -> None:
    tree = tree_of(PACKAGE / context / "__init__.py")
    assert ast.get_docstring(tree), "what this is in the city's words"
    assert len(tree.body) == 1, "nothing else: an import of models here breaks Django's start-up"


def _is_subscribers_handler(function: Any) -> bool:
    """What the journal calls with a batch of events, as ``Subscriber.handle`` says; nobody else."""
    hints = get_type_hints(function)
    return list(inspect.signature(function).parameters) == ["batch"] and (
        hints["batch"] == Sequence[Announced]
    )


def _is_exempt(value: Any) -> bool:
    """Errors, enumerations, Protocols; and named tuples, immutable too, for the hot path."""
    is_named_tuple = issubclass(value, tuple) and hasattr(value, "_fields")
    is_protocol = getattr(value, "_is_protocol", False)
    return is_named_tuple or is_protocol or issubclass(value, Exception | Enum)


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("citycard."):
            for alias in node.names:
                yield alias.asname or alias.name


def _assigned(context: str) -> set[str]:
    tree = tree_of(PACKAGE / context / "api.py")
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in getattr(hint, "__args__", ()):
        yield from _parts(inner)
