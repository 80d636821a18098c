"""Figures made of lines: a budget's burn-down, a sparkline."""

from collections.abc import Sequence
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .chart_marks import Figure, shown, svg
from .wording import date_short


def burn_down(
    title: str,
    left: Sequence[tuple[date, int]],
    *,
    budget: int,
    ends_on: date,
    unit: str = "",
    about: str = "",
    csv_url: str = "",
    runs_out_on: date | None = None,
) -> Figure:
    """Draw what is left of a budget, day by day, beside an even pace to its last day.

    :param runs_out_on: the day that a forecast names; its line goes there, or as far as it is seen
    """
    first = left[0][0] if left else ends_on
    span = max(1, (ends_on - first).days)
    points = [(100 * (day - first).days / span, 100 - 100 * value / max(1, budget))
              for day, value in left]  # fmt: skip
    path = "M" + " L".join(f"{x:.2f} {y:.2f}" for x, y in points) if points else "M0 0"
    x, y = points[-1] if points else (0.0, 0.0)
    now = left[-1][1] if left else budget
    above = y < x or y > 85  # beside the even pace's line, never on it
    body = format_html(
        '<text class="soft" x="0" y="14">{budget}</text>'
        '<line class="grid" x1="0" x2="100%" y1="24" y2="24"/>'
        '<line class="axis" x1="0" x2="100%" y1="204" y2="204"/>'
        '<svg x="0" y="24" width="100%" height="180" viewBox="0 0 100 100"'
        ' preserveAspectRatio="none" overflow="visible">'
        '<path class="line line--plan" d="M0 0 L100 100" vector-effect="non-scaling-stroke"/>'
        '<path class="line" d="{path}" vector-effect="non-scaling-stroke"/>{ahead}</svg>'
        '<circle class="dot" cx="{x}%" cy="{cy}" r="5"/>'
        '<text class="strong" x="{x}%" y="{ty}" dx="{dx}" text-anchor="{anchor}">{now}</text>'
        '<text class="soft" x="0" y="226">{start}</text>'
        '<text class="soft" x="100%" y="226" text-anchor="end">{end}</text>',
        budget=shown(budget, unit),
        path=path,
        ahead=_ahead(x, y, 100 * (runs_out_on - first).days / span if runs_out_on else None),
        x=f"{x:.2f}",
        cy=f"{24 + 1.8 * y:.1f}",
        ty=f"{24 + 1.8 * y + (-12 if above else 24):.1f}",
        dx=12 if x < 30 else -8,
        anchor="start" if x < 30 else "end",
        now=shown(now, unit),
        start=date_short(first),
        end=date_short(ends_on),
    )
    told = _("預算 {budget}，目前剩 {now}").format(budget=shown(budget, unit), now=shown(now, unit))
    return Figure(
        title=title,
        about=about,
        csv_url=csv_url,
        drawing=svg(title, told, 236, body),
        head=(_("日期"), unit or _("剩餘")),
        rows=[(date_short(day), shown(value)) for day, value in left],
        note=_("虛線是平均使用到期末的速度。"),
    )


def _ahead(x: float, y: float, ends_at: float | None) -> SafeString:
    """Draw on from a point to where the line meets the ground, or to the edge before that."""
    if ends_at is None or ends_at <= x:
        return SafeString("")
    to_x = min(100.0, ends_at)
    to_y = y + (100 - y) * (to_x - x) / (ends_at - x)
    return format_html(
        '<path class="line line--ahead" d="M{} L{}" vector-effect="non-scaling-stroke"/>',
        f"{x:.2f} {y:.2f}",
        f"{to_x:.2f} {to_y:.2f}",
    )


def sparkline(values: Sequence[int | float], label: str) -> SafeString:
    """Draw a small line without axes; the label says in words what it shows."""
    low, high = min(values, default=0), max(values, default=0)
    step = 92 / max(1, len(values) - 1)
    spread = (high - low) or 1
    points = [(2 + i * step, 25 - 22 * (v - low) / spread) for i, v in enumerate(values)]
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points) if points else "M0 14"
    x, y = points[-1] if points else (0, 14)
    return format_html(
        '<svg class="cc-spark" viewBox="0 0 96 28" role="img" aria-label="{}">'
        '<path class="line" d="{}"/>'
        '<circle class="dot" cx="{}" cy="{}" r="2.5"/></svg>',
        label,
        path,
        f"{x:.1f}",
        f"{y:.1f}",
    )
