"""Draws: announced with their terms, committed to by a hash, decided by a public number.

Entries are counted and winners found by functions of the database that write once; nobody, an
operator included, changes an entry after the commitment. Anybody can recompute a draw from its
published list and the seed.

Source: 市民卡整合服務「過卡集點抽」.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from citycard.activities.budgeting import NotOverYet
from citycard.activities.draw_values import (
    Draw,
    DrawWinner,
    NewDraw,
    OwnEntry,
    Prize,
    WinnerToTell,
)
from citycard.activities.events import DrawAnnounced, DrawCommitted, DrawHeld
from citycard.activities.queries import campaign as campaign_of
from citycard.infra.database import rows, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

MOST_WINNERS = 10_000
LONGEST_SEED = 200


class DrawTermsWrong(Refused):
    """The draw's {field} isn't as it should be."""

    code = "activities.draw_terms_wrong"


class DrawNotNow(Refused):
    """This can't be done with a draw that is {state}."""

    code = "activities.draw_not_now"


class NobodyTakesPart(Refused):
    """Nobody has a ticket in this draw."""

    code = "activities.nobody_takes_part"


def announce_draw(*, new: NewDraw, actor: Actor, now: dt.datetime) -> Draw:
    """Announce a draw among those who take part in a campaign; its terms never change.

    :raises DrawTermsWrong: a number, a name or the seed's source is missing
    :raises NotFound: there is no such campaign
    """
    require_unit_of_work()
    campaign_of(campaign_id=new.campaign_id)
    _check(new)
    draw_id = scalar(
        """
        INSERT INTO activities_draw (campaign_id, names, counts, each, most, prizes, winners,
                                     seed_source, created_at, created_by)
        VALUES (%s, %s::jsonb, %s, %s, %s, %s::jsonb, %s, %s, %s, %s) RETURNING id
        """,
        [
            new.campaign_id,
            json.dumps(_both(new.names)),
            new.counts,
            new.each,
            new.most,
            json.dumps([_both(prize.names) | {"count": prize.count} for prize in new.prizes]),
            sum(prize.count for prize in new.prizes),
            new.seed_source.strip(),
            now,
            actor.id,
        ],
    )
    announce(DrawAnnounced(draw_id=draw_id, campaign_id=new.campaign_id))
    return draw(draw_id=draw_id)


def commit_draw(*, draw_id: int, actor: Actor, now: dt.datetime) -> Draw:
    """Count the entries and commit to their list by its hash; late uploads count no more.

    :raises NotOverYet: the campaign still gives points
    :raises NobodyTakesPart: there is no entry
    :raises DrawNotNow: it is committed to already
    :raises NotFound: there is none of this number
    """
    require_unit_of_work()
    found = draw(draw_id=draw_id)
    campaign = campaign_of(campaign_id=found.campaign_id)
    if campaign.state == "draft" or campaign.gives_at(now) or campaign.starts_at > now:
        raise NotOverYet()
    if not scalar("SELECT activities_commit_draw(%s, %s, %s)", [draw_id, now, actor.id]):
        raise DrawNotNow(state=draw(draw_id=draw_id).state)
    committed = draw(draw_id=draw_id)
    if not committed.entries:
        raise NobodyTakesPart()
    announce(DrawCommitted(draw_id=draw_id))
    return committed


def hold_draw(*, draw_id: int, seed: str, actor: Actor, now: dt.datetime) -> Draw:
    """Find the winners by the public number that was announced as the seed's source.

    :raises DrawTermsWrong: the seed is empty or too long
    :raises DrawNotNow: the entries are not committed to, or it was held before
    :raises NotFound: there is none of this number
    """
    require_unit_of_work()
    public = seed.strip()
    if not 0 < len(public) <= LONGEST_SEED or not public.isprintable():
        raise DrawTermsWrong(field="seed")
    if not scalar("SELECT activities_hold_draw(%s, %s, %s, %s)", [draw_id, public, now, actor.id]):
        raise DrawNotNow(state=draw(draw_id=draw_id).state)
    announce(DrawHeld(draw_id=draw_id))
    return draw(draw_id=draw_id)


def draw(*, draw_id: int) -> Draw:
    """Return a draw.

    :raises NotFound: there is none of this number
    """
    found = rows(f"{_DRAW} WHERE id = %s", [draw_id])
    if not found:
        raise NotFound(what="draw")
    return _draw(found[0])


def draws(*, campaign_id: int) -> list[Draw]:
    """Return a campaign's draws, oldest first."""
    return [
        _draw(one) for one in rows(f"{_DRAW} WHERE campaign_id = %s ORDER BY id", [campaign_id])
    ]


def draw_list(*, draw_id: int) -> str:
    """Return a draw's list of entries as it is published: what the hash was taken of."""
    return str(scalar("SELECT activities_draw_list(%s)", [draw_id]))


def winners(*, draw_id: int) -> list[DrawWinner]:
    """Return a draw's winners by their pseudonyms, first place first."""
    found = rows(
        "SELECT place, code, ticket, score FROM activities_draw_winner WHERE draw_id = %s"
        " ORDER BY place",
        [draw_id],
    )
    return [DrawWinner(**one._asdict()) for one in found]


def winners_to_tell(*, draw_id: int) -> list[WinnerToTell]:
    """Return who won what place: for the messages that tell them, never for a page."""
    found = rows(
        """
        SELECT e.member_id, w.place FROM activities_draw_winner w
        JOIN activities_draw_entry e USING (draw_id, code) WHERE w.draw_id = %s ORDER BY w.place
        """,
        [draw_id],
    )
    return [WinnerToTell(**one._asdict()) for one in found]


def own_entries(*, access: Access, member_id: int) -> list[OwnEntry]:
    """Return somebody's entries in draws, newest first: their pseudonym, their tickets, a place.

    :param access: must cover the field ``points_history`` of this member
    :raises AccessTooNarrow: it does not
    """
    access.require("points_history", members=[member_id])
    found = rows(
        """
        SELECT e.draw_id, e.code, e.tickets, w.place FROM activities_draw_entry e
        LEFT JOIN activities_draw_winner w USING (draw_id, code)
        WHERE e.member_id = %s ORDER BY e.draw_id DESC
        """,
        [member_id],
    )
    return [OwnEntry(**one._asdict()) for one in found]


def _check(new: NewDraw) -> None:
    wanted = {"each": new.each, "most": 1 if new.most is None else new.most}
    wrong = [name for name, value in wanted.items() if type(value) is not int or value < 1]
    if new.counts not in ("taps", "points"):
        wrong.append("counts")
    if not _is_named(new.names):
        wrong.append("names")
    if not _prizes_fit(new.prizes):
        wrong.append("prizes")
    if not new.seed_source.strip():
        wrong.append("seed_source")
    if wrong:
        raise DrawTermsWrong(field=wrong[0])


def _prizes_fit(prizes: Sequence[Prize]) -> bool:
    counts = [prize.count for prize in prizes]
    return (
        all(type(count) is int and count > 0 for count in counts)
        and 0 < sum(counts) <= MOST_WINNERS
        and all(_is_named(prize.names) for prize in prizes)
    )


def _is_named(names: Text) -> bool:
    return bool(names.zh.strip() and names.en.strip())


def _both(names: Text) -> dict[str, Any]:
    return {"zh-Hant": names.zh.strip(), "en": names.en.strip()}


_DRAW = """
SELECT id, campaign_id, names::text AS names, counts, each, most, prizes::text AS prizes,
       seed_source, state, entries_hash, people, entries, committed_at, seed, drawn_at
FROM activities_draw
"""


def _draw(found: Any) -> Draw:
    fields = found._asdict()
    prizes = json.loads(found.prizes)
    fields["names"] = Text.read(json.loads(found.names))
    fields["prizes"] = tuple(
        Prize(names=Text.read({k: one[k] for k in ("zh-Hant", "en")}), count=one["count"])
        for one in prizes
    )
    return Draw(**fields)
