"""What stands under something, or follows it, does not stand under itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from citycard.infra.packs.mistakes import Problem
from citycard.infra.packs.pack import Pack
from citycard.infra.packs.reading import Path

# table, the way to its rows, the key that names another row, as a sentence says it
LINKS: tuple[tuple[str, Path, str, str], ...] = (
    ("agencies", ("agencies",), "under", "stands under itself"),
    ("entitlements", (), "follows", "follows itself"),
    ("cards", ("kinds",), "follows", "follows itself"),
)


def check_circles(pack: Pack) -> Iterator[Problem]:
    """Nothing stands under itself or follows itself, and no right excludes itself."""
    for table, path, key, says in LINKS:
        rows = pack.table(table)
        for step in path:
            rows = rows[step]
        for code in rows:
            way = _way(rows, code, key)
            if way[-1] == code and len(way) > 1:
                message = f"“{code}” {says}: {' → '.join(way)}"
                yield pack.problem(table, (*path, code, key), message)
    for code, right in pack.table("entitlements").items():
        if code in right.get("excludes", ()):
            yield pack.problem("entitlements", (code, "excludes"), f"“{code}” excludes itself")


def _way(rows: Mapping[str, Any], code: str, key: str) -> list[str]:
    """Return what is met from a row on, until an end or a row that was met before."""
    way = [code]
    while (following := rows.get(way[-1], {}).get(key)) is not None:
        way.append(str(following))
        if way.count(way[-1]) > 1:
            break
    return way
