"""Deciding a whole city again: after a change of rules, after none, and after a day's feed."""

import copy
import datetime as dt
import os
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from ruamel.yaml import YAML

from bench.measuring.city import BenchCity, bench_city
from bench.measuring.figures import Figure, Measured

CITY = "taipei"
RESIDENTS = 2_700_000
TENTH = 10
FEED = 5_000
WORKERS = 2
PIECE = 20_000
NOW = dt.datetime(2026, 11, 21, 4, tzinfo=dt.UTC)
HERE = Path(__file__).parent


def measure(full: bool, console: Console) -> Measured:
    """Make a city of residents, change two of its rules, and decide everybody again."""
    scale = 1 if full else TENTH
    residents = RESIDENTS // scale
    with bench_city(city=CITY) as city, _memory(city) as memory:
        console.log(f"making {residents:,} residents")
        _people(city, residents)
        console.log("deciding them for the first time")
        _activate()
        first_s, first = _timed(lambda: _run(None))
        city.vacuum()
        console.log("looking at everybody again, right by right")
        whole_s, _ = _timed(lambda: _preview(_all_codes()))
        console.log("deciding them again, nothing changed")
        unchanged_s, unchanged = _timed(lambda: _preview(None))
        assert not unchanged.counts, unchanged.counts
        console.log("a day's feed")
        members = list(range(1, residents, residents // FEED))[:FEED]
        record_s, _ = _timed(lambda: _feed(members, "elsewhere"))
        feed_s, fed = _timed(lambda: _decide_feed(members))
        _feed(members, CITY)
        _decide_feed(members)
        console.log("two rules change")
        with _changed_rules() as codes:
            worked = _processor_s(city)
            preview_s, seen = _timed(lambda: _preview(codes))
            write_s, done = _timed(lambda: _carry_out(seen.run_id))
            worked = _processor_s(city) - worked
        assert done.state == "carried_out"
        conditions = city.conditions() | {
            "residents": f"{residents:,}, times are scaled by {scale}",
            "first decision": f"{(first_s) * scale:,.0f} s for {first.touched * scale:,} residents",
            "everything worked out again, nothing changed": f"{whole_s * scale:,.1f} s",
            "rule change": _said(seen, scale),
            "feed": f"{len(members):,} members, {len(fed):,} rights changed; recording them took"
            f" {record_s:.2f} s and is not included",
            "processor": "wall clock; whatever else ran on the machine is in it",
        }
    return Measured(
        figures=[
            Figure(
                name="recheck_s",
                value=(preview_s + write_s) * scale,
                unit="s",
                reference=f"preview {preview_s * scale:.1f} s, writing {write_s * scale:.1f} s;"
                f" processor time {worked * scale:.1f} s",
                aim=30,
                at_least=False,
            ),
            Figure(
                name="unchanged_s",
                value=unchanged_s * scale,
                unit="s",
                reference="everybody's version of facts and next boundary compared;"
                f" {unchanged.members * scale:,} members looked at",
                aim=5,
                at_least=False,
            ),
            Figure(
                name="feed_s",
                value=feed_s,
                unit="s",
                reference=f"{FEED:,} members, preview and written differences",
                aim=1,
                at_least=False,
            ),
            Figure(
                name="memory_mb",
                value=memory.most_mb,
                unit="MB",
                reference="this process and its server processes, private memory",
                aim=2048,
                at_least=False,
            ),
        ],
        conditions=conditions,
    )


def _people(city: BenchCity, residents: int) -> None:
    sql = (HERE / "recheck_people.sql").read_text(encoding="utf-8")
    city.owner_sql("ALTER TABLE people_fact DISABLE TRIGGER people_fact_added")
    url = city.cluster.owner_url()
    with psycopg.connect(url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(sql.encode(), {"residents": residents, "city": CITY})
    city.owner_sql("ALTER TABLE people_fact ENABLE TRIGGER people_fact_added")
    city.vacuum()


def _activate() -> None:
    from citycard.flows import activating
    from citycard.infra.packs import current_pack

    activating.activate(pack=current_pack(), now=dt.datetime.now(dt.UTC))


def _preview(codes: Sequence[str] | None) -> Any:
    from citycard.flows import rechecking
    from citycard.kernel.actors import SYSTEM

    return rechecking.preview(codes=codes, on=NOW.date(), now=NOW, actor=SYSTEM)


def _all_codes() -> tuple[str, ...]:
    from citycard.infra.packs import current_pack

    return tuple(current_pack().table("entitlements"))


def _carry_out(run_id: int) -> Any:
    from citycard.flows import rechecking
    from citycard.kernel.actors import SYSTEM

    return rechecking.carry_out(run_id=run_id, now=NOW, actor=SYSTEM)


def _run(codes: Sequence[str] | None) -> Any:
    found = _preview(codes)
    done = _carry_out(found.run_id)
    assert (done.state, done.left) == ("carried_out", 0), done
    return found


def _feed(members: Sequence[int], to_city: str) -> None:
    """Let registers say that people moved, away or back."""
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM
    from citycard.people import api as people

    facts = [
        people.NewFact(
            member_id=member,
            name="registered_city",
            value=to_city,
            valid_from=NOW.date(),
            source="register:household",
            basis_kind="register_feed",
        )
        for member in members
    ]
    with unit_of_work():
        people.record_facts(facts=facts, actor=SYSTEM, now=NOW)


def _decide_feed(members: Sequence[int]) -> Any:
    """Decide as a register's feed does: looking back over a year, in one unit of work."""
    from citycard.entitlements import api as entitlements
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM

    with unit_of_work():
        return entitlements.decide_again(member_ids=members, now=NOW, actor=SYSTEM, quiet=True)


@contextmanager
def _changed_rules() -> Iterator[tuple[str, ...]]:
    """Activate a pack in which seniors are older and collecting points needs living there."""
    from citycard.entitlements import api as entitlements
    from citycard.infra.packs import current_pack

    pack = current_pack()
    table = copy.deepcopy(pack.table("entitlements"))
    _make_older(table["senior-rides"]["who"])
    table["points"]["who"] = {"all": [table["points"]["who"], {"resides_in": CITY}]}
    with tempfile.TemporaryDirectory() as directory:
        packs = Path(directory) / "packs"
        shutil.copytree(HERE.parent.parent / "citypacks", packs)
        with (packs / CITY / "entitlements.yaml").open("w", encoding="utf-8") as out:
            YAML(typ="safe").dump(table, out)
        os.environ["CITYCARD_PACKS"] = str(packs)
        try:
            _activate()
            yield entitlements.changed_rules()
        finally:
            del os.environ["CITYCARD_PACKS"]


def _make_older(who: Any) -> None:
    if isinstance(who, dict):
        if who.get("age_at_least") == 65:
            who["age_at_least"] = 67
        for inner in who.values():
            _make_older(inner)
    elif isinstance(who, list):
        for inner in who:
            _make_older(inner)


def _said(seen: Any, scale: int) -> str:
    counts: dict[str, int] = {}
    for one in seen.counts:
        kind = f"{one.entitlement} {one.kind}"
        counts[kind] = counts.get(kind, 0) + one.members * scale
    told = ", ".join(f"{kind} {members:,}" for kind, members in sorted(counts.items()))
    return f"{len(seen.codes)} rules changed, {seen.touched * scale:,} members touched: {told}"


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


class Memory:
    """The most private memory that this process and the server's had at one moment."""

    def __init__(self) -> None:
        self.most_mb = 0.0

    def look(self, root: int) -> None:
        """Look at this process and at everything below the server's first process."""
        kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        kb += sum(_private_kb(pid) for pid in _family(root))
        self.most_mb = max(self.most_mb, kb / 1024)


@contextmanager
def _memory(city: BenchCity) -> Iterator[Memory]:
    found, over = Memory(), threading.Event()
    root = _server(city)

    def watch() -> None:
        while not over.wait(0.2):
            found.look(root)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def _server(city: BenchCity) -> int:
    with psycopg.connect(city.cluster.admin_url()) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        return _parent(row[0])


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def _family(root: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if _parent(int(path.name)) == root:
                found.append(int(path.name))
        except OSError:
            continue  # it has just ended
    return found


def _processor_s(city: BenchCity) -> float:
    """Return the processor time of this process and of the server's that are there."""
    ticks = sum(_ticks(pid) for pid in [*_family(_server(city)), os.getpid()])
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _private_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)
