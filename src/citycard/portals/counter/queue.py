"""The left pane: today's cases at this counter, by what the clerk does next. It names nobody."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.applications import api as applications
from citycard.infra.packs import current_pack
from citycard.issuing import api as issuing
from citycard.portals.counter import words
from citycard.portals.naming import in_language, name_of
from citycard.portals.standing import BADGES

SHOWN = 12
LOW_STOCK = 20
CHECKS_LATE = dt.timedelta(minutes=10)
CARDS_LATE = dt.timedelta(days=1)
_HEADINGS = {
    "hand_over": gettext_lazy("待交付"),
    "print": gettext_lazy("待製卡"),
    "check": gettext_lazy("查核與審核中"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One case: its reference, what it is about, how long it waits.

    :ivar key: the number key that opens it
    """

    ref: str
    title: str
    url: str
    waited: str
    badge: str
    word: str
    is_late: bool
    is_current: bool = False
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The cases with the same next step; ``more`` are not shown."""

    code: str
    heading: str
    lines: tuple[Line, ...]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


def groups_at(counter: str | None, *, path: str, now: dt.datetime) -> list[Group]:
    """Return the counter's queue, cards to hand over first.

    :param path: the page on which the queue stands; its line is marked
    """
    if counter is None:
        return []
    jobs = issuing.waiting_jobs(counter=counter)
    printed = [job for job in jobs if job.state == issuing.states.PRINTED]
    to_print = [job for job in jobs if job.state != issuing.states.PRINTED]
    being_made = {job.application_id for job in jobs}
    cases = [
        case
        for case in reversed(applications.at_counter(counter=counter, now=now))
        if case.application_id not in being_made and _is_of_today(case, now)
    ]
    found = [
        _group("hand_over", [_card(job, now) for job in printed]),
        _group("print", [_card(job, now) for job in to_print]),
        _group("check", [_case(case, now) for case in cases]),
    ]
    return _numbered([group for group in found if group.count], path)


def next_to_print(counter: str | None) -> issuing.PrintJob | None:
    """Return the card that waits longest to be printed at a counter."""
    if counter is None:
        return None
    states = (issuing.states.QUEUED, issuing.states.READY)
    found = issuing.waiting_jobs(counter=counter, states_shown=states, limit=1)
    return found[0] if found else None


def stock_lines(counter: str | None) -> list[dict[str, Any]]:
    """Return the blanks left at a counter, for the checks pane."""
    return [
        {
            "name": name_of("medium", one.medium),
            "in_stock": one.in_stock,
            "is_low": one.in_stock < LOW_STOCK,
        }
        for one in (issuing.stock(counter=counter) if counter else [])
    ]


def _group(code: str, lines: list[Line]) -> Group:
    return Group(
        code=code, heading=str(_HEADINGS[code]), lines=tuple(lines[:SHOWN]), count=len(lines)
    )


def _numbered(groups: Iterable[Group], path: str) -> list[Group]:
    """Give the first nine lines their number keys, and mark the page's own line."""
    n, done = 0, []
    for group in groups:
        lines = []
        for line in group.lines:
            n += 1
            lines.append(
                replace(line, key=str(n) if n <= 9 else "", is_current=path.startswith(line.url))
            )
        done.append(replace(group, lines=tuple(lines)))
    return done


def _card(job: issuing.PrintJob, now: dt.datetime) -> Line:
    badge, word = words.PRINT_BADGES[job.state]
    since = job.printed_at or job.queued_at
    return Line(
        ref=job.ref,
        title=in_language(job.kind_name) or job.card_kind,
        url=reverse("counter:print", args=[job.print_id]),
        waited=words.waited(since, now),
        badge=badge,
        word=str(word),
        is_late=job.printed_at is None and now - since > CARDS_LATE,
    )


def _case(case: applications.ApplicationFound, now: dt.datetime) -> Line:
    return Line(
        ref=case.ref,
        title=_("、").join(_service(code) for code in case.services),
        url=reverse("counter:case", args=[case.ref]),
        waited=words.waited(case.submitted_at, now),
        badge=BADGES[case.state],
        word="",
        is_late=case.state != "deciding" and now - case.submitted_at > CHECKS_LATE,
    )


def _service(code: str) -> str:
    services = applications.form().services
    return in_language(services[code].name) if code in services else code


def _is_of_today(case: applications.ApplicationFound, now: dt.datetime) -> bool:
    return current_pack().time.day(case.submitted_at) == current_pack().time.day(now)
