"""The words of an explained fare, in Chinese and in English; figures are filled in."""

from citycard.fares.amounts import Rounding
from citycard.fares.tariffs import ByBand, ByDistance, BySection, ByTime, Flat, Tariff, Told
from citycard.fares.values import MICRO
from citycard.infra.packs.texts import Text

ROUNDED = {
    Rounding.NEAREST: Text("四捨五入", "rounded to the nearest dollar"),
    Rounding.UP: Text("小數進位", "rounded up"),
    Rounding.DOWN: Text("小數捨去", "rounded down"),
}
TARIFFS: dict[type[Tariff], Text] = {
    Flat: Text("單一票價 {fare} 元", "One price: NT${fare}"),
    BySection: Text(
        "{sections} 段，每段 {ntd} 元，共 {fare} 元", "{sections} sections at NT${ntd}: NT${fare}"
    ),
    ByDistance: Text(
        "里程 {km} 公里，基本里程 {base} 公里，每公里 {rate} 元：{micro} 元，{rounded}為 {fare} 元",
        "{km} km (at least {base}) at NT${rate} a kilometre: NT${micro}, {rounded} to NT${fare}",
    ),
    ByBand: Text("里程 {km} 公里，票價 {fare} 元", "{km} km: NT${fare}"),
    ByTime: Text("使用 {minutes} 分鐘，費用 {fare} 元", "{minutes} minutes: NT${fare}"),
    Told: Text("設備計得票價 {fare} 元", "The device told a fare of NT${fare}"),
}
STEPS = {
    "Percent": Text(
        "{of_micro} 元的 {percent}%：由 {before} 元減為 {after} 元",
        "{percent}% of NT${of_micro}: from NT${before} to NT${after}",
    ),
    "PerSection": Text(
        "{sections} 段，每段 {each_ntd} 元：由 {before} 元減為 {after} 元",
        "{sections} sections at NT${each_ntd}: from NT${before} to NT${after}",
    ),
    "Cap": Text(
        "上限 {cap_ntd} 元：由 {before} 元減為 {after} 元",
        "At most NT${cap_ntd}: from NT${before} to NT${after}",
    ),
    "Off": Text(
        "減 {off_ntd} 元：由 {before} 元減為 {after} 元",
        "NT${off_ntd} off: from NT${before} to NT${after}",
    ),
    "FreeMetres": Text(
        "前 {free_km} 公里免費（該段票價 {free_ntd} 元）：由 {before} 元減為 {after} 元",
        "{free_km} km free (NT${free_ntd}): from NT${before} to NT${after}",
    ),
    "FreeSections": Text(
        "{free_sections} 段免費（{free_ntd} 元）：由 {before} 元減為 {after} 元",
        "{free_sections} sections free (NT${free_ntd}): from NT${before} to NT${after}",
    ),
    "RideOn": Text(
        "{base_km} 公里買一送一，付費里程 {paid_km} 公里：由 {before} 元減為 {after} 元",
        "Of {km} km, {paid_km} km are paid: from NT${before} to NT${after}",
    ),
}
PAYS = Text("，由「{fund}」支付 {relief} 元", "; “{fund}” pays NT${relief}")
MISSING = Text(
    "未刷下車，下次上車時補收 {after} 元，該趟不計優惠",
    "Not tapped out: NT${after} are charged at the next boarding, without concessions",
)
LOCKED = Text(
    "未刷下車，卡片鎖卡，待下次上車時補收",
    "Not tapped out: the card is locked, and the ride is charged at the next boarding",
)
UNPRICED = Text(
    "沒有可用的里程或票價，無法計算；列入待查",
    "There is no distance or no tariff for this ride; it waits to be looked into",
)
POINTS = Text(
    "可扣 {asked} 點，本月餘 {left} 點：扣 {points} 點",
    "{asked} points may pay, {left} are left this month: {points} are taken",
)
GRANTED = Text("市府另行補助 {granted} 元", "The city grants NT${granted}")
STORED = Text("儲值金支付 {stored} 元", "Stored value pays NT${stored}")
CASH = Text("儲值金不足，餘 {cash} 元以現金支付", "Stored value is short: NT${cash} in cash")
NOTHING = Text("應付 0 元", "Nothing is owed")
TOOK_MORE = Text(
    "設備實收 {charged} 元，比規則多收 {difference} 元，將退還",
    "The device took NT${charged}, NT${difference} more than the rule: it will be returned",
)
TOOK_LESS = Text(
    "設備實收 {charged} 元，比規則少收 {difference} 元",
    "The device took NT${charged}, NT${difference} less than the rule",
)
NEEDS = Text("未適用：須為{marks}", "Not applied: it is for {marks}")
NOT_WITH = Text("未適用：{marks}另有優惠", "Not applied: {marks} has another concession")
NOT_THAT_DAY = Text("未適用：當日不適用", "Not applied: it does not hold on that day")
NOT_NOW = Text(
    "未適用：不符先後乘車之條件，或已適用同類優惠",
    "Not applied: the rides before it do not fit, or another of its kind was applied",
)


def filled(text: Text, **figures: object) -> Text:
    """Return a text with its figures; those that are texts speak the same language."""

    def said(language: str) -> dict[str, object]:
        return {
            name: each.in_(language) if isinstance(each, Text) else each
            for name, each in figures.items()
        }

    return Text(text.zh.format(**said("zh-Hant")), text.en.format(**said("en")))


def parts(amount: int, unit: int) -> str:
    """Write a whole number of parts as a decimal, without zeros at its end."""
    whole, rest = divmod(amount, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")


def km(metres: int) -> str:
    """Write metres as kilometres."""
    return parts(metres, 1000)


def ntd(micro: int) -> str:
    """Write micro-dollars as dollars."""
    return parts(micro, MICRO)
