"""The same figures as a file: what is hidden on the page is hidden here."""

import csv
import io
from collections.abc import Callable, Iterable

from citycard.insight.figures import Figures
from citycard.insight.tree import Node

HIDDEN = "*"
"""Stands where a figure is kept back; the file says so in its last line."""

NameOf = Callable[[str, str], str]
"""Gives the name of a code: (``service`` | ``agency`` | ``place`` | ``category``, code)."""


def figures_csv(*, figures: Figures, name_of: NameOf) -> str:
    """Write a service's month as CSV: totals, places, days and how regularly people came."""
    lines: list[list[object]] = [["table", "code", "name", "uses", "people"]]
    service = name_of("service", figures.service)
    lines.append(["total", figures.service, service, figures.uses, figures.people])
    lines += [
        ["place", place.place, name_of("place", place.place), place.uses, place.people]
        for place in figures.places
    ]
    lines += [["day", day.day.isoformat(), "", day.uses, day.people] for day in figures.days]
    lines += [
        ["days of use", f"{band.least_days}-{band.most_days}", "", "", band.people]
        for band in figures.bands
    ]
    lines.append(["refused taps", figures.service, service, figures.refusals, ""])
    return _written(lines, figures.least)


def tree_csv(*, top: Node, least: int, name_of: NameOf) -> str:
    """Write the city's tree as CSV, one line a cell, each under its parent."""
    lines: list[list[object]] = [["level", "code", "name", "uses"]]
    lines += [
        [
            node.kind,
            node.code,
            node.names.get("zh-Hant") or name_of(node.kind, node.own_code),
            node.uses,
        ]
        for node in _walk(top)
    ]
    return _written(lines, least)


def _walk(node: Node) -> Iterable[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _written(lines: Iterable[Iterable[object]], least: int) -> str:
    """Write lines with a byte-order mark, without which spreadsheets misread Chinese."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    for line in lines:
        writer.writerow([HIDDEN if cell is None else cell for cell in line])
    writer.writerow(
        [f"{HIDDEN}: hidden, fewer than {least} people or needed to protect such a cell"]
    )
    return out.getvalue()
