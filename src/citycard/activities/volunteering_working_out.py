"""Working out volunteers' shifts anew where something became known, and keeping each difference.

Locks: volunteers by member and organiser, then (in the ledger) budgets, then people's accounts.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from citycard.activities.volunteering_deciding import decide
from citycard.activities.volunteering_keeping import Change, Volunteer, keep
from citycard.activities.volunteering_posting import post_hours
from citycard.activities.volunteering_rule import ShiftRule, TimeBank, time_bank
from citycard.infra.database import execute, rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.pairing import Mark, Word
from citycard.ledger import api as ledger

Group = tuple[int, str]
"""A volunteer and an organiser: shifts of one organiser never pair with another's taps."""

FUND = "volunteering"


def work_out(touched: Mapping[Group, Iterable[int]], *, actor: Actor, now: dt.datetime) -> None:
    """Decide again the shifts around some marks, keep what differs, and post the minutes.

    :param touched: by volunteer the ids of marks that are new or that a word now covers; what an
        organiser said about the volunteer is always read anew
    """
    bank = time_bank()
    volunteers = _lock(sorted(touched), bank, actor, now)
    mark_ids = [mark for marks in touched.values() for mark in marks]
    around, words = _around(mark_ids, bank), _words(sorted(touched))
    changes: list[Change] = []
    for group, volunteer in volunteers.items():
        marks = around.get(group, ())
        decided = decide(marks, words.get(group, ()), _rule_at(bank))
        changes += keep(volunteer, decided, [mark.key for mark in marks], actor=actor, now=now)
    post_hours(changes, volunteers, actor=actor, now=now)


def _rule_at(bank: TimeBank) -> Any:
    day_of = current_pack().time.day

    def rule_at(at: dt.datetime) -> ShiftRule:
        return bank.rule(day_of(at))

    return rule_at


def _lock(
    groups: Sequence[Group], bank: TimeBank, actor: Actor, now: dt.datetime
) -> dict[Group, Volunteer]:
    """Lock volunteers in order, entering those that are new with their organiser's fund."""
    funds = {
        organiser: ledger.open_fund(
            agency=organiser, campaign_ref=FUND, unit=bank.unit, actor=actor, now=now
        )
        for organiser in sorted({organiser for _, organiser in groups})
    }
    members, organisers = [m for m, _ in groups], [o for _, o in groups]
    execute(
        "INSERT INTO activities_volunteer (member_id, organiser, fund_id)"
        " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) ON CONFLICT DO NOTHING",
        [members, organisers, [funds[o] for o in organisers]],
    )
    found = rows(
        "SELECT member_id, organiser, number, fund_id, minutes, owed FROM activities_volunteer"
        " WHERE (member_id, organiser) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"
        " ORDER BY member_id, organiser FOR NO KEY UPDATE",
        [members, organisers],
    )
    return {(it.member_id, it.organiser): Volunteer(**it._asdict()) for it in found}


def _around(mark_ids: Sequence[int], bank: TimeBank) -> dict[Group, list[Mark]]:
    """Return each mark with all those that it could pair with: no gap longer than a shift."""
    if not mark_ids:
        return {}
    found = rows(
        statement(__file__, "marks_around"), {"ids": list(mark_ids), "longest": bank.longest}
    )
    marks: dict[Group, list[Mark]] = {}
    for it in found:
        mark = Mark(it.at, it.reader_id, it.epoch, it.seq, it.key, it.direction, it.place)
        marks.setdefault((it.member_id, it.organiser), []).append(mark)
    return marks


def _words(groups: Sequence[Group]) -> dict[Group, list[Word]]:
    found = rows(
        """
        SELECT member_id, organiser, id, shift_key AS stay_key, place, starts_at, ends_at, struck,
               covers_from, covers_to
        FROM activities_volunteer_word
        WHERE (member_id, organiser) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))
        """,
        [[m for m, _ in groups], [o for _, o in groups]],
    )
    words: dict[Group, list[Word]] = {}
    for it in found:
        fields = it._asdict()
        group = (fields.pop("member_id"), fields.pop("organiser"))
        words.setdefault(group, []).append(Word(**fields))
    return words
