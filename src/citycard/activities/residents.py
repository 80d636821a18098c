"""Who is registered in the city on the day of a fact, and what moving out stops.

Source: 各縣市比較「設籍本市市民可參加健康集點」. What is earned stays somebody's own; whether they
may still redeem it after moving out is the pack's ``activities.moved_out``.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from citycard.activities.deciding import Whole
from citycard.infra import columns as wire
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.kernel.errors import Refused

_REGISTERED = """
SELECT array_agg(EXISTS (
           SELECT FROM pub.known_facts f
           WHERE f.member_id = a.member_id AND f.name = 'registered_city' AND f.valid @> a.day
             AND f.value = to_jsonb(%(city)s::text)) ORDER BY a.n)
FROM unnest(%(members)s::bigint[], %(days)s::date[]) WITH ORDINALITY AS a(member_id, day, n)
"""


def registered(*, member_id: Whole, day: Whole) -> npt.NDArray[np.bool_]:
    """Tell which members were registered in the city on the local day beside them, counted from
    1970."""
    asked = {
        "members": wire.array(wire.INT8, member_id),
        "days": wire.array(wire.DATE, wire.days_2000(day)),
        "city": current_pack().code,
    }
    (found,) = wire.ask(_REGISTERED, asked, [">i1"])
    return np.asarray(found > 0)


def at_home(asked: Iterable[tuple[int, dt.date]]) -> set[tuple[int, dt.date]]:
    """Return those of (member, local day) on which the member was registered in the city."""
    wanted = sorted(set(asked))
    if not wanted:
        return set()
    members, days = zip(*wanted, strict=True)
    found = registered(
        member_id=np.array(members, np.int64), day=np.array(days, "M8[D]").astype(np.int64)
    )
    return {one for one, home in zip(wanted, found.tolist(), strict=True) if home}


class RedeemingStopped(Refused):
    """These points may be redeemed again once their holder is registered in the city."""

    code = "activities.redeeming_stopped"


def check_may_redeem(*, member_id: int, now: dt.datetime) -> None:
    """Stop a redemption by somebody who moved out, where the pack says that it stops.

    :raises RedeemingStopped: they moved out
    """
    on = current_pack().time.day(now)
    if may_not_redeem(member_ids=[member_id], on=on):
        raise RedeemingStopped()


def may_not_redeem(*, member_ids: Sequence[int], on: dt.date) -> set[int]:
    """Return who may not redeem on a day because they moved out, where the pack says so.

    Somebody moved out who holds points that only residents were given, and isn't one any more.
    """
    if current_pack().table("activities")["moved_out"] != "redeeming_stops":
        return set()
    found = rows(
        """
        SELECT DISTINCT p.member_id FROM activities_participation p
        JOIN activities_campaign c ON c.id = p.campaign_id AND c.residents_only
        WHERE p.member_id = ANY (%s::bigint[]) AND p.points > 0
        """,
        [list(member_ids)],
    )
    were = {one.member_id for one in found}
    return were - {member for member, _ in at_home((member, on) for member in were)}
