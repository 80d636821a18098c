"""Files of agencies' systems: read strictly, taken whole or not at all by the same flows as their
requests, answered by a file with a line a row."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.flows import earning, numbering, tapping
from citycard.infra import failpoints
from citycard.infra.database import is_unreachable
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.portals.agency.earning_files import FileNotReadable, read_cells
from citycard.portals.agency.numbers import said
from citycard.portals.earning_lines import open_to_systems, read_lines
from citycard.portals.gate import wire
from citycard.portals.gate.problems import GateProblem
from citycard.portals.openapi.calling import acting
from citycard.portals.openapi.dropped_files import (
    Dropped,
    alone,
    count_broken,
    settle,
    waiting,
)
from citycard.portals.openapi.tap_uploads import as_reader
from citycard.portals.openapi.tap_words import remedy_of
from citycard.taps import api as taps

log = structlog.get_logger(__name__)

MOST_ROWS = 5000
MOST_BROKEN = 15
"""After so many rounds of 20 seconds a file that breaks us is put aside."""

_WHOLE = frozenset({"epoch", "seq"})
_NUMBER = re.compile(r"[0-9]{1,20}")
_COLUMNS = {
    "taps": ({"reader", "epoch", "seq", "at", "number"}, {"issuer", "number_kind"}),
    "numbers": ({"card_number", "agency_number"}, {"status"}),
    "earnings": (
        {"reference", "campaign", "at"},
        {"card_number", "issuer", "number_kind", "member_number"},
    ),
}

Row = tuple[int, Mapping[str, Any]]


class Told(NamedTuple):
    """What became of a file: its answer has a line a row."""

    taken: bool
    lines: list[dict[str, Any]]


class _BadRows(Exception):
    """Rows can't be taken: number and what to do of each."""

    def __init__(self, bad: Iterable[tuple[int, str]]) -> None:
        super().__init__("bad rows")
        self.lines = [{"row": number, "remedy": remedy} for number, remedy in bad]


def take_files(now: dt.datetime) -> None:
    """Take what agencies' systems dropped; one run at a time."""
    root = Path(settings.CITYCARD_DROP_FILES) if settings.CITYCARD_DROP_FILES else None
    if root is None or not root.is_dir():
        return
    with alone(root) as held:
        if not held:
            return
        for dropped in waiting(root):
            try:
                _take(dropped, now)
            except Exception as broken:
                log.exception("drops.file_broken", folder=dropped.client)
                if not is_unreachable(broken):  # a file is not to blame for that
                    _put_aside(dropped)


def _put_aside(dropped: Dropped) -> None:
    """Give up a file that breaks us again and again: its system and the operator are told."""
    if count_broken(dropped) < MOST_BROKEN:
        return
    with translation.override("zh-hant"):
        why = _("這個檔案讓我們的系統出錯，內容都沒有收下；維運人員已經看得到，請不要重送。")
    settle(dropped, place="broken", answer=_as_csv([{"row": "", "remedy": why}]))


def _take(dropped: Dropped, now: dt.datetime) -> None:
    client = agencies.client_by_code(code=dropped.client)
    if client is None:
        log.warning("drops.unknown_system", folder=dropped.client)
        return
    with translation.override("zh-hant"):
        told = _told(dropped, client, now)
    failpoints.reach("drops.before_settle")
    settle(dropped, place="done" if told.taken else "refused", answer=_as_csv(told.lines))
    with unit_of_work():
        agencies.note_use(
            client_id=client.client_id,
            route=f"files.{dropped.kind or 'unknown'}",
            refused=not told.taken,
            now=now,
        )


def _told(dropped: Dropped, client: agencies.Client, now: dt.datetime) -> Told:
    try:
        if client.sandbox:
            raise FileNotReadable(_("測試用的系統不能投遞檔案。"))
        if not dropped.kind:
            raise FileNotReadable(
                _("檔名請以 taps-、numbers- 或 earnings- 開頭，例如 taps-20261121.csv。")
            )
        rows = _rows(dropped)
        return Told(True, _TAKERS[dropped.kind](dropped, client, rows, now))
    except FileNotReadable as why:
        return Told(False, [{"row": "", "remedy": str(why)}])
    except Refused as refusal:
        return Told(False, [{"row": "", "remedy": refusal_text(refusal)}])
    except _BadRows as bad:
        return Told(False, bad.lines)


def _rows(dropped: Dropped) -> list[Row]:
    """Return a file's rows with their numbers.

    :raises FileNotReadable: it is none, too long, or its columns are others
    """
    cells, bad = read_cells(dropped.content, name=dropped.path.name)
    if bad:
        raise _BadRows((one.number, one.remedy) for one in bad)
    head = [str(cell).strip() for cell in cells[0][1]]
    needed, may = _COLUMNS[dropped.kind]
    if not needed <= set(head) <= needed | may or len(head) != len(set(head)):
        raise FileNotReadable(
            _("欄位必須是 %(needed)s，另外可以有 %(may)s。")
            % {"needed": ", ".join(sorted(needed)), "may": ", ".join(sorted(may))}
        )
    rows: list[Row] = [
        (number, {name: str(cell).strip() for name, cell in zip(head, line, strict=False) if cell})
        for number, line in cells[1:]
        if any(line)
    ]
    if not 0 < len(rows) <= MOST_ROWS:
        raise FileNotReadable(_("一個檔案要有 1 到 5,000 列資料；更多請分成幾個檔案。"))
    return rows


def _taps(
    dropped: Dropped, client: agencies.Client, rows: Sequence[Row], now: dt.datetime
) -> list[dict[str, Any]]:
    own = frozenset(current_pack().agencies_under(client.agency))
    codes = sorted({row.get("reader", "") for _, row in rows})
    readers = {
        code: as_reader(device)
        for code, device in agencies.devices_by_code(codes=codes).items()
        if device.agency in own
    }
    read: list[taps.TapRead] = []
    bad: list[tuple[int, str]] = []
    for number, row in rows:
        tap = _tap(row, readers)
        if isinstance(tap, taps.TapRead):
            read.append(tap)
        else:
            bad.append((number, tap))
    if bad:
        raise _BadRows(bad)
    answers = tapping.take(reads=read, now=now)
    return [
        {"row": number, "reader": row["reader"], "epoch": row["epoch"], "seq": row["seq"],
         "code": answer.code.word, "points": answer.points}
        for (number, row), answer in zip(rows, answers, strict=True)
    ]  # fmt: skip


def _tap(row: Mapping[str, Any], readers: Mapping[str, Any]) -> taps.TapRead | str:
    """Return a tap as the gate reads it, or what to do about its row."""
    reader = readers.get(row.get("reader", ""))
    if reader is None:
        return _("本機關沒有這台設備")
    said: dict[str, Any] = {name: value for name, value in row.items() if name != "reader"}
    for name in _WHOLE & said.keys():
        said[name] = int(said[name]) if _NUMBER.fullmatch(said[name]) else None
    try:
        ((tap,), _batch) = wire.read_taps(json.dumps(said).encode(), reader)
    except GateProblem as wrong:
        return remedy_of(wrong)
    return remedy_of(tap) if isinstance(tap, wire.NotTaken) else tap


def _numbers(
    dropped: Dropped, client: agencies.Client, rows: Sequence[Row], now: dt.datetime
) -> list[dict[str, Any]]:
    lines = [
        numbering.NumberLine(
            own_number=row.get("agency_number", ""),
            card_number=row.get("card_number", ""),
            status=row.get("status", ""),
        )
        for _, row in rows
    ]
    taken = numbering.link_numbers(agency=client.agency, lines=lines, actor=acting(client), now=now)
    if not taken.saved:
        raise _BadRows(
            (number, f"{code}: {said(code)}")
            for (number, _place), code in zip(rows, taken.codes, strict=True)
            if code not in numbering.TAKEN
        )
    return [
        {"row": number, "code": code} for (number, _), code in zip(rows, taken.codes, strict=True)
    ]


def _earnings(
    dropped: Dropped, client: agencies.Client, rows: Sequence[Row], now: dt.datetime
) -> list[dict[str, Any]]:
    campaigns = open_to_systems(current_pack().agencies_under(client.agency))
    lines, bad = read_lines(rows, campaigns=campaigns, now=now)
    if bad:
        raise _BadRows((one.number, f"{one.field}: {one.remedy}") for one in bad)
    upload = activities.Upload(agency=client.agency, route="file", key=dropped.digest, lines=lines)
    stored = earning.take(upload=upload, actor=acting(client), now=now)
    return [
        {"row": number, "reference": line.reference, "code": answer.code, "points": answer.points}
        for (number, _), line, answer in zip(rows, lines, stored.told, strict=True)
    ]


_TAKERS: dict[
    str,
    Callable[[Dropped, agencies.Client, Sequence[Row], dt.datetime], list[dict[str, Any]]],
] = {"taps": _taps, "numbers": _numbers, "earnings": _earnings}


def _as_csv(lines: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()
