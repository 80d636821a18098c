"""What a city's pack would be with some of its tables changed: a proposal that is tried, not used.

A proposal is a table's part, laid over the city's own like a pack over its parent: what it does not
name stays as it is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path as FilePath

from citycard.infra.packs.directories import schemas_for
from citycard.infra.packs.laying import lay_over
from citycard.infra.packs.mistakes import PackError, Problem, nearest_word
from citycard.infra.packs.pack import FILES, Pack
from citycard.infra.packs.reading import read_source
from citycard.infra.packs.shapes import has_shape, problems_of_shape

PROPOSABLE = frozenset({"entitlements", "fares", "points"})
"""The tables that say who may have what, what a ride costs and what an allowance is spent on."""

_instead: ContextVar[Pack | None] = ContextVar("pack_instead", default=None)


def proposed(*, city: Pack, changes: Mapping[str, str]) -> Pack:
    """Return a city's pack with changes laid over it; nothing is stored or activated.

    :param changes: YAML by the table's name, such as ``{"entitlements": "senior-rides: …"}``
    :raises PackError: with every mistake, by table and line
    """
    problems: list[Problem] = []
    sources = dict(city.sources)
    for table, text in changes.items():
        if table not in PROPOSABLE:
            message = f"“{table}” can't be proposed; {', '.join(sorted(PROPOSABLE))} can"
            nearest = nearest_word(table, PROPOSABLE)
            problems.append(Problem(file=table, line=1, message=message, nearest=nearest))
            continue
        try:
            own = read_source(text, f"proposal/{FILES[table]}")
        except PackError as error:
            problems += error.problems
            continue
        sources[table] = tuple(lay_over(own, each) for each in city.sources[table]) or (own,)
    schemas = schemas_for(city.directory)
    for table in changes.keys() & sources.keys():
        for source in sources[table] if has_shape(schemas, table) else ():
            problems += problems_of_shape(source, table, schemas)
    if problems:
        raise PackError(problems)
    return Pack(city.directory, sources, city.parents)


def read_proposal(directory: FilePath) -> dict[str, str]:
    """Return the changes that lie in a directory as files of a pack: ``fares.yaml`` and the like.

    :raises PackError: there are none
    """
    names = {FILES[table]: table for table in PROPOSABLE}
    found = {
        table: (directory / file).read_text("utf-8")
        for file, table in sorted(names.items())
        if (directory / file).is_file()
    }
    if not found:
        message = f"there is nothing proposed here; a proposal has {', '.join(sorted(names))}"
        raise PackError([Problem(file=directory.name, line=1, message=message)])
    return found


@contextmanager
def instead_of_the_citys(pack: Pack) -> Iterator[None]:
    """Let everything in this context that asks for the city's pack be given another: a proposal
    that is tried. Nothing may be written meanwhile."""
    token = _instead.set(pack)
    try:
        yield
    finally:
        _instead.reset(token)


def given_instead() -> Pack | None:
    """Return the pack that stands in for the city's own here, if one does."""
    return _instead.get()
