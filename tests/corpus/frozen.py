"""Decisions that were made once and stay: read, written down and made again.

``decisions.jsonl`` has a line each: the pack's content by hash, the right, the day, the person's
facts, and what was decided: the law's part, the right, a hash of the reason's text in both
languages, and the amounts that it gives. The packs' tables lie beside it by the same hash, so that
a decision is made again under the rules of its time, whatever became of them. Lines are added,
never changed: ``python -m tests.corpus.freeze``.
"""

import datetime as dt
import functools
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from citycard.infra.packs.pack import canonical, from_canonical
from citycard.kernel.periods import DateSpan
from citycard.rules import api as rules

HERE = Path(__file__).parent
DECISIONS = HERE / "decisions.jsonl"
TABLES = ("agencies", "calendar", "districts", "entitlements", "pack", "statuses")
"""What rules read of a pack."""

Line = dict[str, Any]


class KeptPack:
    """A pack's tables as rules read them."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self.tables = tables
        self.content = canonical(dict(tables))
        self.hash = hashlib.sha256(self.content).hexdigest()[:16]

    @classmethod
    def of(cls, pack: Any) -> "KeptPack":
        """Take what rules read of a pack."""
        return cls({name: pack.table(name) for name in TABLES if name in pack.sources})

    def table(self, name: str) -> Any:
        """Return a table."""
        return self.tables[name]

    @functools.cached_property
    def rules(self) -> rules.RuleTable:
        """The pack's rights."""
        return rules.read_rules(self.table("entitlements"), names=rules.vocabulary_of(self))

    def keep(self) -> None:
        """Write the tables beside the decisions."""
        path = _path(self.hash)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(self.content, 9))


@functools.cache
def kept_pack(pack_hash: str) -> KeptPack:
    """Return the tables of a pack that was frozen."""
    return KeptPack(from_canonical(zlib.decompress(_path(pack_hash).read_bytes())))


def _path(pack_hash: str) -> Path:
    return HERE / "packs" / f"{pack_hash}.zz"


def lines() -> Iterator[Line]:
    """Yield every frozen decision, oldest first."""
    if DECISIONS.exists():
        with DECISIONS.open(encoding="utf-8") as kept:
            yield from map(json.loads, kept)


def decided(table: rules.RuleTable, right: str, facts: Mapping[str, Any], on: dt.date) -> Line:
    """Decide, and return what is frozen of it."""
    rule = table[right]
    eligible, holds = rule.may_have(facts, on), rule.has(facts, on)
    reason = holds.because.text("zh-Hant") + holds.because.text("en")
    return {
        "eligible": eligible.verdict.value,
        "holds": holds.verdict.value,
        "because": hashlib.sha256(reason.encode()).hexdigest()[:12],
        "gives": {name: _amount(value, facts, on) for name, value in sorted(rule.gives.items())},
    }


def _amount(value: rules.Dated, facts: Mapping[str, Any], on: dt.date) -> Any:
    try:
        valued = value.value(facts, on)
    except rules.NotYetInForce:
        return "not yet"
    return valued.verdict.value if valued.payload is None else valued.payload.get("amount")


def written(facts: Any) -> Any:
    """Return facts as JSON."""
    if isinstance(facts, dt.date):
        return {"day": facts.isoformat()}
    if isinstance(facts, DateSpan):
        return {"from": _iso(facts.start), "until": _iso(facts.end)}
    if isinstance(facts, Mapping):
        return {key: written(value) for key, value in facts.items()}
    return [written(each) for each in facts] if isinstance(facts, tuple) else facts


def read(facts: Any) -> Any:
    """Return facts from JSON."""
    if isinstance(facts, list):
        return tuple(read(each) for each in facts)
    if not isinstance(facts, Mapping):
        return facts
    if set(facts) == {"day"}:
        return dt.date.fromisoformat(facts["day"])
    if set(facts) == {"from", "until"}:
        return DateSpan(_day(facts["from"]), _day(facts["until"]))
    return {key: read(value) for key, value in facts.items()}


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
