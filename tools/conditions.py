"""The page about condition words, made from their classes."""

import inspect

from citycard.rules import api as rules
from citycard.rules.condition import Condition

_HEAD = """# Condition words

A rule in a city pack is built of these words. Each says **yes**, **no** or **unknown** about
one person on one day; unknown names the fact that is missing, and `papers.yaml` says which
paper speaks for it. A word's meaning never changes: a new meaning gets a new word. An unknown
word, or a name that the pack doesn't have, is refused when the pack is checked, with file, line
and the nearest known one.

| word | takes | yes when | reads |
|---|---|---|---|
"""
_TAIL = """
## Joining

`all` is yes when every part is yes, and no as soon as one is no; otherwise unknown. `any` is
yes as soon as one part is yes, and no when every part is no; otherwise unknown. `not` turns yes
and no round and leaves unknown.

## Days

An age is reached on the birthday. Who was born on 29 February reaches it on 1 March in a common
year (Civil Code 121 II and 124 I), unless `pack.yaml` sets `birthdays.leap_day: february_28`.
Spans are half-open: the day named by `until` is the first one that no longer counts. A person's
rights last through the day of death. Every entitlement asks for `alive` by itself.

## Examples

"""


def conditions() -> str:
    """Describe every condition word."""
    rows = [_row(kind) for kind in rules.WORDS]
    examples = "".join(f"- {kind.example}\n" for kind in rules.WORDS)
    return f"{_HEAD}{''.join(rows)}{_TAIL}```yaml\n{examples}```\n"


def _row(kind: type[Condition]) -> str:
    says = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    return f"| `{kind.word}` | {kind.takes} | {says} | {_reads(kind)} |\n"


def _reads(kind: type[Condition]) -> str:
    named = kind.__dict__.get("reads") or getattr(kind, "reads", None)
    if isinstance(named, frozenset):
        return ", ".join(f"`{name}`" for name in sorted(named)) or "–"
    singular = getattr(kind, "singular", "status" if kind.word == "status_grade" else None)
    return f"`{singular}.…`" if singular else "what its parts read"
