"""Taking in what kiosks and card companies wrote down: the same line again is the same line."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from citycard.infra import partitions
from citycard.infra.crypto import blind
from citycard.infra.database import execute, row, rows, scalar, statement
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.redemptions.ports import LoadingFile, LoadingRecord
from citycard.redemptions.values import Kiosk

MOST_AT_ONCE = 5_000
_OLDEST, _AHEAD = dt.timedelta(days=400), dt.timedelta(days=2)


LINE_TABLES = ("redemptions_kiosk_line", "redemptions_company_line")


@dataclass(frozen=True, kw_only=True, slots=True)
class KioskLine:
    """A line of a kiosk's journal.

    :ivar seq: its number in the journal: 1, 2, 3 …
    :ivar counter: the card's counter after the loading that was meant
    :ivar wrote: whether the card was written; None: the kiosk does not know
    """

    key: uuid.UUID
    seq: int
    card_number: str = field(repr=False)
    counter: int
    ntd: int
    purse_before: int
    purse_after: int | None
    wrote: bool | None
    at: dt.datetime


def take_kiosk_lines(
    *,
    lines: Sequence[KioskLine],
    kiosk: Kiosk,
    issuer: str,
    number_kind: str,
    now: dt.datetime,
) -> int:
    """Take lines of a kiosk's journal, at most 5,000 at once; returns how many were new.

    A line that the kiosk did not know the end of may be completed once; one that says something
    else than before is kept as a difference.
    """
    require_unit_of_work()
    assert len(lines) <= MOST_AT_ONCE
    days = _days((line.at for line in lines), now)
    _make_months([*days, *_months_of_sessions([line.key for line in lines])])
    columns = {
        "keys": [line.key for line in lines],
        "seqs": [line.seq for line in lines],
        "numbers": [line.card_number for line in lines],
        "strangers": [_stranger(line.card_number) for line in lines],
        "counters": [line.counter for line in lines],
        "ntds": [line.ntd for line in lines],
        "befores": [line.purse_before for line in lines],
        "afters": [line.purse_after for line in lines],
        "wrotes": [line.wrote for line in lines],
        "ats": [line.at for line in lines],
        "days": days,
        "device": kiosk.device_id,
        "terminal": kiosk.code,
        "issuer": issuer,
        "number_kind": number_kind,
        "zone": str(current_pack().time.zone),
        "now": now,
        "on": current_pack().time.day(now),
    }
    execute(statement(__file__, "contradicted_lines"), columns)
    return execute(statement(__file__, "take_kiosk_lines"), columns)


def knows_company_file(*, partner: str, file: LoadingFile) -> bool:
    """Tell whether a company's file was taken already."""
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM redemptions_company_file"
            " WHERE partner = %s AND name = %s AND digest = %s)",
            [partner, file.name, file.digest],
        )
    )


def take_company_file(*, partner: str, file: LoadingFile, now: dt.datetime) -> int | None:
    """Take a company's file, whole; records that were in an earlier one are left as they are.

    :returns: how many records were new; None when the file was taken before
    """
    require_unit_of_work()
    found = row(
        """
        INSERT INTO redemptions_company_file (partner, name, business_day, digest, records, ntd,
                                              received_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
        """,
        [
            partner,
            file.name,
            file.business_day,
            file.digest,
            len(file.records),
            sum(record.ntd for record in file.records),
            now,
        ],
    )
    if found is None:
        return None
    issuers = _issuers(partner)
    return sum(
        _take_records(file.records[n : n + MOST_AT_ONCE], found.id, issuers, now)
        for n in range(0, len(file.records), MOST_AT_ONCE)
    )


def _take_records(
    records: Sequence[LoadingRecord], file_id: int, issuers: Sequence[str], now: dt.datetime
) -> int:
    days = _days((record.at for record in records), now)
    _make_months(days)
    return execute(
        statement(__file__, "take_company_lines"),
        {
            "references": [record.reference for record in records],
            "terminals": [record.terminal for record in records],
            "numbers": [record.card_number for record in records],
            "strangers": [_stranger(record.card_number) for record in records],
            "counters": [record.counter for record in records],
            "ntds": [record.ntd for record in records],
            "befores": [record.purse_before for record in records],
            "afters": [record.purse_after for record in records],
            "ats": [record.at for record in records],
            "days": days,
            "issuers": list(issuers),
            "file": file_id,
            "now": now,
        },
    )


def _issuers(partner: str) -> list[str]:
    """Return the issuers of the numbers on the media that a partner's conversions write."""
    pack = current_pack()
    media = {
        medium
        for conversion in pack.table("points")["conversions"].values()
        if conversion.get("partner") == partner
        for medium in conversion.get("media", ())
    }
    table = pack.table("cards")["media"]
    return sorted({str(table[medium].get("issuer", medium)) for medium in media})


def _stranger(number: str) -> int:
    """Return a negative number for a card that the city may not know, by keyed hash."""
    return -(int.from_bytes(blind("redemptions.card", number)[:7], "big") + 1)


def _days(instants: Iterable[dt.datetime], now: dt.datetime) -> list[dt.date]:
    """Return local days; a clock that can't be right puts its line on the day it came."""
    day = current_pack().time.day
    return [day(at if now - _OLDEST < at < now + _AHEAD else now) for at in instants]


def _months_of_sessions(keys: Sequence[uuid.UUID]) -> list[dt.date]:
    found = rows(
        "SELECT DISTINCT (writing_at AT TIME ZONE %s)::date AS day FROM redemptions_session"
        " WHERE key = ANY(%s::uuid[]) AND writing_at IS NOT NULL",
        [str(current_pack().time.zone), list(keys)],
    )
    return [one.day for one in found]


def _make_months(days: Iterable[dt.date]) -> None:
    for month in sorted({day.replace(day=1) for day in days}):
        for table in LINE_TABLES:
            partitions.ensure_month(table, month)
