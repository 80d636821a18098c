"""Draw docs/explanation/a-life.md, eighty years of a family: `python -m tools.a_life` (`--check`
only compares). The rights stand in a-life.yaml beside it; a test lives them and compares."""

import datetime as dt
import os
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import django
from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "explanation"
CITIES = ("taipei", "taoyuan", "taichung")
MADE = "<!-- Made by `python -m tools.a_life` from a-life.yaml, which a test lives through. -->\n\n"
FIRST, LAST = 2015, 2097
WIDTH, LEFT, RIGHT, ROW, HEAD = 1000, 250, 20, 22, 74
FONT = "'Noto Sans TC','Noto Sans CJK TC','PingFang TC','Microsoft JhengHei',sans-serif"
COLOURS = {
    "grandmother": "#8a4b08",
    "child": "#1f5fa8",
    "spouse": "#1f7a4d",
    "son": "#7a3b8f",
}
Row = tuple[str, str, dt.date, dt.date | None]


def main() -> int:
    """Write the page and pictures, or with --check return 1 and name what is out of date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")
    django.setup()
    old = stale()
    if "--check" in sys.argv:
        if old:
            sys.stderr.write(f"Out of date: {', '.join(old)}. Run: python -m tools.a_life\n")
        return 1 if old else 0
    for name, text in files():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def stale() -> list[str]:
    """Return the files that are not as they would be written."""
    kept = {name: FOLDER / name for name, _ in files()}
    return [
        name
        for name, text in files()
        if not kept[name].is_file() or kept[name].read_text("utf-8") != text
    ]


def expected(city: str) -> list[Row]:
    """Return a city's rights: who, right, first day, first day without it (None: none)."""
    with (FOLDER / "a-life.yaml").open(encoding="utf-8") as file:
        told = YAML(typ="safe").load(file)[city]
    return [_row(line) for line in told]


def district_of(city: str) -> str:
    """Return the district in which the family lives."""
    from citycard.infra.packs import find_pack

    return str(next(iter(find_pack(city).table("districts"))))


def files() -> Iterator[tuple[str, str]]:
    """Yield every file's name and content."""
    yield "a-life.md", MADE + _page()
    for city in CITIES:
        yield f"a-life-{city}.svg", _picture(city)


def _row(line: str) -> Row:
    who, right, start, end = line.split()
    return who, right, dt.date.fromisoformat(start), _day(end)


def _day(text: str) -> dt.date | None:
    return None if text == "-" else dt.date.fromisoformat(text)


def _family(city: str) -> Any:
    from citycard.simulation.family import family

    return family(city=city, district=district_of(city))


def _page() -> str:
    from citycard.infra.packs import find_pack

    parts = [
        "# Eighty years of one family 從出生到老\n",
        "One member from birth to death: at each threshold the next service is offered and the old "
        "one ends, on the exact day, without a manual step. The family below is invented; "
        "`tests/lives/test_a_life.py` lives it through each city's own faces with a moved clock: "
        "registers tell what happened, jobs run as time passes, what may be had is offered and "
        "applied for, registers answer, an agency decides, a card is printed and handed over.\n",
        "A child of 29 February reaches an age on 1 March in a common year (Civil Code, art. 121 "
        "and 124; the pack says so). The day of death is the last one.\n",
        "## What happens\n",
        "| # | Day | Who | What | |\n|--:|---|---|---|---|",
    ]
    for number, one in enumerate(_family(CITIES[0]).happenings, 1):
        name = _family(CITIES[0]).people[one.who].name
        until = f" – {one.until}" if one.until else ""
        parts.append(f"| {number} | {one.on}{until} | {name} | {one.what[0]} | {one.what[1]} |")
    for city in CITIES:
        pack = find_pack(city)
        parts.append(f"\n## {pack.name.zh} {pack.name.en}\n")
        parts.append(f"![{pack.name.zh}：一家人八十年的權益](a-life-{city}.svg)\n")
        parts.append("<details><summary>In days</summary>\n")
        parts.append("| Who | Right | From | Until (not included) |\n|---|---|---|---|")
        for who, right, start, end in expected(city):
            name = _family(city).people[who].name
            called = pack.text("entitlements", right, "name")
            parts.append(f"| {name} | {called.zh} {called.en} | {start} | {end or '—'} |")
        parts.append("\n</details>")
    return "\n".join(parts) + "\n"


def _picture(city: str) -> str:
    from citycard.infra.packs import find_pack

    pack, family = find_pack(city), _family(city)
    body: list[str] = []
    y = HEAD
    for who, person in family.people.items():
        rows = [row for row in expected(city) if row[0] == who]
        codes = list(dict.fromkeys(row[1] for row in sorted(rows, key=lambda row: row[2])))
        body += _person(person, family, who, y, len(codes))
        y += ROW + 12
        for code in codes:
            called = pack.text("entitlements", code, "name")
            spans = [(start, end) for _, right, start, end in rows if right == code]
            body += _right(called.zh, spans, COLOURS[who], y)
            y += ROW
        y += 14
    title = f"{pack.name.zh}：一家人八十年的權益"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 10}" role="img" '
        f'aria-labelledby="t d" font-family="{FONT}" font-size="13" fill="#1b1f24">',
        f'<title id="t">{escape(title)} · Eighty years of one family, {pack.name.en}</title>',
        '<desc id="d">Each bar is a right from its first day to its last; numbered marks are what '
        "happened, listed on the page.</desc>",
        f'<rect width="{WIDTH}" height="{y + 10}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="18" font-weight="700">{escape(title)}</text>',
        *_years(y),
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"


def _years(bottom: int) -> Iterator[str]:
    for year in range(2020, LAST, 10):
        x = _x(dt.date(year, 1, 1))
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{HEAD - 14}" y2="{bottom}" stroke="#e3e5e8"/>'
        yield f'<text x="{x:.1f}" y="{HEAD - 20}" text-anchor="middle" fill="#555b63">{year}</text>'


def _person(person: Any, family: Any, who: str, y: int, rights: int) -> Iterator[str]:
    end = family.end_of(who)
    begins = max(person.birth_on, dt.date(FIRST, 1, 1))
    x, far = _x(begins), _x(end or dt.date(LAST, 1, 1))
    yield (
        f'<text x="16" y="{y + 15}" font-weight="700" fill="{COLOURS[who]}">{escape(person.name)}'
        f'<tspan dx="6" font-weight="400" fill="#555b63">{person.birth_on}</tspan></text>'
    )
    yield (
        f'<line x1="{x:.1f}" x2="{far:.1f}" y1="{y + 11}" y2="{y + 11}" stroke="{COLOURS[who]}" '
        'stroke-width="2"/>'
    )
    placed = 0.0
    for number, one in enumerate(family.happenings, 1):
        if one.who != who:
            continue
        at = _x(one.on)
        mark = max(at, placed + 19)  # two of one year stand side by side
        placed = mark
        yield (
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y + 11}" y2="{y + 30 + rights * ROW}" '
            'stroke="#8a9099" stroke-dasharray="2 3"/>'
        )
        yield (
            f'<circle cx="{mark:.1f}" cy="{y + 11}" r="9" fill="#ffffff" stroke="{COLOURS[who]}" '
            'stroke-width="1.5"/>'
        )
        yield (
            f'<text x="{mark:.1f}" y="{y + 15}" font-size="11" text-anchor="middle">{number}</text>'
        )


def _right(
    name: str, spans: Sequence[tuple[dt.date, dt.date | None]], colour: str, y: int
) -> Iterator[str]:
    yield (
        f'<text x="{LEFT - 14}" y="{y + 14}" text-anchor="end" font-size="12">{escape(name)}</text>'
    )
    for start, end in spans:
        x, far = _x(start), _x(end or dt.date(LAST, 1, 1))
        said = f"{name} {start} – {end or ''}"
        yield (
            f'<rect x="{x:.1f}" y="{y + 4}" width="{max(2.0, far - x):.1f}" height="{ROW - 8}" '
            f'rx="3" fill="{colour}" fill-opacity="0.78"><title>{escape(said)}</title></rect>'
        )


def _x(day: dt.date) -> float:
    whole = dt.date(LAST, 1, 1).toordinal() - dt.date(FIRST, 1, 1).toordinal()
    along = (day.toordinal() - dt.date(FIRST, 1, 1).toordinal()) / whole
    return LEFT + along * (WIDTH - LEFT - RIGHT)


if __name__ == "__main__":
    raise SystemExit(main())
