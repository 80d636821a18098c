"""Figures of the city: uses, people and how regularly they come; no person's id.

**Counting.** `absorb_taps` follows ``taps.batch.stored``: each batch is counted once, exactly, in
the
unit of work that moves the cursor. People are counted under pseudonyms that differ from service to
service, so no two services' figures can be joined. Late taps count on the day they happened.

**Reading.** `published` gives months as they may be shown: the city's tree from places up to
everything, and every service's page at every agency (uses, people, uses a person, places, days,
days of use, days until people came again, first-time users). All tables of a month are covered
together (`docs/explanation/figures.md`): what is None can't be bounded to fewer than the pack's
``privacy.small_cell`` values by anybody who reads all of them. `service_figures`, `month_totals`,
`city_tree` (a month's or a range's) and `comparison` (agencies side by side) are parts of it.
`counted_through` says up to when taps are in it. Periods are calendar months, which never overlap:
two overlapping periods could be subtracted. A month whose taps still come in grows from day to
day, so who keeps yesterday's file learns today's additions. `keep_editions`, by night, lets months
go out whose late days are over: from then on everything shows that edition, whatever comes later.
`edition_months` are what the public sees.

**The question after a use.** `to_ask` chooses the use that a person may be asked about, `answer`
keeps what they say: once a use, under the service's pseudonym, and not again for the pack's days.

**People of several services.** `count_city_people`, by night, counts different people of each
category and of the whole city in closed months; only numbers leave the taps.

**From the right to a regular.** `count_reach`, by night, counts who holds the right that a service
asks for, and a card, in the months that have not gone out. A page shows them before its own people,
who came again and who came often.

**Files.** `figures_sheet`, `tree_sheet` and `comparison_sheet` hold the same cells, hidden as on
the page; `as_csv` and `as_parquet` (where `writes_parquet`) write them.

**History.** `write_history` writes a month's taps as Parquet under the services' pseudonyms;
`count_history` counts the figures of such files anew by DuckDB, and `history_differs` compares them
with those kept. Both need the ``analytics`` extra.

**Proof.** `attack_published` puts all published tables of all months together and tries to bound
what they hide. `verify` recounts from the taps by other means. `recount` counts a month anew.

`ask_for_proof`, `record_proof` and `latest_proof` keep the runs of the whole house's auditor, which
`flows.proving` does.

**Tables of their own.** `parted` says what may be shown of a total and its parts that stand on a
page beside these, by the same covering.

`leak_figures` works out what rights go on costing after they ended, by how often registers are
followed; from the pack's figures, without a database.

`measures` and `funnel_steps` are the pack's definitions, to be shown under each figure's title.
"""

from citycard.insight.absorbing import absorb_taps
from citycard.insight.asking import NoSuchScore, NotAsked, Use, answer, to_ask
from citycard.insight.attacking import Narrowed
from citycard.insight.auditing import Attack, attack_published
from citycard.insight.city_people import count_city_people
from citycard.insight.comparing import Compared, Comparison, categories
from citycard.insight.editions import edition_months
from citycard.insight.exporting import (
    HIDDEN,
    NoParquet,
    Sheet,
    as_csv,
    as_parquet,
    comparison_sheet,
    figures_sheet,
    tree_sheet,
    writes_parquet,
)
from citycard.insight.figures import BandFigure, DayFigure, Figures, PlaceFigure
from citycard.insight.funnel import StepFigure
from citycard.insight.history_counting import count_history, history_differs
from citycard.insight.history_writing import (
    HistoryMonth,
    figures_version,
    history_months,
    write_history,
)
from citycard.insight.leaking import POLICIES as LEAK_POLICIES
from citycard.insight.leaking import LeakFigure, LeakInputs, leak_figures
from citycard.insight.measuring import Measure, funnel_steps, least_people, measures
from citycard.insight.parting import Line, Parted, parted
from citycard.insight.proof_runs import (
    PROOF_TOPIC,
    ProofRun,
    ask_for_proof,
    latest_proof,
    record_proof,
)
from citycard.insight.proving import verify
from citycard.insight.publishing import Published
from citycard.insight.queries import months, services_used
from citycard.insight.reach import count_reach
from citycard.insight.recounting import recount
from citycard.insight.showing import (
    MonthTotal,
    city_tree,
    comparison,
    counted_through,
    keep_editions,
    month_totals,
    published,
    service_figures,
)
from citycard.insight.simplex import Contradiction
from citycard.insight.totals import uses_by_service
from citycard.insight.tree import Node

__all__ = [
    "HIDDEN",
    "LEAK_POLICIES",
    "PROOF_TOPIC",
    "Attack",
    "BandFigure",
    "Compared",
    "Comparison",
    "Contradiction",
    "DayFigure",
    "Figures",
    "HistoryMonth",
    "LeakFigure",
    "LeakInputs",
    "Line",
    "Measure",
    "MonthTotal",
    "Narrowed",
    "NoParquet",
    "NoSuchScore",
    "Node",
    "NotAsked",
    "Parted",
    "PlaceFigure",
    "ProofRun",
    "Published",
    "Sheet",
    "StepFigure",
    "Use",
    "absorb_taps",
    "answer",
    "as_csv",
    "as_parquet",
    "ask_for_proof",
    "attack_published",
    "categories",
    "city_tree",
    "comparison",
    "comparison_sheet",
    "count_city_people",
    "count_history",
    "count_reach",
    "counted_through",
    "edition_months",
    "figures_sheet",
    "figures_version",
    "funnel_steps",
    "history_differs",
    "history_months",
    "keep_editions",
    "latest_proof",
    "leak_figures",
    "least_people",
    "measures",
    "month_totals",
    "months",
    "parted",
    "published",
    "record_proof",
    "recount",
    "service_figures",
    "services_used",
    "to_ask",
    "tree_sheet",
    "uses_by_service",
    "verify",
    "write_history",
    "writes_parquet",
]
