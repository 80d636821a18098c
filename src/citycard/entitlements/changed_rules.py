"""Which rights a new pack decides otherwise than the packs under which people stand."""

import datetime as dt

from citycard.entitlements.compiling import meanings
from citycard.entitlements.rulebook import Rulebook, kept_rulebook, rulebook
from citycard.infra.database import execute, rows, statement


def changed_rules() -> tuple[str, ...]:
    """Return the rights whose rule says something else now than when people were last decided, in
    the city's order, and those that the pack has no more; empty: nothing is to be decided again.

    Rules are compared by what they say, not by their text: a new name or source changes nothing.
    """
    book = rulebook()
    stale = [one.pack_hash for one in rows(statement(__file__, "unsettled"), [book.pack_hash])]
    changed = {code for pack in stale for code in _differing(kept_rulebook(pack), book)}
    return tuple(code for code in all_codes(book) if code in changed)


def all_codes(book: Rulebook) -> tuple[str, ...]:
    """Return every right that the pack has or that anybody still holds."""
    held = rows(statement(__file__, "codes_held"))
    own = [rule.code for rule in book]
    return tuple(dict.fromkeys([*own, *sorted(one.entitlement for one in held)]))


def _differing(before: Rulebook, after: Rulebook) -> set[str]:
    old, new = meanings(before), meanings(after)
    return {code for code in old.keys() | new.keys() if old.get(code) != new.get(code)}


def settle(*, run_id: int, pack_hash: str, now: dt.datetime) -> None:
    """Note that everybody stands as decided by a pack, whichever they were decided by."""
    execute(statement(__file__, "settle"), {"run": run_id, "pack": pack_hash, "now": now})


def unsettle(*, run_id: int) -> None:
    """Note that nobody stands any more as a run decided: it was taken back."""
    execute("DELETE FROM entitlements_settled WHERE run_id = %s", [run_id])
