"""What a test wires to a port is unwired after it."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from citycard.identity import staff_login
from citycard.infra import ports


@pytest.fixture(scope="package", autouse=True)
def full_passwords(_light_passwords: None) -> Iterator[None]:
    """Hash as the city does."""
    light, staff_login._hasher = staff_login._hasher, PasswordHasher()
    yield
    staff_login._hasher = light


@pytest.fixture(autouse=True)
def ports_as_before() -> Iterator[None]:
    before = dict(ports._ports)
    yield
    ports._ports.clear()
    ports._ports.update(before)
