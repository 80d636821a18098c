"""Tags for whole components drawn from values: navigation, lists, cards, fields, charts."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.forms.forms import BaseForm
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from . import charts
from .parts import CardFace, Entry, QueueItem, Row, as_row

Tag = Callable[..., dict[str, Any]]


def _button(label: str, kind: str, **extra: Any) -> dict[str, Any]:
    return {"label": label, "kind": kind, **extra}


def button(label: str, kind: str = "primary", **options: Any) -> dict[str, Any]:
    """Draw a button; options: icon, name, value, key, type, wide, form, disabled."""
    return _button(label, kind, type=options.pop("type", "submit"), **options)


def link_button(label: str, url: str, kind: str = "primary", **options: Any) -> dict[str, Any]:
    """Draw a link that looks like a button."""
    return _button(label, kind, url=url, **options)


def opens(dialog: str, label: str, kind: str = "secondary", **options: Any) -> dict[str, Any]:
    """Draw a button that opens a dialog."""
    return _button(label, kind, type="button", opens=dialog, **options)


def nav_item(
    context: Context, url: str, icon: str, label: str, count: int = 0, exact: bool = False
) -> dict[str, Any]:
    """Draw an item of a door's navigation."""
    request = context.get("request")
    path = request.path if request else ""
    is_root = exact or url.count("/") <= 1
    is_current = path == url if is_root else path.startswith(url)
    return {"url": url, "icon": icon, "label": label, "count": count, "is_current": is_current}


def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """Draw one form field; options: label, hint, width, kind."""
    if "label" in options:
        bound.label = options["label"]
    if "hint" in options:
        bound.help_text = options["hint"]
    return {"field": bound, "width": options.get("width", ""), "kind": options.get("kind", "")}


def fields(form: BaseForm) -> dict[str, Any]:
    """Draw every field of a form."""
    return {"form": form}


def _errors(form: BaseForm) -> Iterable[tuple[str, str]]:
    for message in form.non_field_errors():
        yield "", str(message)
    for bound in form:
        for message in bound.errors:
            # A summary stands far from the field: each line names what it speaks of.
            label = str(bound.label).rstrip("。.：:")
            yield first_input(bound), f"{label}{_('：')}{message}"


def first_input(bound: BoundField) -> str:
    """Return the id of the control that an error's link should reach."""
    first = bound.field.widget.id_for_label(bound.auto_id)
    return str(first) if first else f"{bound.auto_id}_0"  # of radios and checkboxes the first


def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """List every error of the forms, each linked to its field."""
    bound = [form for form in forms if form is not None and form.is_bound]
    return {"errors": [error for form in bound for error in _errors(form)]}


def summary_list(rows: Iterable[Row | Sequence[object]]) -> dict[str, Any]:
    """Draw a list of answers to check."""
    return {"rows": [as_row(row) for row in rows]}


def steps(names: Sequence[str], current: int) -> dict[str, Any]:
    """Show where one is in a row of steps; current counts from 1."""
    shown = [
        (n, name, "done" if n < current else "now" if n == current else "next")
        for n, name in enumerate(names, 1)
    ]
    name = names[current - 1] if 0 < current <= len(names) else ""
    return {"steps": shown, "current": current, "total": len(names), "name": name}


def tabs(items: Sequence[Sequence[Any]], label: str = "") -> dict[str, Any]:
    """Draw tabs that are links: (label, url, is_current[, count])."""
    return {"items": [tuple(item) + (None,) * (4 - len(item)) for item in items], "label": label}


def pages(context: Context, page: Page[Any], name: str = "page") -> dict[str, Any]:
    """Draw the pagination of a Django page, keeping the other query arguments."""
    request = context.get("request")
    query = request.GET.copy() if request else None

    def url(number: int) -> str:
        if query is None:
            return f"?{name}={number}"
        query[name] = str(number)
        return f"?{query.urlencode()}"

    elided = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    links = [(n, url(n) if isinstance(n, int) else "", n == page.number) for n in elided]
    return {
        "page": page,
        "links": links,
        "previous": url(page.previous_page_number()) if page.has_previous() else "",
        "next": url(page.next_page_number()) if page.has_next() else "",
    }


def timeline(entries: Iterable[Entry]) -> dict[str, Any]:
    """Show how a case went on."""
    return {"entries": list(entries)}


def stat(label: str, value: object, unit: str = "", **options: Any) -> dict[str, Any]:
    """Draw one figure; options: note, url, tone, spark (a charts figure)."""
    return {"label": label, "value": value, "unit": unit, **options}


def card_face(context: Context, card: CardFace) -> dict[str, Any]:
    """Draw the face of a card."""
    return {"card": card, "cc_theme": context.get("cc_theme"), "cc_city": context.get("cc_city")}


def queue(items: Iterable[QueueItem], label: str = "") -> dict[str, Any]:
    """Draw the list of who waits."""
    return {"items": list(items), "label": label}


def chart(figure: "charts.Figure") -> SafeString:
    """Draw a figure with the table of its numbers."""
    return charts.draw(figure)


def skeleton(lines: int = 3) -> dict[str, Any]:
    """Draw grey lines where text is still to come."""
    return {"lines": range(lines)}


BUTTONS: tuple[Tag, ...] = (button, link_button, opens)
KNOWING_THE_PAGE: tuple[Tag, ...] = (nav_item, pages, card_face)
OTHERS: tuple[Tag, ...] = (
    field, fields, error_summary, summary_list, steps, tabs, timeline, stat, queue, skeleton,
)  # fmt: skip


def add_to(register: template.Library) -> None:
    """Register these tags."""
    for tag in BUTTONS:
        register.inclusion_tag("cc/parts/button.html", name=tag.__name__)(tag)
    for tag in KNOWING_THE_PAGE:
        register.inclusion_tag(f"cc/parts/{tag.__name__}.html", takes_context=True)(tag)
    for tag in OTHERS:
        register.inclusion_tag(f"cc/parts/{tag.__name__}.html")(tag)
    register.simple_tag(chart)
