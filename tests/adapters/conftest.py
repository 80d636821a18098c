"""What a test wires to a port is unwired after it."""

from collections.abc import Iterator

import pytest

from citycard.infra import ports


@pytest.fixture(autouse=True)
def ports_as_before() -> Iterator[None]:
    before = dict(ports._ports)
    yield
    ports._ports.clear()
    ports._ports.update(before)
