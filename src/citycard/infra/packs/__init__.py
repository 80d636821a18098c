"""City packs: reads a directory of YAML, checks it and hands out its tables. Pure: needs no
database and no settings.

Write ``from citycard.infra.packs import current_pack`` and then
``current_pack().table("agencies")``. The shapes of the tables are described in
``citypacks/README.md`` and fixed by ``citypacks/_schema``.
"""

from citycard.infra.packs.finding import current_pack, find_pack, pack_codes
from citycard.infra.packs.mistakes import PackError, Problem
from citycard.infra.packs.pack import Pack, Residents
from citycard.infra.packs.proposing import instead_of_the_citys, proposed, read_proposal
from citycard.infra.packs.texts import Text

__all__ = [
    "Pack",
    "PackError",
    "Problem",
    "Residents",
    "Text",
    "current_pack",
    "find_pack",
    "instead_of_the_citys",
    "pack_codes",
    "proposed",
    "read_proposal",
]
