"""Visitors for a running demo city: sessions of residents and staff, and an open load of pages."""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

Ask = tuple[str, dict[str, str] | None]
"""A path, and a form's fields when it is posted."""

Page = tuple[str, list[str], list[Ask]]
"""Name of the figure, session keys, what is asked for."""

_CSRF = "c" * 32

_TAPS_A_SECOND = 20


@dataclass(frozen=True, kw_only=True)
class Answers:
    """How long pages took, from the instant they were due: waiting in line counts."""

    times_ms: list[float]
    errors: int

    @property
    def count(self) -> int:
        """How many were asked for."""
        return len(self.times_ms)

    @property
    def median_ms(self) -> float:
        """The median."""
        return statistics.median(self.times_ms)

    @property
    def p95_ms(self) -> float:
        """The 95th percentile."""
        return sorted(self.times_ms)[int(len(self.times_ms) * 0.95)]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A reader and cards that are tapped at it."""

    code: str
    key: str
    numbers: list[str]


@dataclass(kw_only=True)
class Prepared:
    """What was made ready in the city's database before measuring."""

    residents: list[str]
    clerks: list[str]
    organisers: list[str]
    searches: list[str]
    reader: Reader
    waiting: int

    def pages(self) -> list[Page]:
        """Return the pages to measure."""
        return [
            ("resident_home", self.residents, [("/", None)]),
            (
                "counter_search",
                self.clerks,
                [("/counter/search/", {"q": it}) for it in self.searches],
            ),
            ("agency_figures", self.organisers, [("/agency/figures/", None)]),
        ]

    def switch(self, state: str) -> None:
        """Set the demo household register up or hanging."""
        from citycard.infra.ports import use
        from citycard.people.ports import DemoRegisters

        use(DemoRegisters).switch("household", state)

    def submit_waiting(self) -> None:
        """Hand in applications that wait for a register that hangs."""
        self.switch("hanging")
        _submit(self.waiting)

    def ask_again(self) -> None:
        """Hand in as many again where the register has answered meanwhile."""
        missing = self.waiting - self.still_waiting()
        if missing > 0:
            _submit(missing)

    def still_waiting(self) -> int:
        """Count applications that wait for a register."""
        from citycard.applications import api as applications

        return applications.being_checked()


def prepare(environment: dict[str, str], *, sessions: int, waiting: int) -> Prepared:
    """Sign people in, in the running city's database, and find a reader and its cards."""
    _connect(environment)
    from citycard.identity import api as identity
    from citycard.infra.database import rows

    members = [it.member_id for it in rows(_WITH_CARDS, [sessions])]
    residents = [_session(account) for account in _accounts(members)]
    staff = {it.code: it.account_id for it in identity.personas() if it.kind == "staff"}
    organiser = next(it for it in identity.personas() if "organiser" in it.roles)
    clerk = next(it for it in identity.personas() if "clerk" in it.roles)
    names = [it.name for it in rows(_NAMES, [200])]
    return Prepared(
        residents=residents,
        clerks=[_session(staff[clerk.code]) for _ in range(sessions)],
        organisers=[_session(staff[organiser.code]) for _ in range(sessions)],
        searches=names,
        reader=_reader(),
        waiting=waiting,
    )


def load(
    doors: str, sessions: Sequence[str], asks: Sequence[Ask], a_second: float, seconds: float
) -> Answers:
    """Ask for pages at a steady pace, whatever the answers take."""
    return asyncio.run(_pages(doors, sessions, asks, a_second, seconds))


def load_pages_and_gate(
    doors: str,
    sessions: Sequence[str],
    asks: Sequence[Ask],
    a_second: float,
    gate: str,
    reader: Reader,
    seconds: float,
) -> tuple[Answers, Answers]:
    """Ask for pages and send taps at the same time, both at a steady pace."""

    async def both() -> tuple[Answers, Answers]:
        return await asyncio.gather(
            _pages(doors, sessions, asks, a_second, seconds), _taps(gate, reader, seconds)
        )

    return asyncio.run(both())


async def _pages(
    doors: str, sessions: Sequence[str], asks: Sequence[Ask], a_second: float, seconds: float
) -> Answers:
    async with httpx.AsyncClient(base_url=doors, timeout=30) as client:

        async def one(n: int) -> int:
            session = sessions[n % len(sessions)]
            headers = {"Cookie": f"citycard={session}; csrftoken={_CSRF}", "X-CSRFToken": _CSRF}
            path, form = asks[n % len(asks)]
            method = "GET" if form is None else "POST"
            answer = await client.request(method, path, data=form, headers=headers)
            return answer.status_code

        return await _open_loop(one, a_second, seconds)


async def _taps(gate: str, reader: Reader, seconds: float) -> Answers:
    import datetime as dt

    first = time.time_ns() // 1000
    headers = {"Authorization": f"Reader {reader.code}:{reader.key}"}
    async with httpx.AsyncClient(base_url=gate, timeout=30, headers=headers) as client:

        async def one(n: int) -> int:
            tap = {
                "epoch": 1,
                "seq": first + n,
                "at": dt.datetime.now(dt.UTC).isoformat(),
                "number": reader.numbers[n % len(reader.numbers)],
            }
            return (await client.post("/taps", json=tap)).status_code

        return await _open_loop(one, _TAPS_A_SECOND, seconds)


async def _open_loop(one: Any, a_second: float, seconds: float) -> Answers:
    times: list[float] = []
    errors = 0
    began = time.perf_counter()

    async def timed(n: int, due: float) -> None:
        nonlocal errors
        try:
            status = await one(n)
            errors += status != 200
        except httpx.HTTPError:
            errors += 1
        times.append((time.perf_counter() - due) * 1000)

    under_way = []
    for n in range(int(a_second * seconds)):
        due = began + n / a_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        under_way.append(asyncio.create_task(timed(n, due)))
    await asyncio.gather(*under_way)
    if errors > len(times) // 100:
        raise RuntimeError(f"{errors} of {len(times)} requests failed: nothing was measured")
    return Answers(times_ms=times, errors=errors)


_WITH_CARDS = """
SELECT DISTINCT member_id FROM cards_binding WHERE upper_inf(bound) ORDER BY member_id LIMIT %s
"""
_NAMES = "SELECT left(name, 2) AS name FROM people_member ORDER BY id LIMIT %s"
_READER = """
SELECT d.code, n.number FROM agencies_device d
JOIN cards_card_number n ON d.number_profile = n.issuer || '_' || n.number_kind
WHERE d.service = 'sports-visit' OR d.service = 'activity' ORDER BY d.id, n.number LIMIT 400
"""


def _connect(environment: dict[str, str]) -> None:
    """Set Django up on the running city's database, as its own programs are."""
    os.environ.update(environment | {"CITYCARD_DEMO": "1", "CITYCARD_DB_POOL": "0"})
    from citycard.config import instance
    from citycard.infra.postgres.cluster import Cluster

    place = instance.choose(None, demo=True)
    os.environ["DATABASE_URL"] = Cluster(place).app_url()
    os.environ["CITYCARD_KEYS"] = str(place.keys / "keys.json")
    instance.set_up_django()


def _accounts(members: Sequence[int]) -> list[int]:
    from citycard.identity import api as identity
    from citycard.infra.clock import now
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM

    new = [identity.NewAccount(member_id=member, level=2) for member in members]
    with unit_of_work():
        opened = identity.open_accounts(accounts=new, actor=SYSTEM, now=now())
    return [account for account in opened if account is not None]


def _session(account_id: int) -> str:
    from citycard.identity.sessions import SessionStore

    session = SessionStore()
    session["account_id"], session["level"] = account_id, 2
    session.save()
    return str(session.session_key)


def _reader() -> Reader:
    import json

    from citycard.infra.database import rows
    from citycard.simulation import api as simulation

    found = rows(_READER)
    code = found[0].code
    keys = json.loads(simulation.device_keys().read_text())
    return Reader(
        code=code,
        key=keys[code]["key"],
        numbers=[it.number for it in found if it.code == code],
    )


def _submit(count: int) -> None:
    """Hand in applications of people who hold no card yet."""
    from citycard.flows import applying
    from citycard.infra import clock
    from citycard.infra.packs import current_pack
    from citycard.kernel.actors import SYSTEM
    from citycard.simulation import api as simulation

    pack = current_pack()
    seed = time.time_ns() % 2**31
    new = simulation.strangers_apply(
        pack=pack, count=count, on=pack.time.day(clock.now()), seed=seed
    )
    brought = applying.bring_in_many(new=new, actor=SYSTEM, now=clock.now())
    refused = [it.refusal for it in brought if it.refusal is not None]
    assert not refused, refused[0]
