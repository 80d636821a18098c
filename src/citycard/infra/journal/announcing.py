"""Writing to the journal, in the unit of work of the change."""

import json

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


def announce(*events: Event) -> None:
    """Record what happened; subscribers see it once this unit of work has committed."""
    require_unit_of_work()
    if events:
        bodies = [json.dumps(event.body()) for event in events]
        values = [clock.now(), [event.code for event in events], bodies]
        execute(_INSERT, values, prepare=True)
