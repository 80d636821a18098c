"""Refuse to serve a real city with what is only for demos: debug mode, personas, default keys."""

import os
import stat
from pathlib import Path
from typing import Any

SHORTEST_SECRET = 32


class UnsafeInstance(Exception):
    """An instance that is no demo is set up like one; the message lists what to change."""


def dangers(settings: Any) -> list[str]:
    """Return what forbids this instance to serve, a sentence each; nothing for a demo."""
    if settings.CITYCARD_DEMO:
        return []
    found = []
    if settings.DEBUG:
        found.append("CITYCARD_DEBUG is on: debug pages show residents' data to anybody.")
    if settings.CITYCARD_PERSONAS:
        found.append("CITYCARD_PERSONAS is on: anybody could sign in as a clerk.")
    if settings.SECRET_KEY == settings.NO_SECRET_KEY or len(settings.SECRET_KEY) < SHORTEST_SECRET:
        found.append("CITYCARD_SECRET_KEY is missing, a default or shorter than 32 characters.")
    if "*" in settings.ALLOWED_HOSTS:
        found.append("CITYCARD_HOSTS holds `*`: name the hosts that the doors answer to.")
    if "*" in settings.CITYCARD_TRUSTED_PROXIES:
        found.append("CITYCARD_TRUSTED_PROXIES holds `*`: anybody could say who they are.")
    return found + _dangers_of_keys(Path(os.environ["CITYCARD_KEYS"]), demo_marker(settings))


def refuse_if_unsafe(settings: Any) -> None:
    """Stop an instance that would serve a real city with a demo's settings.

    :raises UnsafeInstance: with every reason at once
    """
    found = dangers(settings)
    if found:
        raise UnsafeInstance(
            "This instance is no demo (CITYCARD_DEMO is off) and will not start:\n"
            + "\n".join(f"- {reason}" for reason in found)
        )


def demo_marker(settings: Any) -> Path:
    """Return the file that marks a city's state as a demo's: its keys and people are invented."""
    marker: Path = settings.CITYCARD_PLACE.directory / "demo"
    return marker


def _dangers_of_keys(keys: Path, marker: Path) -> list[str]:
    if marker.exists():
        return [f"{marker.parent} is a demo's state: its keys and residents are a demo's."]
    if not keys.is_file():
        return [f"there are no keys at {keys} (CITYCARD_KEYS)."]
    if stat.S_IMODE(keys.stat().st_mode) & 0o077:
        return [f"{keys} can be read by others: chmod 600."]
    return []
