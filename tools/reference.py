"""Write docs/reference from the code: `python -m tools.reference` (`--check` only compares)."""

import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import django
import typer

from tools.conditions import conditions

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
MADE = "<!-- Made by `python -m tools.reference`; edit the code it is made from. -->\n\n"
HAS_A_CODE = re.compile(r'^    code(: ClassVar\[str\])? = "', re.MULTILINE)


def main() -> int:
    """Write the pages, or with --check return 1 and name those that are out of date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citycard.config.settings")
    django.setup()
    stale = []
    for page in PAGES:
        path = REFERENCE / f"{page.__name__}.md"
        text = MADE + page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        sys.stderr.write(f"Out of date: {', '.join(stale)}. Run: python -m tools.reference\n")
        return 1
    return 0


def commands() -> str:
    """Describe every subcommand with its arguments and options."""
    from citycard.config import command

    root = typer.main.get_command(command.app)
    parts = ["# The `citycard` command\n", f"{_doc(command)}\n"]
    parts += [_command(path, one) for path, one in subcommands(root)]
    return "\n".join(parts)


def subcommands(root: Any, path: str = "citycard") -> Iterator[tuple[str, Any]]:
    """Yield (`citycard up`, its command) for every subcommand."""
    for name, one in root.commands.items():
        if hasattr(one, "commands"):
            yield from subcommands(one, f"{path} {name}")
        else:
            yield f"{path} {name}", one


def settings() -> str:
    """Describe every environment variable."""
    from citycard.config.environment import VARIABLES

    head = "# Settings\n\nEverything is set by environment variables.\n\n"
    rows = [
        f"| `{it.name}` | {it.said or it.default or 'nothing'} | {it.meaning} |\n"
        for it in VARIABLES
    ]
    return head + "| variable | without it | what it does |\n|---|---|---|\n" + "".join(rows)


def events() -> str:
    """List every event, what it carries and who follows it."""
    from citycard.flows.subscriptions import SUBSCRIPTIONS

    head = "# Events\n\nWhat contexts announce: ids, codes and dates, never personal data.\n\n"
    head += "| code | what happened | carries | who follows |\n|---|---|---|---|\n"
    rows = []
    for event in all_subclasses("events", "citycard.kernel.events", "Event"):
        fields = [name for name in inspect.get_annotations(event) if name != "code"]
        carries = ", ".join(f"`{name}`" for name in fields)
        followers = ", ".join(sorted(s.name for s in SUBSCRIPTIONS if event.code in s.codes))
        rows.append(f"| `{event.code}` | {_line(event)} | {carries} | {followers or '–'} |\n")
    return head + "".join(rows)


def refusals() -> str:
    """List every expected no, by code."""
    head = "# Refusals\n\nEvery expected no has a code; doors translate it for the reader.\n\n"
    rows = [f"| `{it.code}` | {_line(it)} |\n" for it in all_refusals()]
    return head + "| code | meaning |\n|---|---|\n" + "".join(rows)


def all_refusals() -> list[Any]:
    """Return every subclass of Refused in the package, by code."""
    return all_subclasses("*", "citycard.kernel.errors", "Refused")


def all_subclasses(files: str, base_module: str, base_name: str) -> list[Any]:
    """Import every module that may hold a subclass, and return those that have a code."""
    for path in sorted((ROOT / "src" / "citycard").rglob(f"{files}.py")):
        if "migrations" not in path.parts and HAS_A_CODE.search(path.read_text(encoding="utf-8")):
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            importlib.import_module(".".join(parts).removesuffix(".__init__"))
    base = getattr(importlib.import_module(base_module), base_name)
    ours = [one for one in _below(base) if one.__module__.startswith("citycard.")]
    return sorted((one for one in ours if "code" in vars(one)), key=lambda one: one.code)


def _below(base: Any) -> Iterator[Any]:
    for one in base.__subclasses__():
        yield one
        yield from _below(one)


def _command(path: str, one: click.Command) -> str:
    text = [f"## `{path}`\n", inspect.cleandoc(one.help or ""), ""]
    for parameter in one.params:
        if parameter.name == "help":
            continue
        names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
        about = getattr(parameter, "help", "") or ""
        without = "" if parameter.default in (None, False, ()) else f" ({parameter.default})"
        text.append(f"* {names}: {about}{without}")
    return "\n".join(text) + "\n"


def _doc(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "")


def _line(thing: Any) -> str:
    return " ".join(_doc(thing).split("\n\n")[0].split()).replace("|", "\\|")


PAGES: tuple[Callable[[], str], ...] = (commands, settings, events, refusals, conditions)

if __name__ == "__main__":
    sys.exit(main())
