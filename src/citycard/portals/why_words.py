"""A fare, a refusal or a move of points explained, as residents and officers read it."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citycard.entitlements import api as entitlements
from citycard.fares import api as fares
from citycard.flows import explaining
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.infra.web.parts import Row
from citycard.kernel.access import Access
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import point_entry
from citycard.taps.api import Code

FIELDS = ("points", "points_history", "taps", "rights")
"""What explaining reads of a person."""

_HASH_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of an explanation; ``badge`` is yes, no or unknown of a rule's condition."""

    said: str
    source: str = ""
    badge: str = ""


@dataclass(frozen=True, kw_only=True)
class Why:
    """An explanation as a page shows it.

    :ivar rows: what happened; ``rule`` by which rules, versions and inputs it was decided
    :ivar then: what to do next, where something was refused
    :ivar is_same: whether executing it again gave what is stored; None: nothing is executed
    """

    title: str
    number: str
    rows: list[Row]
    steps: list[Step] = field(default_factory=list)
    rule: list[Row] = field(default_factory=list)
    then: str = ""
    is_same: bool | None = None


def told(access: Access, thing: explaining.Thing) -> Why:
    """Explain what a number names.

    :raises NotFound: its owner has no such thing now
    :raises AccessTooNarrow: the access doesn't cover ``FIELDS``
    """
    if thing.kind == "ride":
        return _ride(thing, explaining.why_ride(access=access, thing=thing))
    if thing.kind == "tap":
        return _tap(thing, explaining.why_tap(access=access, thing=thing))
    return _points(access, thing)


def _ride(thing: explaining.Thing, found: fares.RideWhy) -> Why:
    ride = found.ride
    operators = (current_pack().table("fares") or {}).get("operators", {})
    named = operators.get(ride.operator)
    operator = in_language(named["name"]) if named else ride.operator
    owed = wording.ntd(ride.stored_ntd + ride.cash_ntd)
    paid = _("%(n)s 點") % {"n": wording.number(ride.points)} if ride.points else ""
    took = _("%(n)s 點") % {"n": wording.number(ride.points_taken)} if ride.points_taken else ""
    rows = [
        Row(label=_("上車"), value=wording.date_time(ride.boarded_at)),
        Row(label=_("依規定應付"), value=" + ".join(filter(None, [paid, owed]))),
        Row(
            label=_("設備收取"),
            value=" + ".join(filter(None, [took, wording.ntd(ride.charged_ntd)])),
        ),
    ]
    return Why(
        title=f"{operator} {ride.route}".strip(),
        number=thing.about,
        rows=rows,
        steps=[Step(said=_either(one.zh, one.en), source=one.source) for one in found.steps],
        rule=[
            Row(label=_("規定版本"), value=found.pack_hash[:_HASH_SHOWN]),
            Row(label=_("計算時間"), value=wording.date_time(found.decided_at)),
            Row(label=_("當月第幾次計算"), value=wording.number(found.revision)),
            Row(label=_("當月補助"), value=_("%(n)s 點") % {"n": found.points_open}),
            Row(label=_("依據的資格"), value=_versions(found.rights)),
            Row(label=_("依據的歸戶"), value=_versions(found.bindings)),
        ],
        is_same=found.is_same,
    )


def _versions(numbers: tuple[int, ...]) -> str:
    return "、".join(f"#{number}" for number in numbers) or _("無")


def _tap(thing: explaining.Thing, found: explaining.TapWhy) -> Why:
    tap = found.tap
    rows = [
        Row(label=_("時間"), value=wording.date_time(tap.at)),
        Row(label=_("地點"), value=name_of("place", tap.place)) if tap.place else None,
        Row(label=_("服務"), value=name_of("service", tap.service)),
        Row(label=_("結果"), value=code_words(tap.code)),
        Row(label=_("需要的資格"), value=name_of("entitlement", found.entitlement))
        if found.entitlement
        else None,
    ]
    return Why(
        title=code_words(tap.code),
        number=thing.about,
        rows=[row for row in rows if row is not None],
        steps=_because(found.then) if found.then else [],
        rule=_rule_of_tap(found),
        then="" if tap.code.is_accepted else next_step(found),
    )


def _because(found: entitlements.Explanation) -> list[Step]:
    language = "en" if _is_english() else "zh-Hant"
    return [
        Step(said=step.sentence(language), badge=step.verdict.value)
        for step in found.because.decisive()
    ]


def _rule_of_tap(found: explaining.TapWhy) -> list[Row]:
    rows = [Row(label=_("回覆代碼"), value=f"{int(found.tap.code)} {found.tap.code.word}")]
    if found.then is not None:
        rows += [
            Row(label=_("規定版本"), value=found.then.pack_hash[:_HASH_SHOWN]),
            Row(label=_("依據的日期"), value=_day(found.then.on)),
        ]
    return rows


def _day(day: dt.date) -> str:
    return wording.date_long(day)


def code_words(code: Code) -> str:
    """Return what a reader's answer means, for the card's holder."""
    words = {
        Code.ACCEPTED: _("可以使用"),
        Code.ACCEPTED_POINTS: _("可以使用，並且給點"),
        Code.NO_POINTS_LEFT: _("可以使用，活動不再給點"),
        Code.UNKNOWN_CARD: _("沒有這張卡的資料"),
        Code.NOT_BOUND: _("卡片還沒有歸戶"),
        Code.NOT_ENTITLED: _("沒有這項服務需要的資格"),
        Code.BLOCKED: _("卡片已停用"),
        Code.WRONG_SERVICE: _("這種卡不適用這項服務"),
        Code.NOT_LINKED: _("機關沒有您的會員號碼"),
        Code.AMBIGUOUS_CARD: _("卡號可能是兩張不同的卡"),
        Code.QUARANTINED_TIME: _("設備時間不正確"),
        Code.CONFLICT: _("設備紀錄重複"),
        Code.READER_REVOKED: _("設備已停用"),
        Code.BAD_RIDE: _("設備送來的乘車資料不正確"),
        Code.BAD_SALE: _("設備送來的金額不正確"),
        Code.BAD_TAP: _("設備送來的刷卡內容讀不懂"),
    }
    return words[code]


def next_step(found: explaining.TapWhy) -> str:
    """Say what to do after a refusal."""
    code, known = found.tap.code, found.known
    if code == Code.NOT_ENTITLED and known is not None:
        if known.verdict == "yes":
            return _(
                "依現在的資料，那一天已有資格，設備當時還不知道。因此受影響時，請按「這筆有問題」。"
            )
        if known.eligible == "unknown":
            return _("還缺資料才能判斷資格；請在「服務」申辦，或帶證明文件到櫃台。")
        if known.eligible == "yes":
            return _("您符合資格但還沒有申辦；請在「服務」申辦，核准後就能使用。")
        return _("依目前的資料不符合資格。資料有誤時，請按「這筆有問題」，或向原登記機關更正。")
    steps = {
        Code.BLOCKED: _("卡片遺失、到期或停用後不能再用；請使用新卡，或到櫃台補發。"),
        Code.NOT_BOUND: _("請帶卡片與身分證件到櫃台歸戶。"),
        Code.WRONG_SERVICE: _("請改用附有這項功能的卡。"),
        Code.NOT_LINKED: _("請先向該機關申請會員，之後刷卡就認得您。"),
        Code.AMBIGUOUS_CARD: _("請洽服務櫃台，由人員依卡面號碼查明。"),
    }
    return steps.get(code, _("這不是您的問題；請按「這筆有問題」，我們會查明。"))


def _points(access: Access, thing: explaining.Thing) -> Why:
    found = point_entry.explained(access, thing.member_id, thing.unit, uuid.UUID(thing.about))
    change = Row(label=found["unit_name"], value=found["change"] or found["held"])
    because = [Step(said=found["because"])] if found["because"] else []
    return Why(
        title=found["title"], number=thing.about, rows=[change, *found["rows"]], steps=because
    )


def _either(zh: str, en: str) -> str:
    return en if _is_english() else zh


def _is_english() -> bool:
    return (get_language() or "").startswith("en")
