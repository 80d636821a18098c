"""SQL of a context names its own tables and other contexts' published relations (`pub.*`) only.

Statements are parsed by sqlglot; what it doesn't parse (PL/pgSQL bodies, rarer DDL) is read token
by token. FOREIGN KEYs may point down to another context's ids, in migrations alone.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token

from tests.architecture.house import (
    ALL_CONTEXTS,
    CONTEXTS,
    PACKAGE,
    python_files,
    relative,
    strings_in,
)

STATEMENT = re.compile(
    r"^\s*(--[^\n]*\n\s*)*(WITH|SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|REVOKE|GRANT|COPY|LOCK"
    r"|TRUNCATE|ANALYZE|DO|COMMENT|MERGE|REFRESH)\b"
)
FRAGMENT = re.compile(r"\b(FROM|JOIN|UPDATE|INTO|USING)\s+[a-z_]+")
logging.getLogger("sqlglot").setLevel(logging.ERROR)  # "falling back to Command" is expected

NAMES_A_TABLE = frozenset({"FROM", "JOIN", "UPDATE", "INTO", "TABLE", "ON", "USING", "ONLY"})
FOREIGN_PREFIXES = ALL_CONTEXTS | {"infra", "procrastinate", "django"}
REGISTRY = "infra_partitioned"  # a migration enters its table here to have it cut by month
EVERYBODYS = ("pub", "pg_catalog", "information_schema")


@pytest.mark.parametrize("context", CONTEXTS)
def test_sql_names_own_tables_or_published_relations(context: str) -> None:
    trespasses = [
        f"{where}: {name}"
        for where, sql in statements_of(PACKAGE / context)
        for name in foreign_names(context, sql, in_migration="/migrations/" in where)
    ]
    assert not trespasses, "\n".join(trespasses)


@pytest.mark.parametrize("layer", ["portals", "flows", "rules", "kernel"])
def test_layers_without_tables_hold_no_sql(layer: str) -> None:
    directory = PACKAGE / layer
    found = [where for where, _ in statements_of(directory)] if directory.is_dir() else []
    assert not found, "\n".join(found)


class TestTheTestItself:
    """A boundary test that can't fail proves nothing."""

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT 1 FROM people_member",
            "SELECT 1 FROM cards_card c JOIN people_member m ON m.id = c.id",
            "INSERT INTO people_fact (id) SELECT id FROM cards_card",
            "UPDATE cards_card SET kind = 'x' FROM people_member m WHERE m.id = %s",
            "WITH a AS (SELECT * FROM ledger_account) SELECT * FROM a",
            "SELECT ledger_post(%s)",
            "DELETE FROM infra_journal",
            "CREATE VIEW pub.x AS SELECT * FROM people_member",
            "CREATE FUNCTION cards_f() RETURNS void LANGUAGE plpgsql AS $$"
            " BEGIN INSERT INTO people_member VALUES (1); END $$",
            "FROM people_member m",
        ],
    )
    def test_a_foreign_table_is_found(self, sql: str) -> None:
        assert foreign_names("cards", sql, in_migration=True)

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT c.id FROM cards_card c JOIN pub.members m ON m.member_id = c.id",
            "WITH people AS (SELECT 1 AS id) SELECT * FROM people",
            "INSERT INTO cards_card (id) SELECT * FROM unnest(%s::bigint[]) ON CONFLICT DO NOTHING",
            "SELECT people_count FROM cards_card WHERE at > now() - interval '1 day'",
            "ALTER TABLE cards_card ADD FOREIGN KEY (member_id) REFERENCES people_member (id)",
            "SELECT c.id FROM cards_card c, LATERAL (SELECT 1) AS x WHERE c.a = ANY(%(ids)s)",
        ],
    )
    def test_own_and_published_relations_are_not(self, sql: str) -> None:
        assert not foreign_names("cards", sql, in_migration=True)


def statements_of(directory: Path) -> Iterator[tuple[str, str]]:
    """Yield (where, SQL) for every statement or fragment of SQL in a directory."""
    for path in sorted(directory.rglob("*.sql")):
        yield relative(path), path.read_text(encoding="utf-8")
    for path in python_files(directory):
        for line, text in strings_in(path):
            if STATEMENT.match(text) or FRAGMENT.search(text):
                yield f"{relative(path)}:{line}", text


def foreign_names(context: str, sql: str, *, in_migration: bool) -> set[str]:
    """Return the relations and functions of others that a piece of SQL names."""
    text = re.sub(r"%\(\w+\)s|%s", "NULL", sql).replace("%%", "%")
    if in_migration:
        text = re.sub(r"\bREFERENCES\s+[\w.]+", "", text).replace(REGISTRY, "pub.partitioned")
    try:
        parsed = [one for one in sqlglot.parse(text, dialect="postgres") if one is not None]
    except (ParseError, TokenError):
        return _by_tokens(context, text)
    if any(isinstance(one, exp.Command) or one.find(exp.Command, exp.Heredoc) for one in parsed):
        return _by_tokens(context, text)
    return {name for one in parsed for name in _by_tree(context, one)}


def _by_tree(context: str, parsed: exp.Expression) -> Iterator[str]:
    own_names = {with_.alias for with_ in parsed.find_all(exp.CTE)}
    for table in parsed.find_all(exp.Table):
        if table.db in EVERYBODYS or table.name in own_names or not table.name:
            continue
        if _is_foreign(context, table.name):
            yield table.name
    for function in parsed.find_all(exp.Anonymous):
        if _is_foreign(context, function.name):
            yield f"{function.name}()"


def _by_tokens(context: str, text: str) -> set[str]:
    # A body in dollar quotes is one token to the tokenizer: it is opened first.
    opened = re.sub(r"\$(\w*)\$", " ", text)
    try:
        tokens = sqlglot.tokenize(opened, dialect="postgres")
    except TokenError as unreadable:
        raise AssertionError(f"SQL that can't be read: {text[:200]}") from unreadable
    found = set()
    for before, token, after in _triples(tokens):
        if before == "." or token.text.upper() in NAMES_A_TABLE:
            continue
        is_relation = before.upper() in NAMES_A_TABLE or after == "("
        if is_relation and _is_foreign(context, token.text):
            found.add(token.text)
    return found


def _triples(tokens: list[Token]) -> Iterator[tuple[str, Token, str]]:
    for i, token in enumerate(tokens):
        before = tokens[i - 1].text if i else ""
        after = tokens[i + 1].text if i + 1 < len(tokens) else ""
        yield before, token, after


def _is_foreign(context: str, name: str) -> bool:
    if name.startswith(f"{context}_"):
        return False
    return any(name.startswith(f"{other}_") for other in FOREIGN_PREFIXES)
