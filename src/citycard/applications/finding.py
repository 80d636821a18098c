"""Whose it is: applications and parts found by their ids, without a name."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from citycard.infra.database import row, rows
from citycard.kernel.errors import NotFound
from citycard.kernel.ids import read_reference


@dataclass(frozen=True, kw_only=True)
class PartFound:
    """Whose part it is: what a door needs to open an access before it reads the part."""

    part_id: int
    application_id: int
    member_id: int
    agency: str
    service: str
    entitlement: str
    state: str
    version: int
    ref: str


@dataclass(frozen=True, kw_only=True)
class ApplicationFound:
    """Whose application it is, by its ids alone, with what stands on a queue's line."""

    application_id: int
    public_id: str
    ref: str
    member_id: int | None
    account_id: int | None
    state: str
    counter: str | None
    services: Sequence[str]
    submitted_at: dt.datetime


_FOUND = (
    "id AS application_id, public_id::text AS public_id, ref, member_id, account_id, state,"
    " counter,"
    " services, submitted_at"
)


def part(*, part_id: int) -> PartFound:
    """Return whose part it is; it names no one.

    :raises NotFound: there is none
    """
    found = row(
        "SELECT p.id AS part_id, p.application_id, p.member_id, p.agency, p.service,"
        " p.entitlement, p.state,"
        " p.version, a.ref FROM applications_part p JOIN applications_application a ON a.id ="
        " p.application_id"
        " WHERE p.id = %s",
        [part_id],
    )
    if found is None:
        raise NotFound(what="part")
    return PartFound(**found._asdict())


def find(*, ref: str) -> ApplicationFound:
    """Find an application by the reference that its resident knows, or by its public id.

    :raises NotFound: there is none
    """
    found = row(
        f"SELECT {_FOUND}"  # noqa: S608 - our own columns
        " FROM applications_application WHERE ref = %s OR (ref IS NOT NULL AND public_id::text ="
        " %s)",
        [read_reference(ref), ref.strip().lower()],
    )
    if found is None:
        raise NotFound(what="application")
    return ApplicationFound(**found._asdict())


def at_counter(*, counter: str, now: dt.datetime, limit: int = 100) -> list[ApplicationFound]:
    """Return open applications of a counter, newest first; it names no one."""
    found = rows(
        f"SELECT {_FOUND}"  # noqa: S608 - our own columns
        " FROM applications_application WHERE counter = %s AND state IN ('checking', 'waiting',"
        " 'deciding')"
        " ORDER BY submitted_at DESC, id DESC LIMIT %s",
        [counter, limit],
    )
    return [ApplicationFound(**one._asdict()) for one in found]
