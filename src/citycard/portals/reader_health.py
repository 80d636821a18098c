"""How readers are, for their agency and for operators: what is wrong first, and what to do."""

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.flows import recording_uses
from citycard.infra.packs import current_pack
from citycard.infra.web import charts
from citycard.portals.naming import name_of
from citycard.portals.reader_words import clock_words, name_of_fault, name_of_filter
from citycard.taps import api as taps

SILENT_AFTER = dt.timedelta(hours=24)
KNOWN_AFTER = 10
"""Taps after which a reader has a rhythm of its own; before, its silence says nothing."""

CLOCK_OFF_MS = 60_000
"""A clock that is further off than this is to be set; ten minutes ahead nothing is judged."""

MUCH_BACKLOG = 500
REFUSALS_OF = dt.timedelta(days=7)
CHART_DAYS = 30

WORST_FIRST = (
    "too_old",
    "silent",
    "clock",
    "refused",
    "conflicts",
    "quarantined",
    "ambiguous",
    "missing",
    "backlog",
)
FILTERS = ("all", "odd", *WORST_FIRST, "never", "revoked")

_OF_DEVICE = (
    *("code", "agency", "place", "service", "state", "epoch", "firmware"),
    *("skew_ms", "backlog"),
)
_OF_UPLOADS = ("taken", "missing", "conflicts", "quarantined", "ambiguous")


@dataclass
class Line:
    """A reader and its numbers; ``faults`` are of WORST_FIRST, the worst first."""

    device: agencies.Device
    place: str
    agency: str
    service: str
    heard_at: dt.datetime | None
    usual_gap: dt.timedelta = dt.timedelta()
    taken: int = 0
    missing: int = 0
    conflicts: int = 0
    quarantined: int = 0
    ambiguous: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        """Whether it is in service."""
        return self.device.state == "active"

    @property
    def apart(self) -> int:
        """How many of its taps were kept apart."""
        return self.conflicts + self.quarantined + self.ambiguous

    @property
    def state(self) -> tuple[str, str]:
        """The badge's state and words."""
        if not self.is_active:
            return "revoked", ""
        if self.faults:
            return "warn", name_of_fault(self.faults[0])
        return ("up", "") if self.heard_at else ("info", _("尚未連線"))

    @property
    def clock(self) -> str:
        """How far its clock is off, in words; empty where it isn't known or is right."""
        return clock_words(self.device.skew_ms)

    def is_of(self, kind: str) -> bool:
        """Tell whether a filter shows it."""
        if kind == "never":
            return self.is_active and self.heard_at is None
        if kind == "revoked":
            return not self.is_active
        return kind == "all" or (bool(self.faults) if kind == "odd" else kind in self.faults)


def lines(devices: Sequence[agencies.Device], at: dt.datetime) -> list[Line]:
    """Return readers with their numbers, what is wrong first; of what stands for a clerk's counter
    nothing is ever wrong."""
    found = {one.device_id: _line(one) for one in devices}
    _add_uploads(found)
    for device_id, count in taps.ambiguous_counts().items():
        if device_id in found:
            found[device_id].ambiguous = count
    since = current_pack().time.day(at - REFUSALS_OF)
    for refused in agencies.refused_uploads(since=since):
        if refused.device_id in found:
            found[refused.device_id].refused += refused.times
    for line in found.values():
        looked_at = line.is_active and line.device.kind != recording_uses.DEVICE
        line.faults = [fault for fault in WORST_FIRST if looked_at and _has(line, fault, at)]
    return sorted(found.values(), key=_rank)


def matching(found: Iterable[Line], kind: str, words: str) -> list[Line]:
    """Return the lines that a filter and a search for code or place leave."""
    wanted = words.casefold().split()
    return [
        line
        for line in found
        if line.is_of(kind)
        and all(
            word in f"{line.device.code} {line.place} {line.service} {line.agency}".casefold()
            for word in wanted
        )
    ]


def counts(found: Sequence[Line]) -> Mapping[str, int]:
    """Return how many lines each filter shows."""
    return {kind: sum(line.is_of(kind) for line in found) for kind in FILTERS}


def tabs(found: Sequence[Line], shown: str) -> list[tuple[str, str, bool, int]]:
    """Return the filters as tabs; one that shows nothing is left out, but for the first two."""
    many = counts(found)
    return [
        (name_of_filter(kind), f"?show={kind}", kind == shown, many[kind])
        for kind in FILTERS
        if many[kind] or kind in (shown, *FILTERS[:2])
    ]


def as_csv(found: Iterable[Line]) -> bytes:
    """Write readers and their numbers as CSV with a byte-order mark."""
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow([*_OF_DEVICE, "last_seen", *_OF_UPLOADS, "refused_uploads_7_days", "faults"])
    for line in found:
        write.writerow(
            [
                *(getattr(line.device, name) for name in _OF_DEVICE),
                line.heard_at.isoformat(timespec="seconds") if line.heard_at else "",
                *(getattr(line, name) for name in _OF_UPLOADS),
                line.refused,
                " ".join(line.faults),
            ]
        )
    return ("\ufeff" + out.getvalue()).encode()


def chart(device_id: int, at: dt.datetime) -> charts.Figure | None:
    """Draw a reader's taps a day; None where there were none."""
    time = current_pack().time
    today = time.day(at)
    first = today - dt.timedelta(days=CHART_DAYS - 1)
    zone = current_pack().table("pack")["zone"]
    by_day = taps.taps_by_day(reader_id=device_id, since=first, zone=zone)
    if not by_day:
        return None
    days = [first + dt.timedelta(days=n) for n in range(CHART_DAYS)]
    return charts.columns(
        _("每日刷卡次數"),
        [(f"{day.month}/{day.day}", by_day.get(day, 0)) for day in days],
        unit=_("次"),
        label=_("日期"),
        about=_("依刷卡當時的日期；晚到的也算在當日。"),
    )


def _line(device: agencies.Device) -> Line:
    return Line(
        device=device,
        place=name_of("place", device.place),
        agency=name_of("agency", device.agency),
        service=name_of("service", device.service),
        heard_at=device.last_seen_at,
    )


def _add_uploads(found: Mapping[int, Line]) -> None:
    by_reader: dict[int, list[taps.ReaderHealth]] = defaultdict(list)
    for health in taps.reader_health():
        by_reader[health.reader_id].append(health)
    for device_id, line in found.items():
        for health in by_reader[device_id]:
            heard = filter(None, [line.heard_at, health.last_received_at])
            line.heard_at = max(heard, default=None)
            line.usual_gap = max(line.usual_gap, health.usual_gap)
            for name in ("taken", "missing", "conflicts", "quarantined"):
                setattr(line, name, getattr(line, name) + getattr(health, name))


def _has(line: Line, fault: str, at: dt.datetime) -> bool:
    if fault == "too_old":
        return line.device.firmware_state == "too_old"
    if fault == "silent":
        return _is_silent(line, at)
    if fault == "clock":
        return abs(line.device.skew_ms or 0) > CLOCK_OFF_MS
    if fault == "backlog":
        return (line.device.backlog or 0) > MUCH_BACKLOG
    return bool(getattr(line, fault))


def _is_silent(line: Line, at: dt.datetime) -> bool:
    """Tell whether a device has been quiet for much longer than it usually is."""
    if line.heard_at is None or line.taken < KNOWN_AFTER:
        return False
    return at - line.heard_at > max(SILENT_AFTER, 2 * line.usual_gap)


def _rank(line: Line) -> tuple[bool, int, int, str]:
    worst = WORST_FIRST.index(line.faults[0]) if line.faults else len(WORST_FIRST)
    return not line.is_active, worst, -len(line.faults), line.device.code
