"""The cards that a community's door lets in: who is on its roster, by number and no name.

A list that differs from the last one becomes a version: signed, kept, with what changed. Whether
there is one is asked without opening anything; an access record stands for each list that leaves
and is shown to each person on it.
"""

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.infra import papers
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.people import api as people

PURPOSE = "door-list"
PAPER = "door-list"
LIST, CHANGES = "list.csv", "changes.csv"
_HEAD = ("issuer", "number_kind", "number", "since", "until")
Line = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DoorListVersion:
    """One version of a door's list.

    :ivar number: from 1; the name of its files begins with it
    :ivar digest: changes when the list does
    """

    relation: str
    number: int
    digest: str
    made_at: dt.datetime

    @property
    def about(self) -> str:
        """Return what its paper is about."""
        return f"{self.relation}/{self.number:06d}/{self.digest}"


def rights_through(*, relation: str) -> Mapping[str, Any]:
    """Return the entitlements that a relation gives, with their rows in the pack."""
    return {
        code: row
        for code, row in current_pack().table("entitlements").items()
        if row["who"] == {"has_relation": relation}
    }


def door_list(*, relation: str, actor: Actor, now: dt.datetime) -> list[tuple[str, str, str]]:
    """Return (issuer, number kind, number) of each card in force that a door lets in today.

    Who was taken off the roster, lost the card or has no right to it is not on the next list.
    """
    found = _cards(relation, _opened(relation, actor, now), now)
    return [(one.issuer, one.number_kind, one.number) for one in found]


def current_list(*, relation: str, actor: Actor, now: dt.datetime) -> DoorListVersion:
    """Return the present version of a door's list; a new one where the list changed."""
    last = next(iter(versions(relation=relation)), None)
    digest = cards.door_digest(
        member_ids=_members(relation, now),
        entitlements=sorted(rights_through(relation=relation)),
        profiles=_profiles(relation),
        on=current_pack().time.day(now),
    )
    if last is not None and last.digest == digest:
        return last
    lines = [_line(one) for one in _cards(relation, _opened(relation, actor, now), now)]
    before = _lines(list_file(version=last, name=LIST)) if last is not None else []
    number = last.number + 1 if last is not None else 1
    made = DoorListVersion(relation=relation, number=number, digest=digest, made_at=now)
    changes = [("removed", *line) for line in before if line not in set(lines)]
    changes += [("added", *line) for line in lines if line not in set(before)]
    files = [_file(LIST, [_HEAD, *lines]), _file(CHANGES, [("change", *_HEAD), *changes])]
    with unit_of_work():
        papers.keep(kind=PAPER, about=made.about, files=files, now=now, sealed=True)
    return made


def versions(*, relation: str) -> list[DoorListVersion]:
    """Return the versions of a door's list, the newest first."""
    found = []
    for about, made_at, _names in papers.papers(kind=PAPER, starts=f"{relation}/"):
        _, number, digest = about.split("/")
        found.append(
            DoorListVersion(relation=relation, number=int(number), digest=digest, made_at=made_at)
        )
    return sorted(found, key=lambda one: (one.number, one.made_at), reverse=True)


def list_file(*, version: DoorListVersion, name: str) -> papers.KeptFile:
    """Return a file of a version as it was signed: ``list.csv`` or ``changes.csv``; for flows.

    :raises PaperChanged: somebody changed it behind our back
    """
    paper = papers.kept(kind=PAPER, about=version.about)
    assert paper is not None, "versions are papers"
    found = paper.file(name)
    assert found is not None, f"a version has {LIST} and {CHANGES}"
    return found


def handed_out(
    *, version: DoorListVersion, name: str, actor: Actor, now: dt.datetime
) -> papers.KeptFile:
    """Return a file of a version for somebody outside; the access record commits first."""
    _opened(version.relation, actor, now)
    return list_file(version=version, name=name)


def count_changes(*, version: DoorListVersion) -> tuple[int, int, int]:
    """Return how many cards a version has, and how many it added and removed."""
    changes = _lines(list_file(version=version, name=CHANGES))
    added = sum(line[0] == "added" for line in changes)
    listed = len(_lines(list_file(version=version, name=LIST)))
    return listed, added, len(changes) - added


def _opened(relation: str, actor: Actor, now: dt.datetime) -> Access:
    name = current_pack().text("statuses", "relations", relation, "name")
    subject = people.Population(description=name.zh, member_ids=_members(relation, now))
    return people.open_access(
        subject=subject, fields={"cards"}, purpose=PURPOSE, actor=actor, now=now
    )


def _members(relation: str, now: dt.datetime) -> list[int]:
    return people.members_with(fact=f"relation.{relation}", on=current_pack().time.day(now))


def _cards(relation: str, access: Access, now: dt.datetime) -> list[cards.DoorCard]:
    return cards.door_cards(
        access=access,
        entitlements=sorted(rights_through(relation=relation)),
        profiles=_profiles(relation),
        on=current_pack().time.day(now),
    )


def _profiles(relation: str) -> list[str]:
    """Return which numbers the door's readers read: those alone are told. None enrolled: all."""
    agency = current_pack().table("statuses")["relations"][relation]["vouched_by"]
    readers = agencies.devices(agency=agency)
    return sorted({one.number_profile for one in readers if one.state == "active"})


def _line(one: cards.DoorCard) -> Line:
    days = [day.isoformat() if day else "" for day in (one.since, one.until)]
    return (one.issuer, one.number_kind, one.number, *days)


def _file(name: str, lines: Sequence[Line]) -> papers.PaperFile:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return papers.PaperFile(
        name=name, media_type="text/csv; charset=utf-8", content=out.getvalue().encode()
    )


def _lines(file: papers.KeptFile) -> list[Line]:
    return [tuple(line) for line in csv.reader(io.StringIO(file.content.decode()))][1:]
