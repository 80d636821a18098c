"""Write docs/reference/fares from the packs: `python -m tools.fare_charts` (`--check` only
compares). A page a city: its fares over the distance as pictures and tables, priced by the same
engine that prices rides, and the rules with their sources."""

import dataclasses
import datetime as dt
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import django
import numpy as np

from tools.line_charts import Curve, drawn

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference" / "fares"
MADE = "<!-- Made by `python -m tools.fare_charts`; edit the pack that it is made from. -->\n\n"
METRES = 20
POINTS = 2_000  # more than any ride takes
ROWS = 10


def main() -> int:
    """Write the pages and pictures, or with --check return 1 and name what is out of date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")
    django.setup()
    wanted = dict(files())
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.*")}
    stale = sorted({*wanted.items()} ^ {*kept.items()})
    names = sorted({name for name, _ in stale})
    if "--check" in sys.argv:
        if names:
            told = ", ".join(names)
            sys.stderr.write(f"Out of date: {told}. Run: python -m tools.fare_charts\n")
        return 1 if names else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in kept.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def files() -> Iterator[tuple[str, str]]:
    """Yield every file's name and content."""
    from citycard.infra.packs import find_pack, pack_codes

    cities = []
    for code in pack_codes():
        pack = find_pack(code)
        if not pack.table("fares"):
            continue
        cities.append(f"* [{pack.name.zh} {pack.name.en}]({code}.md)\n")
        yield f"{code}.md", MADE + _page(pack)
        yield from _pictures(pack)
    about = "# Fares\n\nWhat a ride costs in each city, over its distance, and by which rules.\n\n"
    yield "README.md", MADE + about + "".join(cities)


def _pictures(pack: Any) -> Iterator[tuple[str, str]]:
    for number, chart in enumerate(pack.table("fares").get("charts", ()), start=1):
        curves = [
            Curve(name=_both(line["name"]), points=_points(pack, chart, line))
            for line in chart["lines"]
        ]
        unit = "公里 km" if "up_to_km" in chart else "票價 fare, NT$"
        yield f"{pack.code}-{number}.svg", drawn(_both(chart["title"]), curves, unit)


def _page(pack: Any) -> str:
    table = pack.table("fares")
    parts = [f"# {pack.name.zh} {pack.name.en}: fares\n\nSource: {table['source']}\n"]
    for number, chart in enumerate(table.get("charts", ()), start=1):
        zh, en = _both(chart["title"])
        parts.append(f"\n## {zh} {en}\n\n{chart['on']}\n\n![{zh} {en}]({pack.code}-{number}.svg)\n")
        parts.append(_amounts(pack, chart))
    parts.append("\n## 票價 Tariffs\n\n")
    parts.append(_rules(table["tariffs"], list(table["tariffs"])))
    parts.append("\n## 優惠 Concessions, in their order\n\n")
    parts.append(_rules(table["concessions"], table["order"]["value"], table))
    return "".join(parts)


def _amounts(pack: Any, chart: Mapping[str, Any]) -> str:
    """Write the numbers behind a picture."""
    lines = chart["lines"]
    found = [dict(_points(pack, chart, line)) for line in lines]
    head = " | ".join(f"{zh} {en}" for zh, en in (_both(line["name"]) for line in lines))
    unit, most = ("km", "up_to_km") if "up_to_km" in chart else ("NT$", "up_to_ntd")
    text = f"\n| {unit} | {head} |\n|--:|{'--:|' * len(lines)}\n"
    step = max(1, round(chart[most] / ROWS))
    for size in range(step, chart[most] + 1, step):
        text += f"| {size} | {' | '.join(str(amounts[float(size)]) for amounts in found)} |\n"
    return text


def _points(
    pack: Any, chart: Mapping[str, Any], line: Mapping[str, Any]
) -> list[tuple[float, int]]:
    """Price a ride of every length, or one of every fare."""
    from citycard.fares import api as fares

    book = fares.book(pack=pack)
    place = next(i for i, each in enumerate(book.lines) if each.group == line["class"])
    day = (chart["on"] - dt.date(1970, 1, 1)).days
    if "up_to_km" in chart:
        sizes, unit, measure = (
            np.arange(0, chart["up_to_km"] * 1000 + 1, METRES)[1:],
            1000,
            "metres",
        )
    else:
        sizes, unit, measure = np.arange(1, chart["up_to_ntd"] + 1), 1, "told_ntd"
    stop = book.stop(line=place, code=line["stop"]) if "stop" in line else fares.NONE
    marks = book.bits(*line["marks"])
    one = fares.Ride(day=day, line=place, marks=marks, origin=stop, points_open=POINTS)
    alike = fares.RideColumns.of([one]).take(np.zeros(len(sizes), np.int64))
    changed: dict[str, Any] = {"person": np.arange(len(sizes)), measure: sizes}
    priced = fares.price(book=book, rides=dataclasses.replace(alike, **changed))
    assert priced.priced.all(), f"{pack.code}: a ride of {line['class']} has no fare"
    amounts = priced.owed_ntd if "up_to_km" in chart else priced.stored_ntd
    pairs = zip(sizes.tolist(), amounts.tolist(), strict=True)
    return [(size / unit, amount) for size, amount in pairs]


def _rules(
    rules: Mapping[str, Any], order: Sequence[str], table: Mapping[str, Any] | None = None
) -> str:
    head = ("name", "from", "what", "source") if table is None else (
        "name", "for", "paid by", "from", "what", "source")  # fmt: skip
    text = f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    for code in order:
        rule = rules[code]
        name = " ".join(_both(rule["name"]))
        about = [] if table is None else [_who(rule, table), _fund(rule, table)]
        for row in rule["rows"]:
            source = row.get("source", rule["source"])
            cells = [name, *about, _days(row), _what(row), source]
            text += f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"
    return text


def _who(rule: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    who = "、".join(table["marks"][mark]["name"]["zh-Hant"] for mark in rule.get("who", ()))
    others = "、".join(table["marks"][mark]["name"]["zh-Hant"] for mark in rule.get("unless", ()))
    return f"{who or '所有人'}{f'（{others}除外）' if others else ''}"


def _fund(rule: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    return str(table["funds"][rule["fund"]]["name"]["zh-Hant"]) if "fund" in rule else "–"


def _days(row: Mapping[str, Any]) -> str:
    return f"{row['from']}–{row['until']}" if "until" in row else f"{row['from']}"


def _what(row: Mapping[str, Any]) -> str:
    """Write a row's figures as the pack has them."""
    left_out = {"from", "until", "source", "note"}
    return ", ".join(
        f"`{key}: {_plain(value)}`" for key, value in row.items() if key not in left_out
    )


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_plain(each) for each in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _both(text: Mapping[str, str]) -> tuple[str, str]:
    return text["zh-Hant"], text["en"]


if __name__ == "__main__":
    sys.exit(main())
