"""Gather what a built wheel carries besides code: `python -m tools.gather`, before building it."""

import os
import sys

import django

from citycard.config import assets


def main() -> int:
    """Copy scripts and icons from node_modules, compile catalogues of texts."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")
    django.setup()
    from citycard.infra.web.icons import collect_icons
    from citycard.infra.web.texts import compile_catalogues

    sys.stderr.write(f"{assets.gather()} scripts, {collect_icons()} icons\n")
    compile_catalogues()
    return 0


if __name__ == "__main__":
    sys.exit(main())
