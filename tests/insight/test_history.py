"""Any order and any split of the same taps gives the same figures; so do a recount and history."""

import datetime as dt
import itertools
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.infra.database import execute, rows
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight import absorbing, recounting
from citycard.insight.history_counting import count_history, history_differs
from citycard.insight.history_writing import MANIFEST, history_months, write_history
from citycard.insight.proving import verify
from citycard.taps import api as taps
from tests.insight.seen import at, store, tap

MONTHS = [dt.date(2016, 2, 1), dt.date(2016, 3, 1)]

pytestmark = [
    pytest.mark.usefixtures("city"),
    # Ibis' own call of DuckDB
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]

SEEN = st.lists(
    st.tuples(
        st.integers(1, 4),  # who
        st.sampled_from([(2, 28), (2, 29), (3, 1), (3, 2), (3, 9), (3, 31)]),
        st.sampled_from([("sports-visit", "daan"), ("sports-visit", "xinyi"), ("loan", "main")]),
        st.sampled_from([taps.Code.ACCEPTED, taps.Code.ACCEPTED, taps.Code.NOT_ENTITLED]),
    ),
    min_size=1,
    max_size=14,
)


def clean(city) -> None:
    for table in ("count", "visits", "first", "cell", "place"):
        execute(f"DELETE FROM insight_{table}")
    execute("UPDATE insight_absorbed SET batches = '{}'")
    city.database.owner_sql("TRUNCATE taps_tap, taps_batch RESTART IDENTITY")


def stored(seen) -> list[Announced]:
    """Store taps, each a batch of its own; return what was announced."""
    for who, (month, day), (service, place), code in seen:
        store(tap(who, at(day, month=month), service=service, place=place, code=code))
    found = rows(
        "SELECT id, body::text AS body FROM infra_journal WHERE code = 'taps.batch.stored'"
        " ORDER BY id DESC LIMIT %s",
        [len(seen)],
    )
    return [
        Announced(id=it.id, code="taps.batch.stored", body=json.loads(it.body), at=at(1))
        for it in reversed(found)
    ]


def figures():
    """Return all that is kept, with places by name: their numbers are given in order of arrival."""
    counts = rows(
        """
        SELECT c.service, c.month, c.what, c.agency, c.n,
               CASE WHEN p.id IS NULL THEN c.key::text ELSE p.place END AS key
        FROM insight_count c LEFT JOIN insight_place p ON c.what LIKE 'place%%' AND p.id = c.key
        """
    )
    names = {row.id: row.place for row in rows("SELECT id, place FROM insight_place")}
    visits = [
        (
            row.service,
            row.month,
            row.week,
            number >> 32,
            names[number >> 8 & 0xFFFFFF],
            number & 255,
        )
        for row in rows("SELECT service, month, week, visits FROM insight_visits")
        for [number] in struct.iter_unpack("<Q", row.visits)
    ]
    firsts = [
        (row.service, number)
        for row in rows("SELECT service, firsts FROM insight_first")
        for [number] in struct.iter_unpack("<Q", row.firsts)
    ]
    return sorted(map(tuple, counts)), sorted(visits), sorted(firsts)


def absorb(events) -> None:
    with unit_of_work():
        absorbing.absorb_taps(events)


@settings(max_examples=12)
@given(SEEN, st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_and_any_split_gives_the_same_figures(city, seen, chance, size):
    clean(city)
    events = stored(seen)
    absorb(events)
    at_once = figures()
    assert verify() == []
    for table in ("count", "visits", "first", "cell"):
        execute(f"DELETE FROM insight_{table}")
    execute("UPDATE insight_absorbed SET batches = '{}'")
    chance.shuffle(events)
    for part in (events[n : n + size] for n in range(0, len(events), size)):
        absorb([*part, part[0]])  # and one of them twice
    assert figures() == at_once
    for month in MONTHS:
        with unit_of_work():
            recounting.recount(month=month)
    assert figures() == at_once


def test_history_says_what_the_figures_say_and_holds_no_member(city, tmp_path):
    clean(city)
    days = [(2, 28), (2, 29), (3, 1), (3, 3), (3, 10), (3, 31)]
    places = [("sports-visit", "daan"), ("sports-visit", "xinyi"), ("loan", "main")]
    seen = [
        (who, days[(who * n) % 6], places[(who + n) % 3], taps.Code(1 if n % 7 else 12))
        for who, n in itertools.product(range(1, 12), range(9))
    ]
    events = stored(seen)
    absorb(events)
    for month in MONTHS:
        with unit_of_work():
            write_history(directory=tmp_path, month=month)
    assert sum(it.taps for it in history_months(directory=tmp_path)) == len(seen)
    assert history_differs(directory=tmp_path) == []
    assert {key[2] for key in count_history(directory=tmp_path)} == {
        "uses", "people", "new", "days", "interval",
    }  # fmt: skip
    import pyarrow.parquet as pq

    table = pq.read_table(tmp_path / "2016-03.parquet")
    assert table.column_names == ["day", "service", "agency", "place", "pseudonym", "served"]
    who = set(table["pseudonym"].to_pylist())
    assert not who & set(range(100))
    by_service = [
        {row["pseudonym"] for row in table.to_pylist() if row["service"] == service}
        for service in ("sports-visit", "loan")
    ]
    assert not by_service[0] & by_service[1]
    assert "2016-03" in (tmp_path / MANIFEST).read_text()


def test_a_month_that_grew_since_is_told(city, tmp_path):
    clean(city)
    absorb(stored([(1, (3, 1), ("loan", "main"), taps.Code.ACCEPTED)]))
    with unit_of_work():
        write_history(directory=tmp_path, month=MONTHS[1])
    absorb(stored([(2, (3, 2), ("loan", "main"), taps.Code.ACCEPTED)]))
    assert [it.about for it in history_differs(directory=tmp_path)] == ["2016-03"]


def test_a_wrong_figure_is_found_by_history(city, tmp_path):
    clean(city)
    absorb(stored([(1, (3, 1), ("loan", "main"), taps.Code.ACCEPTED)]))
    with unit_of_work():
        write_history(directory=tmp_path, month=MONTHS[1])
    execute("UPDATE insight_count SET n = n + 1 WHERE what = 'people' AND agency = ''")
    [finding] = history_differs(directory=tmp_path)
    assert finding.says == "2 are kept, history says 1"
    execute("UPDATE insight_first SET firsts = ''")
    assert {it.check for it in verify()} == {"insight.people", "insight.visits"}
