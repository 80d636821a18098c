"""Putting restored data in the place of the present: a rename each way, whatever is killed when."""

import datetime as dt
import shutil
from pathlib import Path

from citycard.infra.postgres.place import Place
from citycard.infra.postgres.shelf import Done, Shelf, sync_directory, write_durably

_NOTE = "citycard.restored"


def replace_data(place: Place, restored: Path, *, done: Done) -> Path | None:
    """Put restored data where the city's data lies; returns where the old was put aside.

    A crash in between leaves the old data in place, or lets the next start finish. What was done
    lies in the data itself until it stands on the shelf: the next restore must know which line of
    the log the city lives on.
    """
    write_durably(restored / _NOTE, done.line())
    waiting = _waiting(place)
    if waiting.exists():
        shutil.rmtree(waiting)  # of a restore that ended before it began to replace
    restored.rename(waiting)
    sync_directory(place.directory)
    aside = None
    if place.data.exists():
        aside = place.directory / f"data.before-{done.at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
        place.data.rename(aside)
    finish_replacing(place)
    return aside


def finish_replacing(place: Place) -> None:
    """Put waiting data in its place where there is none: also after a crash between two renames."""
    waiting = _waiting(place)
    if waiting.exists() and not place.data.exists():
        waiting.rename(place.data)
        sync_directory(place.directory)


def note_replaced(place: Place, shelf: Shelf) -> None:
    """Put what was restored last on the shelf's list, once."""
    note = place.data / _NOTE
    if not note.is_file():
        return
    done = Done.read(note.read_text(encoding="utf-8"))
    if done not in shelf.restores():
        shelf.note_restore(done)
    note.unlink()


def _waiting(place: Place) -> Path:
    return place.directory / "data.restored"
