"""The doctor's examination: one function a concern, each returning what it saw, worst first.

The ops page shows the same list.
"""

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from citycard.attendance import api as attendance
from citycard.config import guarding, migrating
from citycard.config.examining_backups import check_backup
from citycard.config.examining_stream import check_stream
from citycard.config.symptoms import State, Symptom, above
from citycard.infra import clock, crypto, journal, outbox, partitions, ports
from citycard.infra.database import row, scalar

ORDER: dict[State, int] = {"fail": 0, "warn": 1, "ok": 2}

CLOCK_WARN_S, CLOCK_FAIL_S = 2.0, 30.0
DISK_WARN_GB, DISK_FAIL_GB = 5.0, 1.0
MONTHS_WARN, MONTHS_FAIL = 2, 1
LAG_WARN_S, LAG_FAIL_S = 30.0, 300.0


def examine() -> list[Symptom]:
    """Return every check's answer, worst first; a check that breaks is itself a failure."""
    found = [symptom for check in CHECKS for symptom in _safely(check)]
    return sorted(found, key=lambda symptom: ORDER[symptom.state])


def check_safety() -> list[Symptom]:
    """Look for a demo's settings on an instance that is none."""
    found = guarding.dangers(settings)
    if found:
        return [Symptom(name="safety", state="fail", says=reason) for reason in found]
    if settings.CITYCARD_DEMO:
        return [Symptom(name="safety", state="ok", says="a demo")]
    is_behind_proxy = settings.CITYCARD_PUBLIC_URL.startswith("https://")
    if is_behind_proxy and not settings.CITYCARD_TRUSTED_PROXIES:
        says = "CITYCARD_TRUSTED_PROXIES names no proxy: all residents seem to come from one place"
        return [Symptom(name="safety", state="warn", says=says)]
    return [Symptom(name="safety", state="ok", says="no demo, set up like none")]


def check_database() -> list[Symptom]:
    """Ask the database for its version, our role and whether the schema is this code's."""
    about = row(
        "SELECT current_setting('server_version') AS version, current_user AS role,"
        " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super,"
        " EXISTS (SELECT 1 FROM pg_class WHERE relkind IN ('r', 'p')"
        "         AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)) AS owns"
    )
    assert about is not None
    found = [_database_role(about)]
    if scalar(migrating.STANDS_AT) == migrating.remark():
        found.append(Symptom(name="schema", state="ok", says="this version's"))
    else:
        found.append(
            Symptom(name="schema", state="fail", says="not this version's: citycard migrate")
        )
    return found


def check_memory() -> list[Symptom]:
    """Look whether the database's memory lies in large pages; the kernel's own, so only told."""
    about = row(
        "SELECT current_setting('huge_pages_status', true) AS status,"
        " current_setting('shared_memory_size_in_huge_pages', true)::integer AS pages"
    )
    assert about is not None
    if about.status == "on" or not (about.pages or 0) > 0:
        return [
            Symptom(name="memory", state="ok", says=f"large pages: {about.status or 'unknown'}")
        ]
    says = f"small pages; with vm.nr_hugepages={about.pages} look-ups cost a fifth less"
    return [Symptom(name="memory", state="ok", says=says)]


def check_clock() -> list[Symptom]:
    """Compare our clock with the database's."""
    theirs = row("SELECT clock_timestamp() AS at")
    assert theirs is not None
    apart_s = abs((clock.now() - theirs.at).total_seconds())
    says = f"{apart_s:.1f} s from the database's"
    return [Symptom(name="clock", state=above(apart_s, CLOCK_WARN_S, CLOCK_FAIL_S), says=says)]


def check_disk() -> list[Symptom]:
    """Look at the room left where the state lies."""
    place = settings.CITYCARD_PLACE.root
    free_gb = shutil.disk_usage(place if place.exists() else "/").free / 1e9
    state = above(-free_gb, -DISK_WARN_GB, -DISK_FAIL_GB)
    return [Symptom(name="disk", state=state, says=f"{free_gb:.1f} GB free at {place}")]


def check_partitions() -> list[Symptom]:
    """Count the months ahead for which every table cut by month is ready."""
    ahead = partitions.months_ahead(clock.now().date())
    if not ahead:
        return [Symptom(name="partitions", state="ok", says="no table is cut by month")]
    table, least = min(ahead.items(), key=lambda item: item[1])
    state = above(-least, -MONTHS_WARN + 0.5, -MONTHS_FAIL + 0.5)
    return [Symptom(name="partitions", state=state, says=f"{least} months ahead ({table})")]


def check_keys() -> list[Symptom]:
    """Look at the keys' age and who may read them."""
    made_at = dt.datetime.fromisoformat(crypto.keyring().made_at)
    age = clock.now() - made_at
    path = Path(os.environ["CITYCARD_KEYS"])
    if path.stat().st_mode & 0o077:
        return [Symptom(name="keys", state="fail", says=f"{path} can be read by others")]
    return [Symptom(name="keys", state="ok", says=f"{age.days} days old")]


def check_ports() -> list[Symptom]:
    """Ask every adapter how the system behind it is."""
    states: dict[str, State] = {"up": "ok", "unknown": "warn", "down": "fail"}
    return [
        Symptom(
            name=f"port {port.port}",
            state=states.get(port.state, "warn"),
            says=f"{port.adapter}: {port.state} {port.says}".strip(),
        )
        for port in ports.health()
    ]


def check_subscribers() -> list[Symptom]:
    """Look how far each subscriber is behind, and who was stopped by a poison event."""
    return [_subscriber(lag) for lag in journal.lag()]


def check_outbox() -> list[Symptom]:
    """Count letters that will not go without a person."""
    found = []
    for topic, counts in outbox.counts().items():
        failed, waiting = counts.get("failed", 0), counts.get("waiting", 0)
        says = f"{waiting} waiting, {failed} failed"
        state: State = "fail" if failed else "ok"
        found.append(Symptom(name=f"letters {topic}", state=state, says=says))
    return found


def check_notices() -> list[Symptom]:
    """Look whether guardians were told in the set time of the last day's taps at school gates."""
    now = clock.now()
    found = attendance.promptness(since=now - dt.timedelta(days=1), until=now, now=now)
    late, told = sum(one.late for one in found), sum(one.told for one in found)
    if not late:
        return [Symptom(name="school notices", state="ok", says=f"none of {told} late in a day")]
    worst = max(found, key=lambda one: one.slowest_seconds)
    says = (
        f"{late} of {told} late in a day: the slowest took {worst.slowest_seconds:.0f} s at"
        f" {worst.agency}, {worst.set_seconds} s are set; look at the subscriber attendance.notices"
        " and at the letters notify.sms"
    )
    return [Symptom(name="school notices", state="warn", says=says)]


CHECKS: tuple[Callable[[], list[Symptom]], ...] = (
    check_safety,
    check_database,
    check_memory,
    check_clock,
    check_disk,
    check_partitions,
    check_backup,
    check_keys,
    check_ports,
    check_subscribers,
    check_outbox,
    check_notices,
    check_stream,
)


def _safely(check: Callable[[], list[Symptom]]) -> list[Symptom]:
    name = check.__name__.removeprefix("check_")
    try:
        return check()
    except (DatabaseError, OSError, crypto.KeysMissing, LookupError) as broken:
        return [Symptom(name=name, state="fail", says=f"{type(broken).__name__}: can't be checked")]


def _database_role(about: "object") -> Symptom:
    version, role = getattr(about, "version", "?"), getattr(about, "role", "?")
    if getattr(about, "super", False) or getattr(about, "owns", False):
        says = f"{role} owns tables or is a superuser; DATABASE_URL must be a role that doesn't"
        return Symptom(name="database", state="fail", says=says)
    return Symptom(name="database", state="ok", says=f"PostgreSQL {version} as {role}")


def _subscriber(lag: journal.Lag) -> Symptom:
    name = f"subscriber {lag.subscriber}"
    if lag.stopped_at is not None:
        says = f"stopped by event {lag.stopped_on}: {lag.stopped_why}"
        return Symptom(name=name, state="fail", says=says)
    state = above(lag.seconds, LAG_WARN_S, LAG_FAIL_S) if lag.events else "ok"
    return Symptom(name=name, state=state, says=f"{lag.events} events, {lag.seconds:.0f} s behind")
