"""Whatever a pack may say is read by somebody: a key that nothing reads would be a promise of the
pack that the city does not keep."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HOUSE = Path(__file__).resolve().parents[2]
SCHEMAS = sorted((HOUSE / "citypacks" / "_schema").glob("*.json"))
CHECKS = {"references.py", "consistency.py"}
"""They hold packs to themselves: that they know a key does not mean that anybody lives by it."""


def test_the_sieve_finds_a_key_that_nothing_reads() -> None:
    assert "name" in read()
    assert "days_until_the_moon_is_full" not in read()
    (schema,) = [one for one in SCHEMAS if one.stem == "districts"]
    assert "name" in set(keys_of(json.loads(schema.read_text())))


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda it: it.stem)
def test_every_key_that_a_pack_may_have_is_read(schema: Path) -> None:
    nobody_reads = sorted(set(keys_of(json.loads(schema.read_text()))) - read())
    assert nobody_reads == [], (
        f"{schema.name}: have something read it, or take it out of the schema"
    )


def keys_of(schema: Any) -> Iterator[str]:
    """Return the names of all properties of a schema, however deep."""
    if isinstance(schema, list):
        for inner in schema:
            yield from keys_of(inner)
    elif isinstance(schema, dict):
        named = schema.get("properties", {})
        yield from named
        for inner in [*named.values(), *(v for k, v in schema.items() if k != "properties")]:
            yield from keys_of(inner)


@cache
def read() -> frozenset[str]:
    """Return the words that code asks by: its texts, what its values are made of, and what pages
    name."""
    found: set[str] = set()
    sources = [*HOUSE.glob("src/**/*.py"), *HOUSE.glob("clients/*/src/**/*.py")]
    for path in [*sources, *HOUSE.glob("tools/*.py")]:
        if path.name not in CHECKS:
            found.update(words_of(ast.parse(path.read_text(encoding="utf-8"))))
    for path in HOUSE.glob("src/**/*.html"):
        found.update(re.findall(r"\.(\w+)", path.read_text(encoding="utf-8")))
    return frozenset(found)


def words_of(tree: ast.AST) -> Iterator[str]:
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            docstrings.add(node.value)
        elif isinstance(node, ast.ClassDef):
            yield from fields_of(node)
        elif isinstance(node, ast.Constant) and node not in docstrings:
            yield str(node.value)


def fields_of(value: ast.ClassDef) -> Iterator[str]:
    """Return the fields of a value that may be made of a row as it stands (``Value(**row)``)."""
    for line in value.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            yield line.target.id
