"""What mass changes are called: their reasons, states and rights, for the doors that show them."""

import datetime as dt

from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
from citycard.flows import listing_ends
from citycard.infra import clock
from citycard.infra.web import charts, wording
from citycard.infra.web.charts import Figure
from citycard.portals.naming import in_language, name_of


def reason_name(kind: str) -> str:
    """Return what happened, in few words."""
    names = {
        "moved": _("遷出或遷入"),
        "died": _("死亡"),
        "married": _("結婚"),
        "divorced": _("離婚"),
        "enrolled": _("入學"),
        "graduated": _("畢業"),
        "left_school": _("離校"),
        "certificate_issued": _("取得證明"),
        "certificate_expired": _("證明到期"),
        "certificate_revoked": _("證明廢止"),
        "renamed": _("改名"),
        "renumbered": _("換證號"),
        "born": _("出生"),
        "age_at_least": _("年齡"),
        "age_below": _("年齡"),
        "registered_in": _("設籍"),
        "resides_in": _("居住"),
        "has_status": _("身分資格"),
        "alive": _("死亡"),
        "removed": _("服務取消"),
        "rule": _("規則改變"),
        "since": _("開辦日"),
        "follows": _("隨主卡"),
    }
    return names.get(kind, _("其他"))


def right_names() -> dict[str, str]:
    """Return what each right of the city is called."""
    return {one.code: in_language(one.name) for one in entitlements.catalogue(on=clock.today())}


def about_name(found: agencies.MassChange) -> str:
    """Return whose change it is."""
    if found.kind == "feed":
        return name_of("register", found.about)
    if found.kind == listing_ends.KIND:
        day = wording.date_short(dt.date.fromisoformat(found.about))
        return _("陸續終止 %(day)s") % {"day": day}
    return _("規則改版 %(hash)s") % {"hash": found.about[:8]}


def ended_by_right(found: agencies.MassChange) -> Figure | None:
    """Draw how many people lose each right; None when nobody does."""
    names = right_names()
    items = [
        (names.get(one.entitlement, one.entitlement), one.ended)
        for one in found.figures
        if one.ended
    ]
    if not items:
        return None
    about = _("試算結果。超過上限的資格需要第二位主管覆核。")
    if found.kind == listing_ends.KIND:
        about = _("各人因不同原因終止，不是同一批異動。")
    return charts.bars(_("各項資格：終止的人數"), items, unit=_("人"), label=_("資格"), about=about)


def ended_by_reason(found: agencies.MassChange) -> Figure | None:
    """Draw how many rights end for each reason; None when none does."""
    counts: dict[str, int] = {}
    for one in found.figures:
        for reason, count in one.reasons.items():
            counts[reason_name(reason)] = counts.get(reason_name(reason), 0) + count
    if not counts:
        return None
    items = sorted(counts.items(), key=lambda item: -item[1])
    return charts.bars(_("終止的原因"), items, unit=_("件"), label=_("原因"))


def limit_words(one: agencies.RightFigure, *, kind: str) -> str:
    """Say how much of its holders a right loses, how much may, and from when."""
    share = 100 * one.ended / one.holders if one.holders else 0.0
    said = _("%(holders)s 人中的 %(share)s%%；上限 %(limit)s 人")
    if kind == listing_ends.KIND:
        said = _("%(holders)s 人中的 %(share)s%%")
    facts = {
        "holders": wording.number(one.holders),
        "share": f"{share:.2f}",
        "limit": wording.number(one.limit),
    }
    return said % facts + _since(one)


def _since(one: agencies.RightFigure) -> str:
    if one.first_on is None or one.last_on is None:
        return ""
    days = {"first": wording.date_short(one.first_on), "last": wording.date_short(one.last_on)}
    if one.first_on == one.last_on:
        return _("；終止日 %(first)s") % days
    return _("；終止日 %(first)s 至 %(last)s") % days
