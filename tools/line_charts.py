"""Lines over a distance as one SVG that stands alone: axes, stepped lines, a name at each line's
end. Lines differ by dash as well as by colour."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 190, 56, 52
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
LABEL_ROOM = 32  # two rows of words at a line's end
STYLES = (
    ("#1f5fa8", ""),
    ("#b3541e", "8 4"),
    ("#1f7a4d", "2 3"),
    ("#7a3b8f", "10 3 2 3"),
    ("#4a4a4a", "5 2"),
    ("#8a6d00", "1 2"),
)
FONT = "'Noto Sans TC','Noto Sans CJK TC','PingFang TC','Microsoft JhengHei',sans-serif"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line: its name in two languages, and (size, NT$) from left to right."""

    name: tuple[str, str]
    points: Sequence[tuple[float, int]]


def drawn(title: tuple[str, str], curves: Sequence[Curve], unit: str) -> str:
    """Return the whole SVG."""
    far = max(x for curve in curves for x, _ in curve.points)
    top = max(5, *(y for curve in curves for _, y in curve.points))
    step = _nice(top / 6)
    most = -(-top // step) * step
    body = [*_head(title, curves), *_grid(far, most, step, unit)]
    ends = _spread([_y(curve.points[-1][1], most) for curve in curves])
    for place, curve in enumerate(curves):
        body += _line(curve, STYLES[place % len(STYLES)], ends[place], far, most)
    return "\n".join([*body, "</svg>"]) + "\n"


def _head(title: tuple[str, str], curves: Sequence[Curve]) -> list[str]:
    names = "、".join(curve.name[0] for curve in curves)
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d" font-family="{FONT}" font-size="13" fill="#1b1f24">',
        f'<title id="t">{escape(title[0])} · {escape(title[1])}</title>',
        f'<desc id="d">{escape(names)}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="16" font-weight="600">{escape(title[0])}'
        f'<tspan dx="10" font-size="13" font-weight="400" fill="#555b63">{escape(title[1])}'
        "</tspan></text>",
    ]


def _grid(far: float, most: float, step: float, unit: str) -> Iterator[str]:
    right, ground = LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT
    value = 0.0
    while value <= most:
        y, stroke = _y(value, most), "#8a9099" if value == 0 else "#e3e5e8"
        yield f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{stroke}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        value += step
    along = _nice(far / 8)
    value = 0.0
    while value <= far:
        x = _x(value, far)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{ground}" y2="{ground + 5}" stroke="#8a9099"/>'
        yield f'<text x="{x:.1f}" y="{ground + 20}" text-anchor="middle">{value:g}</text>'
        value += along
    yield f'<text x="{LEFT - 8}" y="{TOP - 10}" text-anchor="end" fill="#555b63">NT$</text>'
    yield (
        f'<text x="{LEFT + PLOT_WIDTH / 2:.0f}" y="{ground + 40}" text-anchor="middle" '
        f'fill="#555b63">{escape(unit)}</text>'
    )


def _line(
    curve: Curve, style: tuple[str, str], end: float, far: float, most: float
) -> Iterator[str]:
    colour, dash = style
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    yield (
        f'<path d="{_path(curve.points, far, most)}" fill="none" stroke="{colour}" '
        f'stroke-width="2.2" stroke-linejoin="round"{dashed}/>'
    )
    x, y = _x(curve.points[-1][0], far), _y(curve.points[-1][1], most)
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
    yield (
        f'<path d="M{x + 5:.1f} {y:.1f}L{x + 14:.1f} {end:.1f}" stroke="{colour}" '
        'stroke-width="1" fill="none"/>'
    )
    yield (
        f'<text x="{x + 18:.1f}" y="{end:.1f}" fill="{colour}" font-weight="600">'
        f"{escape(curve.name[0])} {curve.points[-1][1]}</text>"
    )
    yield (
        f'<text x="{x + 18:.1f}" y="{end + 14:.1f}" fill="{colour}" font-size="11">'
        f"{escape(curve.name[1])}</text>"
    )


def _path(points: Sequence[tuple[float, int]], far: float, most: float) -> str:
    """Return a stepped path: level until the amount changes, then straight up or down."""
    x, level = points[0]
    parts = [f"M{_x(x, far):.1f} {_y(level, most):.1f}"]
    for x, amount in points[1:]:
        if amount != level:
            parts.append(f"H{_x(x, far):.1f}V{_y(amount, most):.1f}")
            level = amount
    return "".join([*parts, f"H{_x(x, far):.1f}"])


def _spread(wanted: Sequence[float]) -> list[float]:
    """Move words at lines' ends apart, as little as their order needs, and keep them inside."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    placed, last = [0.0] * len(wanted), float(TOP - LABEL_ROOM)
    for place in order:
        last = placed[place] = max(wanted[place], last + LABEL_ROOM)
    lowest = float(TOP + PLOT_HEIGHT)
    for place in reversed(order):
        placed[place] = min(placed[place], lowest)
        lowest = placed[place] - LABEL_ROOM
    return placed


def _nice(size: float) -> float:
    """Return a round step near a size: 1, 2 or 5 times a power of ten."""
    power = 1.0
    while power * 10 <= size:
        power *= 10
    return next((power * each for each in (1, 2, 5) if power * each >= size), power * 10)


def _x(value: float, far: float) -> float:
    return LEFT + PLOT_WIDTH * value / far


def _y(value: float, most: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - value / most)
