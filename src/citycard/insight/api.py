"""Figures of the city: uses, people and how regularly they come; no person's id.

**Counting.** `absorb_taps` follows ``taps.batch.stored``: each batch is counted once, exactly, in
the
unit of work that moves the cursor. People are counted under pseudonyms that differ from service to
service, so no two services' figures can be joined. Late taps count on the day they happened.

**Reading.** `service_figures` gives a service's month (uses, people, uses a person, places, days,
days of use), `month_totals` its last months, `city_tree` the whole city from places up to
everything.
A cell that speaks of fewer people than the pack's ``privacy.small_cell`` is None, and so is its
next-smallest sibling wherever subtraction would tell; nothing hidden leaves here. Periods are
calendar months, which never overlap: two overlapping periods could be subtracted. A month that is
still running grows from day to day, so who keeps yesterday's file learns today's additions; lists
meant for the public should be of closed months.

**Files.** `figures_csv` and `tree_csv` write the same cells, hidden as on the page.

**Proof.** `verify` recounts from the taps by other means. `recount` counts a month anew.

`ask_for_proof`, `record_proof` and `latest_proof` keep the runs of the whole house's auditor, which
`flows.proving` does.

`leak_figures` works out what rights go on costing after they ended, by how often registers are
followed; from the pack's figures, without a database.

`measures` are the pack's definitions, to be shown under each figure's title.
"""

from citycard.insight.absorbing import absorb_taps
from citycard.insight.exporting import HIDDEN, figures_csv, tree_csv
from citycard.insight.figures import BandFigure, DayFigure, Figures, PlaceFigure
from citycard.insight.hiding import Sum, hidden_cells
from citycard.insight.leaking import POLICIES as LEAK_POLICIES
from citycard.insight.leaking import LeakFigure, LeakInputs, leak_figures
from citycard.insight.proof_runs import (
    PROOF_TOPIC,
    ProofRun,
    ask_for_proof,
    latest_proof,
    record_proof,
)
from citycard.insight.proving import verify
from citycard.insight.queries import (
    Measure,
    MonthTotal,
    city_tree,
    least_people,
    measures,
    month_totals,
    months,
    service_figures,
    services_used,
)
from citycard.insight.recounting import recount
from citycard.insight.totals import uses_by_service
from citycard.insight.tree import Node

__all__ = [
    "HIDDEN",
    "LEAK_POLICIES",
    "PROOF_TOPIC",
    "BandFigure",
    "DayFigure",
    "Figures",
    "LeakFigure",
    "LeakInputs",
    "Measure",
    "MonthTotal",
    "Node",
    "PlaceFigure",
    "ProofRun",
    "Sum",
    "absorb_taps",
    "ask_for_proof",
    "city_tree",
    "figures_csv",
    "hidden_cells",
    "latest_proof",
    "leak_figures",
    "least_people",
    "measures",
    "month_totals",
    "months",
    "record_proof",
    "recount",
    "service_figures",
    "services_used",
    "tree_csv",
    "uses_by_service",
    "verify",
]
