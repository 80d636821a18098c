"""Cities for tests: a pack that inherits everything from another and says a few things anew."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from citycard.infra.packs import find_pack
from citycard.infra.packs.pack import FILES, POPULATION


def lay_a_pack_over(root: Path, code: str, parent: str, tables: Mapping[str, Any]) -> Path:
    """Write a pack that inherits all of its parent and lays `tables` over it; return `root`.

    A table in several files (`forms`, `messages`) is named by its file: `forms/one`.
    """
    own, inherited = root / code, find_pack(parent)
    (own / POPULATION).parent.mkdir(parents=True)
    shutil.copy(inherited.file(POPULATION), own / POPULATION)
    about = dict(tables.get("pack", {}))
    there = [name for name in FILES if inherited.sources[name]]
    about = {"code": code, **about, "inherits": dict.fromkeys(there, parent)}
    for name, content in {**tables, "pack": about}.items():
        table, _, inner = name.partition("/")
        path = own / (f"{FILES[table]}/{inner}.yaml" if inner else FILES[table])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(content, file)
    return root


@contextmanager
def packs_in(root: Path, code: str) -> Iterator[None]:
    """Run as the city `code` whose pack lies in `root`."""
    before = {name: os.environ.get(name) for name in ("CITYCARD_PACKS", "CITYCARD_CITY")}
    os.environ.update(CITYCARD_PACKS=str(root), CITYCARD_CITY=code)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
