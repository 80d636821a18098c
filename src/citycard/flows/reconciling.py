"""The daily comparison: kiosks upload their journals, companies' files are fetched, and what does
not agree is named.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog

from citycard.agencies import api as agencies
from citycard.infra import failpoints, ports
from citycard.infra.packs import current_pack
from citycard.infra.ports import PortUnavailable
from citycard.infra.unit_of_work import unit_of_work
from citycard.redemptions import api as redemptions

log = structlog.get_logger(__name__)


def take_journal(
    *, device: agencies.GateDevice, lines: Sequence[redemptions.KioskLine], now: dt.datetime
) -> int:
    """Take lines of a kiosk's own journal; sent again, they are the same lines.

    :returns: how many were new or said more than before
    """
    kiosk = redemptions.Kiosk(
        device_id=device.device_id, code=device.code, place=device.place, agency=device.agency
    )
    with unit_of_work():
        return redemptions.take_kiosk_lines(
            lines=lines,
            kiosk=kiosk,
            issuer=device.issuer,
            number_kind=device.number_kind,
            now=now,
        )


def fetch_files(now: dt.datetime) -> None:
    """Fetch what card companies have sent since, and let it end sessions that hang; run by the
    clock, as often as one likes.
    """
    for partner, day in _asked(now):
        try:
            files = ports.use(redemptions.LoadingRecords).files_of(partner, day)
        except PortUnavailable as silent:
            log.warning("reconciling.no_file", partner=partner, why=silent.facts["why"])
            if silent.facts["why"] == "resting":
                break  # the port is down, and its own page says so; the next run asks again
            continue  # a file that is not whole holds up no other
        for file in files:
            _take_file(partner, file, now)
    with unit_of_work():
        redemptions.hear_company_files(now=now)


def compare(now: dt.datetime) -> None:
    """Fetch what there is, then compare the three books up to yesterday; run by the clock."""
    fetch_files(now)
    with unit_of_work():
        done = redemptions.reconcile(on=current_pack().time.day(now), now=now)
        failpoints.reach("reconcile.before_commit")
    log.info("reconciling.compared", found=dict(done.found), arrived=done.arrived)


def _take_file(partner: str, file: redemptions.LoadingFile, now: dt.datetime) -> None:
    if redemptions.knows_company_file(partner=partner, file=file):
        return
    with unit_of_work():
        redemptions.take_company_file(partner=partner, file=file, now=now)


def _asked(now: dt.datetime) -> Iterator[tuple[str, dt.date]]:
    """Yield each card company and the days of which a file may still come, newest first."""
    table = current_pack().table("points")
    today = current_pack().time.day(now)
    for partner in _companies(table):
        for n in range(int(table["reconciliation"]["look_back_days"]) + 1):
            yield partner, today - dt.timedelta(days=n)


def _companies(table: Mapping[str, Any]) -> list[str]:
    """Return the partners whose cards are written."""
    ways = table["conversions"].values()
    return sorted({one["partner"] for one in ways if one["way"] == "card"})
