"""Who answers a port and who reacts to what: handed to infra once, when Django is ready.

Adapters are lines of `ports.py` beside this; reactions, letters and timed work are rows of the
three tables in `flows`; proofs are the contexts named in `VERIFIED`.
"""

import datetime as dt
import importlib
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from django.conf import settings

from citycard.config import ports, watching
from citycard.flows.outgoing import TOPICS
from citycard.flows.subscriptions import SUBSCRIPTIONS
from citycard.flows.timetable import TIMETABLE
from citycard.infra import clock, jobs, journal, logs, outbox
from citycard.kernel.findings import Finding

# Contexts whose face exports `verify() -> list[Finding]`, in the order `citycard verify` asks.
VERIFIED = (
    "ledger",
    "people",
    "agencies",
    "entitlements",
    "cards",
    "identity",
    "issuing",
    "taps",
    "applications",
    "activities",
    "attendance",
    "disputes",
    "fares",
    "redemptions",
    "offers",
    "notify",
    "insight",
)


def _take_dropped_files(now: dt.datetime) -> None:
    # The worker alone needs the door's code; the gate, which is wired here, too, stays small.
    from citycard.portals.openapi import dropping

    dropping.take_files(now)


DROPPED_FILES = jobs.Timed(name="systems-files", cron="* * * * * */20", run=_take_dropped_files)
"""Files come in by a door, so their job is a door's; all others are stories'."""


def connect() -> None:
    """Connect logs, adapters, the tables of reactions and letters, and the timetable."""
    logs.configure(settings.LOG_LEVEL)
    watching.register()
    ports.provide_adapters(settings.CITYCARD_PLACE.directory / "outside")
    journal.subscribe(SUBSCRIPTIONS)
    outbox.register(TOPICS)
    jobs.schedule([*TIMETABLE, DROPPED_FILES])


def auditors() -> dict[str, Callable[[], list[Finding]]]:
    """Return, for each context that exists and can prove itself, its `verify` function."""
    found: dict[str, Callable[[], list[Finding]]] = {}
    for context in VERIFIED:
        if find_spec(f"citycard.{context}") is None or find_spec(f"citycard.{context}.api") is None:
            continue
        face = importlib.import_module(f"citycard.{context}.api")
        verify = getattr(face, "verify", None)
        if verify is not None:
            found[context] = _asked_now(verify)
    return found


def _asked_now(verify: Callable[..., list[Finding]]) -> Callable[[], list[Finding]]:
    """Give a proof that depends on the present its `now`."""
    if "now" not in inspect.signature(verify).parameters:
        return verify
    return lambda: verify(now=clock.now())


@contextmanager
def city(code: str) -> Iterator[None]:
    """Run as the city `code` for a while: its pack becomes the active one."""
    before = os.environ.get("CITYCARD_CITY")
    os.environ["CITYCARD_CITY"] = code
    try:
        yield
    finally:
        if before is None:
            del os.environ["CITYCARD_CITY"]
        else:
            os.environ["CITYCARD_CITY"] = before


def settle() -> None:
    """Let every subscriber and outbox finish: until nothing is left to do."""
    while journal.pump_until_idle() + outbox.drain_until_idle(now=clock.now):
        pass
