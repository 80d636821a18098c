"""Figures as the pages give them away: nothing small, and sums that are sums."""

import csv
import io
from collections import defaultdict

HIDDEN = "*"
LEAST_PEOPLE = 10
STEPS = "funnel"
"""The table whose rows are no parts of a sum, each step being part of the one before: whether one
of them can be told from the others is reckoned by tests/insight/test_attack.py."""


def rows_of(content: bytes) -> list[dict[str, str]]:
    """Read a download with a head."""
    text = content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    return [row for row in rows if row["code"]]  # the last line explains the star


def assert_nothing_small(content: bytes) -> None:
    """See that no figure about fewer than ten people stands there, and no single one is hidden."""
    tables: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows_of(content):
        tables[row["table"]].append(row)
    assert tables["total"]
    for name, rows in tables.items():
        for row in rows:
            shown = row["people"]
            assert shown in ("", HIDDEN, "0") or int(shown) >= LEAST_PEOPLE, f"{name}: {row}"
        if name == STEPS:
            continue
        hidden = [row for row in rows if HIDDEN in (row["uses"], row["people"])]
        alone = len(rows) == 1 or HIDDEN in tables["total"][0].values()
        assert len(hidden) != 1 or alone, f"{name} gives its one hidden cell away"


def assert_tree_adds_up(content: bytes) -> None:
    """See that every node is the sum of what stands below it, as far as that is shown."""
    uses: dict[str, str] = {row["code"]: row["uses"] for row in rows_of(content)}
    below: dict[str, list[str]] = defaultdict(list)
    for code in uses:
        if code != "all":
            below[code.rpartition("/")[0]].append(code)
    assert int(uses["all"]) > 0
    for parent, children in below.items():
        hidden = [child for child in children if uses[child] == HIDDEN]
        shown = sum(int(uses[child]) for child in children if uses[child] != HIDDEN)
        if uses[parent] == HIDDEN:
            continue
        assert len(hidden) != 1, f"{parent} gives {hidden} away"
        assert shown == int(uses[parent]) if not hidden else shown <= int(uses[parent]), parent
