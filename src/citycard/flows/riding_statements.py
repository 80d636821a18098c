"""Operators' statements of a closed month: frozen with its closing, kept as signed papers.

The books take no more entries of the month by then. What a late tap changes of its rides afterwards
stands in the next closing as a correction.
"""

import datetime as dt
from collections.abc import Sequence

from citycard.fares import api as fares
from citycard.flows import clearing_papers, ride_papers
from citycard.infra import failpoints, papers
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.ledger import api as ledger

KIND = "rides.statement"


def tell(closing: ledger.Closing, now: dt.datetime) -> None:
    """Freeze what a closing tells operators, and keep the papers: of all, and of each by itself.

    What is done is not done twice.
    """
    if not current_pack().table("fares"):
        return
    with unit_of_work():
        fares.freeze_statements(month=closing.month, version=closing.version, now=now)
        failpoints.reach("closing.operators.before_commit")
    found = fares.operator_statement(month=closing.month)
    told = operators(found)
    for code in ("", *told) if told else ():
        _keep(found, code, now)
        failpoints.reach("closing.operators.paper_kept")


def operators(found: fares.Statement) -> list[str]:
    """Return whom a statement tells something."""
    lines = [*found.lines, *(line for own in found.earlier.values() for line in own)]
    return sorted({line.operator for line in lines} | {one.operator for one in found.bookings})


def about(month: dt.date, version: int, operator: str = "") -> str:
    """Return under which name a statement is kept: ``2026-10/1``, ``2026-10/1/city-bus``."""
    return f"{month:%Y-%m}/{version}" + (f"/{operator}" if operator else "")


def file_name(month: dt.date, version: int, operator: str, ending: str) -> str:
    """Return what a kept statement's file is called."""
    stem = f"operators-{month:%Y-%m}-v{version}"
    return f"{stem}-{operator}.{ending}" if operator else f"{stem}.{ending}"


def _keep(found: fares.Statement, operator: str, now: dt.datetime) -> None:
    assert found.version is not None, "an open month's statement is kept by nobody"
    name = about(found.month, found.version, operator)
    if papers.is_kept(kind=KIND, about=name):
        return
    stem = file_name(found.month, found.version, operator, "").removesuffix(".")
    files: Sequence[papers.PaperFile] = clearing_papers.files(
        ride_papers.statement(found=found, operator=operator), stem
    )
    with unit_of_work():
        papers.keep(kind=KIND, about=name, files=files, now=now)
