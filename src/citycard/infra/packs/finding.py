"""Finds a city's pack: in the directories of CITYCARD_PACKS first, then among those that come with
CityCard."""

import os
from functools import lru_cache
from pathlib import Path as FilePath

from citycard.infra.packs.directories import pack_directories
from citycard.infra.packs.mistakes import PackError, Problem, nearest_word
from citycard.infra.packs.pack import Pack, load
from citycard.infra.packs.proposing import given_instead


def pack_codes() -> tuple[str, ...]:
    """Return the codes of all packs that can be found; ``_…`` is a parent, no city of its own."""
    found = {path.parent.name for each in pack_directories() for path in each.glob("*/pack.yaml")}
    return tuple(sorted(name for name in found if not name.startswith("_")))


def find_pack(code: str) -> Pack:
    """Read the pack of a city; it is read once a process.

    :raises PackError: when there is none of that name, or when it has mistakes.
    """
    return _find(code, os.environ.get("CITYCARD_PACKS", ""))


@lru_cache(maxsize=64)
def _find(code: str, searched: str) -> Pack:
    """Search for a pack; remembered, since every decision asks for its city's."""
    for directory in pack_directories():
        if not code.startswith("_") and (directory / code / "pack.yaml").is_file():
            return _load(directory / code)
    known = pack_codes()
    message = f"there is no city pack “{code}”; there are {', '.join(known) or 'none'}"
    problem = Problem(file=code, line=1, message=message, nearest=nearest_word(code, known))
    raise PackError([problem])


def current_code() -> str:
    """Return the code of the city that this instance runs: ``CITYCARD_CITY``, or the first by
    name."""
    return os.environ.get("CITYCARD_CITY") or _first(os.environ.get("CITYCARD_PACKS", ""))


@lru_cache(maxsize=64)
def _first(searched: str) -> str:
    """Return the first city by name; remembered, since every decision asks for it."""
    return next(iter(pack_codes()), "")


def current_pack() -> Pack:
    """Return the pack of the city that this instance runs.

    :raises PackError: when it can't be used.
    """
    return given_instead() or find_pack(current_code())


@lru_cache(maxsize=16)
def _load(directory: FilePath) -> Pack:
    return load(directory)
