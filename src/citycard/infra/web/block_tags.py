"""Tags that wrap content: panels, notices, reasons, tables, dialogs."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


def _wrap(name: str, content: SafeString, **facts: Any) -> str:
    return render_to_string(f"cc/parts/{name}.html", {"content": content, **facts})


def panel(content: SafeString, title: str = "", **options: Any) -> str:
    """Wrap content in a white card; options: tone, icon, level, id."""
    return _wrap("panel", content, title=title, level=options.pop("level", 2), **options)


def notice(content: SafeString, tone: str = "info", title: str = "") -> str:
    """Wrap content in a notice with the tone's icon."""
    return _wrap("notice", content, tone=tone, title=title)


def why(content: SafeString, label: str = "") -> str:
    """Hide a reason behind a question that opens."""
    return _wrap("why", content, label=label)


def empty(content: SafeString, icon: str = "inbox", title: str = "") -> str:
    """Say kindly that there is nothing, and what one can do."""
    return _wrap("empty", content, icon=icon, title=title)


def table(content: SafeString, caption: str = "", **options: Any) -> str:
    """Wrap rows in a table; options: stack (fold on phones), hide_caption, dense."""
    return _wrap("table", content, caption=_in_attribute(caption), **options)


def _in_attribute(text: str) -> str:
    """Return a text that may stand in an attribute: a translation marked safe can hold a quote."""
    safe = isinstance(text, SafeString)
    return SafeString(text.replace('"', "&quot;")) if safe else text


def dialog(content: SafeString, id: str = "", title: str = "") -> str:
    """Wrap content in a modal dialog that `{% opens id %}` opens."""
    return _wrap("dialog", content, id=id, title=title)


def add_to(register: template.Library) -> None:
    """Register these tags."""
    for tag in (panel, notice, why, empty, table, dialog):
        register.simple_block_tag(tag)
