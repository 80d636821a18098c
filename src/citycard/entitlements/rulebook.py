"""The city's entitlement rules, read once a pack and shaped for deciding many people."""

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from citycard.infra.packs import current_pack
from citycard.infra.packs.keeping import active_hash, kept_tables
from citycard.kernel.errors import Refused
from citycard.rules.api import YES, Rule, RuleTable, Tables, read_rules, vocabulary_of

_EMPTY: Mapping[str, Any] = {}


class NoSuchEntitlement(Refused):
    """This city has no entitlement {entitlement}."""

    code = "entitlements.no_such_entitlement"


@dataclass(frozen=True, eq=False)
class BookRule:
    """A rule of the pack, with its tests kept by day."""

    rule: Rule

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def follows(self) -> str | None:
        found = self.rule.settings.get("follows")
        return str(found) if found else None

    @cached_property
    def _needs_approval(self) -> bool:
        return self.rule.granted_by == "application"

    def may_hold(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether it could ever hold: without an approval, most rules needn't be asked at
        all."""
        return not self._needs_approval or bool((facts.get("approvals") or _EMPTY).get(self.code))

    def next_change(self, facts: Mapping[str, Any], on: dt.date) -> dt.date | None:
        """Return the first day after ``on`` on which the answer could be another."""
        if on < self.rule.since:
            return self.rule.since
        return self.rule.holds.next_change(facts, on)

    @functools.lru_cache(maxsize=4096)  # noqa: B019 - a rule lives as long as its pack
    def test(self, on: dt.date) -> Callable[[Mapping[str, Any]], bool]:
        """Return the test for one day."""
        if on < self.rule.since:
            return lambda facts: False
        holds = self.rule.holds.at(on)
        return lambda facts: holds(facts) == YES


@dataclass(frozen=True, eq=False)
class Rulebook:
    """All entitlements of one pack, in the table's order."""

    pack_hash: str
    table: RuleTable
    rules: tuple[BookRule, ...]

    def __iter__(self) -> Iterator[BookRule]:
        return iter(self.rules)

    @property
    def reads(self) -> frozenset[str]:
        """The facts that deciding any rule needs; no others are fetched."""
        return frozenset().union(*self.inputs.values())

    @cached_property
    def inputs(self) -> Mapping[str, tuple[str, ...]]:
        """The facts that each rule reads, in order."""
        return {rule.code: tuple(sorted(rule.rule.holds.reads)) for rule in self.rules}

    def __contains__(self, code: object) -> bool:
        return code in self.table.rules

    def rule(self, code: str) -> Rule:
        """Return one rule.

        :raises NoSuchEntitlement: the city has none of this code
        """
        if code not in self.table.rules:
            raise NoSuchEntitlement(entitlement=code)
        return self.table[code]


@dataclass(frozen=True)
class _KeptPack:
    """A pack that was active once, as far as rules need one."""

    tables: Mapping[str, Any]

    def table(self, name: str) -> Any:
        return self.tables[name]


def rulebook() -> Rulebook:
    """Return the rules of the active pack."""
    pack = current_pack()
    return _read(pack.hash, pack)


def kept_rulebook(pack_hash: str) -> Rulebook:
    """Return the rules of a pack that was active once, as they were; today's where none of this
    hash ever was (somebody edited it without activating it)."""
    if pack_hash in _books:
        return _books[pack_hash]
    try:
        tables = kept_tables(pack_hash=pack_hash)
    except KeyError:
        return rulebook()
    return _read(pack_hash, _KeptPack(tables))


def rulebook_at(at: dt.datetime) -> Rulebook:
    """Return the rules that were active at an instant; before the first activation, today's."""
    pack_hash = active_hash(at=at)
    return rulebook() if pack_hash is None else kept_rulebook(pack_hash)


_books: dict[str, Rulebook] = {}


def _read(pack_hash: str, pack: Tables) -> Rulebook:
    if pack_hash not in _books:
        table = read_rules(pack.table("entitlements"), names=vocabulary_of(pack))
        _books[pack_hash] = Rulebook(pack_hash, table, tuple(BookRule(rule) for rule in table))
    return _books[pack_hash]


def inputs_of(book: Rulebook, code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that a rule read, JSON-ready: what the stored reason keeps."""
    return plain_facts(book.inputs[code], facts)


def plain_facts(names: Iterable[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return some facts, named as rules name them, JSON-ready."""
    found: dict[str, Any] = {}
    for name in names:
        value = _look_up(name, facts)
        if value is not None:
            found[name] = _plain(value)
    return found


_GROUPS = {"status": "statuses", "approval": "approvals", "relation": "relations"}


def laid_over(known: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return known facts with others, named as rules name them, laid over."""
    together = dict(known)
    for name, value in facts.items():
        head, _, code = name.partition(".")
        if code:
            group = _GROUPS[head]
            together[group] = {**(together.get(group) or _EMPTY), code: value}
        else:
            together[name] = value
    return together


def _look_up(name: str, facts: Mapping[str, Any]) -> Any:
    head, _, code = name.partition(".")
    return (facts.get(_GROUPS[head]) or _EMPTY).get(code) if code else facts.get(name)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, bool | int | str):
        return value
    return str(value)
