"""What mass changes are called: their reasons, states and rights, for the doors that show them."""

from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.entitlements import api as entitlements
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
    return charts.bars(
        _("各項資格：終止的人數"), items, unit=_("人"), label=_("資格"),
        about=_("試算結果。超過上限的資格需要第二位主管覆核。"),
    )  # fmt: skip


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


def limit_words(one: agencies.RightFigure) -> str:
    """Say how much of its holders a right loses, and how much may."""
    share = 100 * one.ended / one.holders if one.holders else 0.0
    return _("%(holders)s 人中的 %(share)s%%；上限 %(limit)s 人") % {
        "holders": wording.number(one.holders),
        "share": f"{share:.2f}",
        "limit": wording.number(one.limit),
    }
