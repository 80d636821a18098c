"""Lucide icons, drawn inline so that they take the colour of the words beside them.

The SVG files are not ours and are not committed: `collect_icons` copies those that templates and
code name from `node_modules/lucide-static` into `vendor/icons`, which the wheel carries.
"""

import re
import shutil
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "vendor" / "icons"
PROJECT = HERE.parents[3]
NODE = PROJECT / "node_modules" / "lucide-static" / "icons"

_NAME = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
_SHAPES = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_BETWEEN = re.compile(r"\s*\n\s*")


class MissingIcon(LookupError):
    """The icon set has no such icon."""


def places() -> tuple[Path, ...]:
    """Return the directories that are searched for an icon, in order."""
    return (VENDOR, NODE)


@cache
def shapes(name: str) -> SafeString:
    """Return the drawing inside an icon's <svg>.

    :raises MissingIcon: when no collected file has that name.
    """
    if not _NAME.match(name):
        raise MissingIcon(f"{name!r} is no icon name: small letters, digits and hyphens.")
    for place in places():
        path = place / f"{name}.svg"
        if path.is_file():
            found = _SHAPES.search(path.read_text("utf-8"))
            if found:
                shapes = _BETWEEN.sub("", found.group(1)).strip()
                return mark_safe(shapes)  # noqa: S308 - from the pinned package, not from a person
    raise MissingIcon(f"No icon {name!r} in {', '.join(str(p) for p in places())}; run make setup.")


def collect_icons(names: set[str] | None = None, source: Path = NODE) -> int:
    """Copy icons from the npm package beside the templates and return how many there are.

    Without `names` the whole set is copied, so that a template can name any of them.
    """
    if not source.is_dir():
        raise MissingIcon(f"{source} is missing; run npm install.")
    VENDOR.mkdir(parents=True, exist_ok=True)
    wanted = sorted(source.glob("*.svg")) if names is None else [source / f"{n}.svg" for n in names]
    for path in wanted:
        shutil.copyfile(path, VENDOR / path.name)
    licence = source.parent / "LICENSE"
    if licence.is_file():
        shutil.copyfile(licence, VENDOR / "LICENSE")
    shapes.cache_clear()
    return len(wanted)
