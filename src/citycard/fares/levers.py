"""The figures of a pack that a policy may change: what rights give, what is spent of it, what
comes off a fare. Pure.

A lever is a whole number in a row of a dated list that is in force on a day. Setting levers gives
the changes of a proposal: the lists with other numbers, laid over the city's own.
"""

import copy
import datetime as dt
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from citycard.infra.packs import Pack, Text
from citycard.kernel.errors import Refused
from citycard.rules import api as rules

Path = tuple[str | int, ...]
_NUMBERS = ("amount", "cap", "points", "percent", "off_ntd", "ntd", "cap_ntd", "free_km", "base_km")


class LeverUnknown(Refused):
    """There is no figure “{lever}” in this city's rules."""

    code = "fares.lever_unknown"


class LeverOutOfRange(Refused):
    """“{value}” can't be: a whole number from 0 to 100,000 can."""

    code = "fares.lever_out_of_range"


@dataclass(frozen=True, kw_only=True)
class Lever:
    """A figure that may be changed.

    :ivar code: names it within the pack: table and path
    :ivar about: the right or concession whose figure it is
    :ivar what: the gift, the category or the concession's part that it belongs to, by the pack's
        code; ``number`` the word of the figure itself, such as ``amount`` or ``percent``
    :ivar when: the condition of its row, as a phrase
    """

    code: str
    table: str
    path: Path
    about: Text
    what: str
    number: str
    when: Text | None
    value: int


def levers(*, pack: Pack, on: dt.date) -> list[Lever]:
    """Return the figures in force on a day, in the pack's order."""
    return [*_of_rights(pack, on), *_of_concessions(pack, on)]


def _of_rights(pack: Pack, on: dt.date) -> Iterator[Lever]:
    for code, rule in pack.table("entitlements").items():
        for part in ("gives", "spends_on"):
            for what, listed in rule.get(part, {}).items():
                path, about = (code, part, what), Text.read(rule["name"])
                yield from _in_force(pack, "entitlements", path, listed, on, about, what)


def _of_concessions(pack: Pack, on: dt.date) -> Iterator[Lever]:
    table = pack.table("fares") or {}
    for code, rule in table.get("concessions", {}).items():
        path = ("concessions", code, "rows")
        yield from _in_force(pack, "fares", path, rule["rows"], on, Text.read(rule["name"]), "")


def _claim(pack: Pack, condition: Any) -> Text | None:
    if condition is None:
        return None
    return rules.read_condition(condition, names=rules.vocabulary_of(pack)).claim


def _in_force(
    pack: Pack, table: str, path: Path, listed: Any, on: dt.date, about: Text, what: str
) -> Iterator[Lever]:
    begun = [row["from"] for row in listed if row["from"] <= on]
    for place, row in enumerate(listed):
        if begun and row["from"] == max(begun):
            when = _claim(pack, row.get("when"))
            for inner, value in _numbers(row, (*path, place)):
                yield Lever(
                    code=":".join(map(str, (table, *inner))), table=table, path=inner, about=about,
                    what=what, number=str(inner[-1]), when=when, value=value,
                )  # fmt: skip


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, int]]:
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in steps:
        if key in _NUMBERS and isinstance(inner, int) and not isinstance(inner, bool):
            yield (*path, key), inner
        elif isinstance(inner, dict | list) and key != "when":
            yield from _numbers(inner, (*path, key))


def proposal_of(*, pack: Pack, on: dt.date, settings: Mapping[str, int]) -> dict[str, str]:
    """Return the changes that set levers to other values, as YAML by table; empty for none.

    :param settings: value by the lever's code
    :raises LeverUnknown, LeverOutOfRange: nothing is proposed
    """
    known = {lever.code: lever for lever in levers(pack=pack, on=on)}
    changed: dict[str, dict[str, Any]] = {}
    for code, value in settings.items():
        if code not in known:
            raise LeverUnknown(lever=code)
        if not 0 <= value <= 100_000:
            raise LeverOutOfRange(value=value)
        if value != known[code].value:
            _set(changed, pack, known[code], value)
    return {table: _yaml(content) for table, content in changed.items()}


def _set(changed: dict[str, dict[str, Any]], pack: Pack, lever: Lever, value: int) -> None:
    """Put the lever's whole list among the changes, with its other number."""
    place = next(n for n, step in enumerate(lever.path) if isinstance(step, int))
    own: Any = changed.setdefault(lever.table, {})
    theirs = pack.table(lever.table)
    for step in lever.path[: place - 1]:
        own, theirs = own.setdefault(step, {}), theirs[step]
    name = lever.path[place - 1]
    if name not in own:
        own[name] = copy.deepcopy(theirs[name])
    row = own[name]
    for step in lever.path[place:-1]:
        row = row[step]
    row[lever.path[-1]] = value


def _yaml(content: Mapping[str, Any]) -> str:
    out = io.StringIO()
    writer = YAML(typ="safe")
    writer.dump(content, out)
    return out.getvalue()
