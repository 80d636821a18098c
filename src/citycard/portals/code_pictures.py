"""Codes as pictures (SVG): black on white whatever the theme, with the quiet zone scanners need."""

import segno
from barcode.codex import Code128
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_QUIET = 10
"""White modules on both sides of a bar code (ISO/IEC 15417)."""
_TALL = 44


def square(text: str, *, label: str) -> SafeString:
    """Return a QR code; ``label`` is what a screen reader says."""
    drawn = segno.make(text, micro=False, error="m", boost_error=False)
    picture = drawn.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="cc-code__square", title=label
    )
    return mark_safe(picture.replace("<svg ", '<svg role="img" ', 1))  # noqa: S308 - segno's own


def line(digits: str, *, label: str) -> SafeString:
    """Return a bar code (Code 128, pairs of digits)."""
    modules = Code128(digits).build()[0]
    wide = len(modules) + 2 * _QUIET
    return format_html(
        '<svg role="img" class="cc-code__line" viewBox="0 0 {} {}" preserveAspectRatio="none"'
        ' shape-rendering="crispEdges"><title>{}</title><path fill="#fff" d="M0 0h{}v{}H0z"/>'
        '<path d="{}"/></svg>',
        wide, _TALL, label, wide, _TALL, _bars(modules),
    )  # fmt: skip


def _bars(modules: str) -> str:
    path, x = [], _QUIET
    for bar in modules.replace("01", "0 1").replace("10", "1 0").split():
        if bar[0] == "1":
            path.append(f"M{x} 0h{len(bar)}v{_TALL}h-{len(bar)}z")
        x += len(bar)
    return "".join(path)
