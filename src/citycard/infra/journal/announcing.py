"""Writing to the journal, in the unit of work of the change."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from citycard.infra import clock
from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.events import Event

_INSERT = """
INSERT INTO infra_journal (generation, recorded_at, code, body)
SELECT g.number, %s, e.code, e.body::jsonb
FROM (SELECT max(number) AS number FROM infra_generation) g,
     unnest(%s::text[], %s::text[]) WITH ORDINALITY AS e(code, body, n)
ORDER BY e.n
"""


_kept: ContextVar[list[Event] | None] = ContextVar("citycard_announced_together", default=None)


@contextmanager
def announced_together() -> Iterator[None]:
    """Write what is announced inside in one statement, at the end and in order; for steps that make
    one unit of work and take back no part of it."""
    require_unit_of_work()
    kept: list[Event] = []
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)
    announce(*kept)


def announce(*events: Event) -> None:
    """Record what happened; subscribers see it once this unit of work has committed."""
    require_unit_of_work()
    kept = _kept.get()
    if kept is not None:
        kept.extend(events)
    elif events:
        bodies = [json.dumps(event.body()) for event in events]
        values = [clock.now(), [event.code for event in events], bodies]
        execute(_INSERT, values, prepare=True)
