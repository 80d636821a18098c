"""How far a backup, a restore or a drill is: a bar a step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import TaskID

from citycard.config.command.saying import progress

MEGABYTE = 1_000_000
STEPS = {
    "copy": ("Copying, MB", MEGABYTE),
    "check": ("Checking, MB", MEGABYTE),
    "unpack": ("Unpacking, MB", MEGABYTE),
    "replay": ("Replaying, segments at most", 1),
    "measure": ("Asking the city and its copy", 1),
}


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each step that is told of."""
    tasks: dict[str, TaskID] = {}
    with progress() as shown:

        def tell(what: str, done: int, total: int) -> None:
            title, unit = STEPS[what]
            if what not in tasks:
                tasks[what] = shown.add_task(title, total=None)
            shown.update(tasks[what], completed=done // unit, total=max(1, total // unit))

        yield tell
