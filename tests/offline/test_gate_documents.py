"""The gate's part: a reader gets its own service's documents, plainly, and nothing from the
database meanwhile."""

import datetime as dt

import pytest

from citycard.flows import snapshotting
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.snapshots import Shelves, since_of
from citycard_reader.documents import parsed, split
from tests.offline.lines import gate_reader
from tests.taps.town import NOW, Town


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def shelves(town: Town, *services: str) -> tuple[Shelves, dict[str, int]]:
    ids = {service: town.reader(service).device_id or 0 for service in services}
    town.cards(town.residents(2))
    snapshotting.build(NOW)
    found = Shelves()
    found._refresh()
    return found, ids


def test_each_reader_gets_its_own_service(town: Town) -> None:
    found, ids = shelves(town, "sports-visit", "activity")
    for service, device_id in ids.items():
        body = found.snapshot(gate_reader(device_id), b"").body
        assert {parsed(one)[0]["service"] for one in split(body)} == {service}


def test_what_is_held_is_not_sent_again(town: Town) -> None:
    found, ids = shelves(town, "sports-visit")
    reader = gate_reader(ids["sports-visit"])
    first = found.changes(reader, 1, b"")
    assert first.status == 200
    [(_, tag)] = first.headers
    again = found.changes(reader, 1, tag)
    assert (again.status, again.body) == (304, b"")
    snapshotting.refresh(NOW + dt.timedelta(minutes=1))
    found._refresh()
    assert found.changes(reader, 1, tag).status == 200  # it is fresh by a later word


@pytest.mark.parametrize("since", [0, 2, 99])
def test_a_version_that_is_not_on_the_line_asks_for_a_base(town: Town, since: int) -> None:
    found, ids = shelves(town, "sports-visit")
    with pytest.raises(GateProblem) as refused:
        found.changes(gate_reader(ids["sports-visit"]), since, b"")
    assert (refused.value.status, refused.value.code) == (410, "snapshot_renewed")


def test_before_the_first_build_there_is_none(town: Town) -> None:
    device_id = town.reader().device_id or 0
    with pytest.raises(GateProblem) as refused:
        Shelves().snapshot(gate_reader(device_id), b"")
    assert refused.value.status == 404


@pytest.mark.parametrize(
    "query", [b"", b"since=", b"since=-1", b"since=x", b"version=1", b"since=" + b"9" * 30]
)
def test_a_query_names_a_version(query: bytes) -> None:
    with pytest.raises(GateProblem) as refused:
        since_of(query)
    assert refused.value.status == 422


def test_a_service_that_answers_an_agency_s_number_decides_nothing_offline(town: Town) -> None:
    found, ids = shelves(town, "library-loan")
    [base, *_] = split(found.snapshot(gate_reader(ids["library-loan"]), b"").body)
    header = parsed(base)[0]
    assert header["limits"]["asks"] == "never"
    assert [name for name, *_ in header["sets"]] == []


def test_nothing_changed_makes_no_document(town: Town) -> None:
    shelves(town, "sports-visit")
    assert snapshotting.build(NOW + dt.timedelta(minutes=5)) == 0
    town.cards(town.residents(1))
    assert snapshotting.build(NOW + dt.timedelta(minutes=10)) == 1
    assert snapshotting.build(NOW + dt.timedelta(hours=25)) == 1  # a base with a new salt
