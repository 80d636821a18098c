"""The one transaction of a request, a job or a batch; opened at a door and required inside.

Inner functions never open their own: they call ``require_unit_of_work`` so that load, decide,
change and announce commit together or not at all. No port is called while one is open
(``infra.ports`` raises).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

_open: ContextVar[bool] = ContextVar("citycard_unit_of_work", default=False)


class Standing:
    """What of a piece of work stands, whatever becomes of the rest of it.

    :ivar anything: a unit of work has committed, or an outside system was spoken to
    """

    anything = False


_standing: ContextVar[Standing | None] = ContextVar("citycard_standing", default=None)


class UnitOfWorkMisused(RuntimeError):
    """Our own mistake: a unit of work was nested, or a writer was called without one."""


@contextmanager
def unit_of_work(*, harmless_again: bool = False) -> Iterator[None]:
    """Open the transaction that everything inside commits with.

    :param harmless_again: what asks for it may come again as it is, for what is written here does
        no harm a second time: that somebody looked, or that somebody asked
    :raises UnitOfWorkMisused: one is open already
    """
    if _open.get():
        raise UnitOfWorkMisused(
            "a unit of work is open already; inner functions require one, never open one"
        )
    token = _open.set(True)
    try:
        with transaction.atomic():
            yield
    finally:
        _open.reset(token)
    if not harmless_again:
        note_that_it_stands()


@contextmanager
def noting_what_stands() -> Iterator[Standing]:
    """Know of the work inside whether it can be begun anew: only while nothing of it stands."""
    found = Standing()
    token = _standing.set(found)
    try:
        yield found
    finally:
        _standing.reset(token)


def anything_stands() -> bool:
    """Tell whether something of the work that is noted here stands."""
    found = _standing.get()
    return found is None or found.anything


def note_that_it_stands() -> None:
    """Say that what was just done can't be taken back."""
    found = _standing.get()
    if found is not None:
        found.anything = True


class Attempt:
    """A part of a unit of work that is taken back unless somebody keeps it."""

    def __init__(self) -> None:
        self.kept = False

    def keep(self) -> None:
        """Let what was done stand."""
        self.kept = True


@contextmanager
def attempt() -> Iterator[Attempt]:
    """Try something inside the open unit of work; what was written is taken back, events and all,
    unless it is kept.

    A dry run does exactly what the real one does, and then nothing has happened.
    """
    require_unit_of_work()
    tried = Attempt()
    savepoint = transaction.savepoint()
    try:
        yield tried
    finally:
        if tried.kept:
            transaction.savepoint_commit(savepoint)
        else:
            transaction.savepoint_rollback(savepoint)


def in_unit_of_work() -> bool:
    """Tell whether a unit of work is open here."""
    return _open.get()


def require_unit_of_work() -> None:
    """Stop unless a unit of work is open.

    :raises UnitOfWorkMisused: none is
    """
    if not _open.get():
        raise UnitOfWorkMisused("this writes, so its caller must open a unit of work first")


def forbid_unit_of_work(why: str) -> None:
    """Stop when a unit of work is open.

    :param why: what must not happen inside a transaction
    :raises UnitOfWorkMisused: one is open
    """
    if _open.get():
        raise UnitOfWorkMisused(f"a unit of work is open: {why}")


def after_commit(action: Callable[[], object]) -> None:
    """Run something once the open unit of work has committed; never after a rollback."""
    require_unit_of_work()
    transaction.on_commit(action)
