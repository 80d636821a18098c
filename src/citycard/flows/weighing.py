"""How heavy a mass change is: counts by right and reason, and which right makes it wait. Pure."""

import datetime as dt
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements

LOST = frozenset({"ended", "cut"})
"""What somebody loses a right by, or days of it: the brake weighs these."""

SHARE_PERCENT, TIMES_MEAN, SAMPLE_PEOPLE = 0.5, 3.0, 5


@dataclass(frozen=True, kw_only=True)
class Brake:
    """The pack's row ``brake``.

    :ivar share_percent: of a right's holders; more of them ended waits
    :ivar at_least: so few never wait
    :ivar times_mean: of what the last 30 days ended in as many days
    """

    share_percent: float
    at_least: int
    times_mean: float
    sample_people: int

    @classmethod
    def read(cls, row: Mapping[str, float]) -> "Brake":
        """Read the pack's row."""
        return cls(
            share_percent=float(row.get("share_percent", SHARE_PERCENT)),
            at_least=int(row.get("at_least_people", 0)),
            times_mean=float(row.get("times_mean", TIMES_MEAN)),
            sample_people=int(row.get("sample_people", SAMPLE_PEOPLE)),
        )

    def limit(self, holders: int, mean_a_day: float | None, days: int) -> int:
        """Return how many may lose a right without a second officer.

        :param mean_a_day: None: nothing is known of the last 30 days
        :param days: how many days of change are weighed
        """
        limits = [self.share_percent / 100 * holders]
        if mean_a_day is not None:
            limits.append(self.times_mean * mean_a_day * days)
        return max(self.at_least, int(min(limits)))


def figures_of(
    changes: Sequence[entitlements.Change],
    *,
    reasons: Mapping[int, Sequence[str]],
    holders: Mapping[str, int],
    means: Mapping[str, float] | None,
    days: int,
    brake: Brake,
) -> list[agencies.RightFigure]:
    """Count a mass change by right: what hurts most comes first.

    :param reasons: by member, what happened to them; the first counts
    :param holders: by right, how many have it once this is done
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    why: dict[str, Counter[str]] = defaultdict(Counter)
    for one in changes:
        kind = kind_of(one)
        counts[one.entitlement][kind] += 1
        if kind in LOST:
            why[one.entitlement][next(iter(reasons.get(one.member_id, ())), "other")] += 1
    lost = _lost_days(changes)
    found = [
        _figure(code, count, why[code], lost.get(code, ()), holders, means, days, brake)
        for code, count in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.ended, -one.changed, one.entitlement))


def _lost_days(changes: Sequence[entitlements.Change]) -> Mapping[str, Sequence[dt.date]]:
    found: dict[str, list[dt.date]] = defaultdict(list)
    for one in changes:
        if one.lost_on is not None and kind_of(one) in LOST:
            found[one.entitlement].append(one.lost_on)
    return found


def figures_of_preview(
    found: entitlements.Preview,
    *,
    lost_days: Mapping[str, tuple[dt.date, dt.date]],
    means: Mapping[str, float] | None,
    brake: Brake,
) -> list[agencies.RightFigure]:
    """Count a dry run of everybody by right, as ``figures_of`` does for a feed.

    :param lost_days: by right, the first and the last of the days from which people lose it
    """
    why: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found.counts:
        if one.kind in LOST:
            why[one.entitlement][one.reason] += one.members
    figures = [
        agencies.RightFigure(
            entitlement=code,
            ended=share.ended + share.cut,
            begun=share.begun,
            changed=share.changed,
            holders=share.holders,
            limit=brake.limit(
                share.holders, None if means is None else means.get(code, 0.0), days=1
            ),
            reasons=dict(why[code].most_common()),
            first_on=min(lost_days.get(code, ()), default=None),
            last_on=max(lost_days.get(code, ()), default=None),
        )
        for code, share in found.shares.items()
        if share.ended or share.cut or share.begun or share.changed
    ]
    return sorted(figures, key=lambda one: (-one.ended, -one.changed, one.entitlement))


def _figure(
    code: str,
    count: Counter[str],
    why: Counter[str],
    lost: Sequence[dt.date],
    holders: Mapping[str, int],
    means: Mapping[str, float] | None,
    days: int,
    brake: Brake,
) -> agencies.RightFigure:
    before = holders.get(code, 0) + count["ended"] - count["begun"]
    mean = None if means is None else means.get(code, 0.0)
    return agencies.RightFigure(
        entitlement=code,
        ended=count["ended"] + count["cut"],
        begun=count["begun"],
        changed=count["changed"],
        holders=before,
        limit=brake.limit(before, mean, days),
        reasons=dict(why.most_common()),
        first_on=min(lost, default=None),
        last_on=max(lost, default=None),
    )


def kind_of(change: entitlements.Change) -> entitlements.Kind:
    """Tell whether a right began, ended, lost days (later ones count as much as today's) or
    changed without losing any."""
    if change.before is None:
        return "begun"
    if change.after is None:
        return "ended"
    return "changed" if change.lost_on is None else "cut"


def samples_of(changes: Iterable[entitlements.Change], each: int) -> dict[str, list[int]]:
    """Return some members for each right that is lost, always the same ones."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in sorted(changes, key=lambda one: _scattered(one.member_id)):
        if kind_of(one) in LOST and len(found[one.entitlement]) < each:
            found[one.entitlement].append(one.member_id)
    return dict(found)


def hash_of(changes: Iterable[entitlements.Change]) -> str:
    """Return a hash of who gains or loses what."""
    said = sorted((one.member_id, one.entitlement, kind_of(one)) for one in changes)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _scattered(member_id: int) -> bytes:
    """Return an order that prefers nobody: neither the oldest member nor the newest."""
    return hashlib.sha256(str(member_id).encode()).digest()
