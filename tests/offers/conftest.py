"""The park town, its pack active in a database of its own."""

from collections.abc import Iterator

import pytest

from tests.harness.cities import City
from tests.harness.databases import Clone
from tests.harness.packs import packs_in
from tests.harness.parkside import CODE, parkside
from tests.portals import seeding


@pytest.fixture(scope="module")
def town(fresh_database: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A town with three parks and a museum."""
    with packs_in(parkside(tmp_path_factory.mktemp("packs")), CODE):
        seeding.activate()
        yield City(code=CODE, database=fresh_database)
