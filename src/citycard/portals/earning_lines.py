"""What an agency's own system says of one person who took part, read strictly.

The same reading for a file and for a program: a line that isn't as it should be is named with its
number, its field and what to do; then nothing of the batch is taken.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from citycard.activities import api as activities
from citycard.infra.clock import city_time

LONGEST = 64
AHEAD = dt.timedelta(minutes=10)
OLDEST = dt.timedelta(days=400)
_WRITTEN = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S")


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """A line that can't be read.

    :ivar number: as the sender counts: of the file's line, or of the batch's item from 1
    :ivar remedy: what to do about it, in the reader's language
    """

    number: int
    field: str
    remedy: str


class NotReadable(ValueError):
    """One field of a line isn't as it should be."""

    def __init__(self, field: str, remedy: str) -> None:
        super().__init__(remedy)
        self.field, self.remedy = field, remedy


def open_to_systems(agencies: Sequence[str]) -> dict[str, activities.Campaign]:
    """Return the campaigns of agencies that their own systems may name, by code."""
    return {
        found.code: found
        for agency in agencies
        for found in activities.campaigns(agency=agency)
        if found.state != "draft" and not found.trigger
    }


def read_lines(
    said: Sequence[tuple[int, Mapping[str, Any]]],
    *,
    campaigns: Mapping[str, activities.Campaign],
    now: dt.datetime,
) -> tuple[list[activities.EarningLine], list[BadLine]]:
    """Return the lines that can be read, and those that can't with what to do about them.

    :param said: number of the line → its fields: ``reference``, ``campaign``, ``at`` and either
        ``card_number`` (with ``issuer`` and ``number_kind`` where they are known) or
        ``member_number``
    """
    good, bad = [], []
    for number, facts in said:
        try:
            good.append(_line(facts, campaigns, now))
        except NotReadable as why:
            bad.append(BadLine(number=number, field=why.field, remedy=why.remedy))
    return good, bad


def _line(
    facts: Mapping[str, Any], campaigns: Mapping[str, activities.Campaign], now: dt.datetime
) -> activities.EarningLine:
    campaign = campaigns.get(_text(facts, "campaign"))
    if campaign is None:
        raise NotReadable("campaign", _("請填寫貴機關已開放的活動代碼。"))
    card, member = _text(facts, "card_number", ""), _text(facts, "member_number", "")
    if bool(card) == bool(member):
        raise NotReadable("card_number", _("卡號與機關會員編號請擇一填寫。"))
    return activities.EarningLine(
        reference=_text(facts, "reference"),
        campaign_id=campaign.id,
        at=_instant(facts.get("at"), now),
        number=card.replace(" ", "").replace("-", ""),
        issuer=_text(facts, "issuer", ""),
        number_kind=_text(facts, "number_kind", ""),
        member_number=member,
    )


def _text(facts: Mapping[str, Any], field: str, default: str | None = None) -> str:
    value = facts.get(field, default)
    if value is None or value == "":
        if default is None:
            raise NotReadable(field, _("這一欄必須填寫。"))
        return default
    if isinstance(value, str) and len(value.strip()) <= LONGEST and value.strip().isprintable():
        return value.strip()
    raise NotReadable(field, _("請填寫最多 64 個字的文字。"))


def _instant(value: Any, now: dt.datetime) -> dt.datetime:
    """Read a time; one without a zone is the city's own."""
    at = value if isinstance(value, dt.datetime) else _written(value)
    if at is None:
        raise NotReadable("at", _("請填寫時間，例如 2026-11-21 08:30。"))
    try:
        at = (at if at.tzinfo else at.replace(tzinfo=city_time().zone)).astimezone(dt.UTC)
    except OverflowError:
        at = now + OLDEST
    if at > now + AHEAD:
        raise NotReadable("at", _("這個時間還沒有到，請確認系統的時鐘。"))
    if at < now - OLDEST:
        raise NotReadable("at", _("超過 400 天的紀錄不能再上傳。"))
    return at


def _written(value: Any) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _WRITTEN:
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007 - the city's zone is put to it
        except ValueError:
            continue
    return None
