"""The few files that pages need from npm packages: `python -m citycard.config.assets`.

`npm ci` puts whole packages into an ignored folder; only what is named here is copied beside our
own static files, where `collectstatic` and a built wheel find it. An installation needs no Node.
"""

import shutil
import sys
from pathlib import Path

from citycard.infra.postgres.place import project_root

VENDOR = Path(__file__).resolve().parent / "static" / "vendor"

# file under /static/vendor/ → file under node_modules/
PICKED = {
    "uplot/uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uplot/uPlot.min.css": "uplot/dist/uPlot.min.css",
    "uplot/LICENSE": "uplot/LICENSE",
}


def gather() -> int:
    """Copy the picked files from node_modules, and return how many there are.

    :raises FileNotFoundError: npm ci has not run, or a package lacks the file
    """
    root = project_root()
    assert root is not None, "files are gathered in a clone; an installed wheel carries them"
    for served, installed in PICKED.items():
        target = VENDOR / served
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / "node_modules" / installed, target)
    return len(PICKED)


if __name__ == "__main__":
    gather()
    sys.exit(0)
