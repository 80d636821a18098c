"""The words of a message, from the pack, in the reader's language."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citycard.infra.packs import current_pack
from citycard.kernel.errors import Refused


class MessageTextMissing(Refused):
    """The pack has no message text for {code}."""

    code = "notify.text_missing"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A message in one language."""

    title: str
    body: str


def channels_of(code: str) -> frozenset[str]:
    """Name the channels that the pack gives a message: inbox, email."""
    return frozenset(_entry(code)["channels"])


def params_of(*, code: str) -> frozenset[str]:
    """Name the parameters that a message's text mentions."""
    return frozenset(_entry(code)["params"])


def render_message(*, code: str, params: Mapping[str, Any], language: str) -> Text:
    """Write a message in one language; codes of services, places and the like become their names.

    :param language: ``zh-Hant`` or ``en``; Chinese stands in where there is no English
    """
    entry = _entry(code)
    words = {name: _in_words(name, value, language) for name, value in params.items()}
    return Text(
        title=_say(entry["title"], language).format_map(_Spoken(words)),
        body=_say(entry["body"], language).format_map(_Spoken(words)),
    )


class _Spoken(dict[str, str]):
    """A parameter that an old message lacks is left out of its text rather than break the inbox."""

    def __missing__(self, key: str) -> str:
        return "…"


def _entry(code: str) -> Any:
    try:
        return current_pack().table("messages")[code]
    except KeyError:
        raise MessageTextMissing(code=code) from None


def _say(text: Mapping[str, str], language: str) -> str:
    return text["en"] if language.startswith("en") and "en" in text else text["zh-Hant"]


# which pack table names the codes that a parameter holds
_NAMED_IN = {
    "service": (("services", "services"), ("forms", None)),
    "counter": (("counters", "counters"),),
    "kind": (("cards", "kinds"),),
    "entitlement": (("entitlements", None),),
    "unit": (("points", "units"),),
    "place": (
        ("places", "places"),
        ("kiosks", "kiosks"),
        ("counters", "counters"),
        ("points", "partners"),
    ),
}


_DAYS = frozenset({"last_day"})
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _in_words(name: str, value: Any, language: str) -> str:
    if isinstance(value, Mapping):  # names of a city-owned thing, kept in all languages
        return _say(value, language)
    if isinstance(value, int):
        return f"{value:,}"
    if name in _DAYS:
        return _day(dt.date.fromisoformat(str(value)), language)
    for table, inner in _NAMED_IN.get(name, ()):
        named = _named(table, inner, str(value))
        if named:
            return _say(named, language)
    return str(value)


def _day(day: dt.date, language: str) -> str:
    if language.startswith("en"):
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _named(table: str, inner: str | None, code: str) -> Mapping[str, str] | None:
    content = current_pack().table(table)
    if table == "forms":
        services = [form["services"].get(code) for form in content.values()]
        return next((service["name"] for service in services if service), None)
    row = (content[inner] if inner else content).get(code)
    return row["name"] if isinstance(row, Mapping) and "name" in row else None
