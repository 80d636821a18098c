"""Figures drawn on the server as SVG: bars from zero, a tree that adds up, burn-down, sparkline.

Every figure carries the table of its numbers, and its drawing has a title and a description.
Widths are percentages, so text keeps its size on a phone. A value of None is a hidden cell (too
few people).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .chart_lines import burn_down, sparkline
from .chart_marks import (
    LINE,
    PLOT,
    ROW,
    Figure,
    Value,
    bar,
    join,
    line,
    shown,
    svg,
    told,
)  # fmt: skip
from .wording import number

__all__ = [
    "DoesNotAddUp", "Figure", "Node", "Value", "bars", "burn_down", "columns", "draw", "shown",
    "sparkline", "steps", "tree",
]  # fmt: skip


class DoesNotAddUp(ValueError):
    """The children of a tree's node are not its sum: the figures, not the drawing, are wrong."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part of a whole. A node's children must add up to it, hidden ones aside."""

    label: str
    value: Value
    children: Sequence["Node"] = ()


def bars(
    title: str,
    items: Sequence[tuple[str, Value]],
    *,
    unit: str = "",
    label: str = "",
    about: str = "",
    tone: str = "",
    csv_url: str = "",
    scale: float = 0,
) -> Figure:
    """Draw one bar an item, from zero, with its value beside its name.

    :param scale: the value of a whole bar, for figures that stand side by side; 0: the largest
    """
    whole = scale or max((value or 0 for _label, value in items), default=0) or 1
    style = f"bar--{tone}" if tone else ""
    parts = [
        line(i * ROW, name, shown(value, unit)) + bar(0, value, whole, i * ROW + LINE, style)
        for i, (name, value) in enumerate(items)
    ]
    return Figure(
        title=title,
        about=about,
        csv_url=csv_url,
        drawing=svg(title, told(items, unit), max(1, len(items)) * ROW, join(parts)),
        head=(label or _("項目"), unit or _("數值")),
        rows=[(name, shown(value)) for name, value in items],
    )


def steps(
    title: str,
    items: Sequence[tuple[str, Value]],
    *,
    unit: str = "",
    label: str = "",
    share: str = "",
    about: str = "",
    csv_url: str = "",
) -> Figure:
    """Draw one bar a step, each part of the one before, whose length stands pale behind it.

    :param share: heads the column that says how much of the step before this one is
    """
    whole = max((value or 0 for _label, value in items), default=0) or 1
    befores: list[Value] = [None, *(value for _label, value in items)]
    parts, rows = [], []
    for i, ((name, value), before) in enumerate(zip(items, befores, strict=False)):
        of_before = "" if value is None or not before else f"{100 * value / before:.1f}%"
        words = line(i * ROW, name, shown(value, unit), share=of_before)
        behind = bar(0, before, whole, i * ROW + LINE, "bar--before")
        parts.append(words + behind + bar(0, value, whole, i * ROW + LINE, ""))
        rows.append((name, shown(value), of_before or "—"))
    return Figure(
        title=title,
        about=about,
        csv_url=csv_url,
        drawing=svg(title, told(items, unit), max(1, len(items)) * ROW, join(parts)),
        head=(label or _("項目"), unit or _("數值"), share),
        rows=rows,
    )


def columns(
    title: str,
    items: Sequence[tuple[str, Value]],
    *,
    unit: str = "",
    label: str = "",
    about: str = "",
    tone: str = "",
    csv_url: str = "",
) -> Figure:
    """Draw one column an item, in time's order, from zero; the highest and last are labelled."""
    whole = max((value or 0 for _label, value in items), default=0) or 1
    slots = max(1, len(items))
    top = max(range(len(items)), key=lambda i: items[i][1] or 0, default=0)
    every = max(1, -(-slots // 6))
    style = f"bar--{tone}" if tone else ""
    parts = [_column(i, item, whole, slots, style, i in (top, slots - 1), i % every == 0)
             for i, item in enumerate(items)]  # fmt: skip
    foot = PLOT + 24
    parts.append(format_html('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>', foot))
    return Figure(
        title=title,
        about=about,
        csv_url=csv_url,
        drawing=svg(title, told(items, unit), PLOT + 52, join(parts)),
        head=(label or _("時間"), unit or _("數值")),
        rows=[(name, shown(value)) for name, value in items],
    )


def _column(
    i: int, item: tuple[str, Value], whole: float, slots: int, style: str, told: bool, named: bool
) -> SafeString:
    name, value = item
    height = round(PLOT * (value or 0) / whole, 1)
    x, middle = 100 * (i + 0.14) / slots, 100 * (i + 0.5) / slots
    out = format_html(
        '<rect class="bar {}" x="{}%" y="{}" width="{}%" height="{}" rx="1">'
        "<title>{}</title></rect>",
        style,
        f"{x:.3f}",
        round(PLOT + 24 - height, 1),
        f"{72 / slots:.3f}",
        height,
        f"{name}: {shown(value)}",
    )
    anchor = "start" if i == 0 else "end" if i == slots - 1 else "middle"
    place = {"start": 0.0, "end": 100.0, "middle": middle}[anchor] if slots > 2 else middle
    anchor = anchor if slots > 2 else "middle"
    spot = format_html('x="{}%" text-anchor="{}"', f"{place:.2f}", anchor)
    if told and value is not None:
        out += format_html('<text class="strong" y="{}" {}>{}</text>',
                           round(PLOT + 16 - height, 1), spot, number(value))  # fmt: skip
    if named:
        out += format_html('<text class="soft" y="{}" {}>{}</text>', PLOT + 44, spot, name)
    return out


def tree(
    title: str, root: Node, *, unit: str = "", label: str = "", about: str = "", csv_url: str = ""
) -> Figure:
    """Draw a whole and its parts: each part's bar stands under its share of the whole.

    :raises DoesNotAddUp: when shown children do not sum to their parent
    """
    lines = list(_walk(root, 0, 0.0))
    whole = float(root.value or 0) or 1.0
    parts = []
    for i, (node, level, start) in enumerate(lines):
        share = "" if node.value is None or level == 0 else f"{100 * node.value / whole:.1f}%"
        words = line(i * ROW, node.label, shown(node.value, unit), share=share, level=level)
        style = f"cell--{min(level + 1, 3)}"
        parts.append(words + bar(start, node.value, whole, i * ROW + LINE, style))
    rows = [("\N{IDEOGRAPHIC SPACE}" * level + node.label, shown(node.value))
            for node, level, _start in lines]  # fmt: skip
    parts_told = [(child.label, child.value) for child in root.children]
    return Figure(
        title=title,
        about=about,
        csv_url=csv_url,
        drawing=svg(title, told(parts_told, unit), len(lines) * ROW, join(parts)),
        head=(label or _("項目"), unit or _("數值")),
        rows=rows,
    )


def _walk(node: Node, level: int, start: float) -> Iterator[tuple[Node, int, float]]:
    values = [child.value for child in node.children]
    if values and None not in values and node.value is not None:
        total = sum(value for value in values if value is not None)
        if total != node.value:
            raise DoesNotAddUp(f"{node.label}: the parts make {total}, not {node.value}.")
    yield node, level, start
    for child in node.children:
        yield from _walk(child, level + 1, start)
        start += float(child.value or 0)


def draw(figure: Figure) -> SafeString:
    """Draw a figure with its title, definition and table."""
    return render_to_string("cc/parts/figure.html", {"figure": figure})
