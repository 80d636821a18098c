"""One person's decision on one right, with what every step of the rule answered."""

import datetime as dt
import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console

from bench.measuring.figures import Figure, Measured

CITY = "taipei"
ON = dt.date(2026, 11, 21)
PEOPLE = 5_000
ROUNDS = 7
Facts = dict[str, Any]


def measure(full: bool, console: Console) -> Measured:
    """Decide all rights of invented residents, again and again, on one core."""
    from citycard.infra.packs import find_pack
    from citycard.rules import api as rules

    pack = find_pack(CITY)
    table = rules.read_rules(pack.table("entitlements"), names=rules.vocabulary_of(pack))
    tracers = [rules.Tracer(rule.holds, ON) for rule in table.in_force(ON)]
    residents = _residents(PEOPLE * (4 if full else 1))
    console.log(f"{len(tracers)} rights of {len(residents):,} residents, {ROUNDS} rounds")
    decisions = len(tracers) * len(residents)
    rates = sorted(decisions / _processor_s(_decide, tracers, residents) for _ in range(ROUNDS))
    bare = decisions / _processor_s(_decide, [len] * len(tracers), residents)
    answers = [tracer(facts).answer for tracer in tracers for facts in residents]
    shares = ", ".join(
        f"{name} {answers.count(number) * 100 // decisions} %"
        for name, number in (("yes", 1), ("no", -1), ("unknown", 0))
    )
    return Measured(
        figures=[
            Figure(
                name="decisions_per_s",
                value=rates[len(rates) // 2],
                unit="1/s",
                reference=f"the same loop calling len: {bare:,.0f}/s",
                aim=300_000,
            )
        ],
        conditions={
            "what": f"{len(tracers)} rights of {CITY}'s pack on {ON}, every step's answer kept",
            "answers": shares,
            "clock": f"processor time of one thread, median of {ROUNDS};"
            f" from {rates[0]:,.0f} to {rates[-1]:,.0f}",
            "machine": f"{os.cpu_count()} cores",
        },
    )


def _decide(tracers: Sequence[Callable[[Facts], Any]], residents: Sequence[Facts]) -> None:
    for facts in residents:
        for tracer in tracers:
            tracer(facts)


def _processor_s(work: Callable[..., None], *given: Any) -> float:
    began = time.thread_time()
    work(*given)
    return time.thread_time() - began


def _residents(count: int) -> list[Facts]:
    draw = random.Random(206)
    return [_resident(draw) for _ in range(count)]


def _resident(draw: random.Random) -> Facts:
    age = draw.choice([draw.uniform(0, 18), draw.uniform(18, 65), draw.uniform(65, 95)])
    facts: Facts = {
        "birth_on": ON - dt.timedelta(days=int(age * 365.2425)),
        "sex": draw.choice("fm"),
        "id_kind": "citizen",
        "registered_city": CITY if draw.random() < 0.95 else "elsewhere",
        "registered_district": draw.choice(["zhongzheng", "datong"]),
        "statuses": {},
        "approvals": {},
    }
    if draw.random() < 0.9:
        facts["resides_in_city"] = draw.random() < 0.95
    for status, share in (("disability", 0.06), ("indigenous", 0.02), ("low-income", 0.03)):
        if draw.random() < 0.5:
            facts["statuses"][status] = draw.random() < share * 2
    if age >= 65 and draw.random() < 0.8:
        facts["approvals"]["senior-rides"] = True
    if 6 <= age < 22:
        level = "primary" if age < 12 else "junior" if age < 15 else "senior"
        end = dt.date(2027, 6, 30)
        facts["school"] = {"level": level, "in_city": True, "graduates_on": end}
    return facts
