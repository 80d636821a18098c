"""Tags for words in a line: icons, amounts, dates, badges, key hints."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from . import badges, icons, wording


def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Draw an icon; without a label it is decoration and silent."""
    extra = f" cc-icon--{size}" if size else ""
    spoken = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else SafeString('aria-hidden="true"')
    )
    return format_html(
        '<svg class="cc-icon{}" viewBox="0 0 24 24" {} focusable="false">{}</svg>',
        extra,
        spoken,
        icons.shapes(name),
    )


def _amount(kind: str, text: str) -> SafeString:
    return format_html('<span class="cc-amount cc-amount--{}">{}</span>', kind, text)


def points(value: int) -> SafeString:
    """Write points with their unit."""
    return _amount("points", wording.points(value))


def ntd(value: int) -> SafeString:
    """Write dollars with their unit."""
    return _amount("ntd", wording.ntd(value))


def number(value: int | float) -> SafeString:
    """Write a number with separators."""
    return _amount("number", wording.number(value))


def hours(minutes: int) -> SafeString:
    """Write minutes as hours."""
    return _amount("hours", wording.hours(minutes))


def _moment(value: date | datetime | None, text: str) -> SafeString:
    if value is None:
        return SafeString("")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


def _dated(writer: Any) -> Any:
    def tag(value: date | datetime | None) -> SafeString:
        return _moment(value, writer(value) if value is not None else "")

    tag.__doc__ = writer.__doc__
    return tag


def status_badge(state: str, word: str = "", icon_name: str = "") -> SafeString:
    """Show a state by icon and word."""
    shown = badges.badge(str(state), word, icon_name)
    return format_html(
        '<span class="cc-badge cc-badge--{}">{}{}</span>', shown.tone, icon(shown.icon), shown.word
    )


def key(*names: str) -> SafeString:
    """Show the keys of a shortcut."""
    keys = [format_html("<kbd>{}</kbd>", name) for name in names]
    return format_html('<span class="cc-key">{}</span>', SafeString("".join(keys)))


def add_to(register: template.Library) -> None:
    """Register these tags."""
    for tag in (icon, points, ntd, number, hours, status_badge, key):
        register.simple_tag(tag)
    for writer in (
        wording.date_long,
        wording.date_short,
        wording.roc_date,
        wording.date_both,
        wording.date_time,
        wording.clock_time,
        wording.ago,
    ):
        register.simple_tag(_dated(writer), name=writer.__name__)
