"""Which adapter answers: without its address a system is missing, and said to be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from citycard.config import environment
from citycard.config import ports as introducing
from citycard.infra import ports

ADDRESSES = (
    "CITYCARD_PRINTER_QUEUE",
    "CITYCARD_CARD_COMPANY_URL",
    "CITYCARD_LOADING_FILES",
    "CITYCARD_ACCOUNT_PARTNER_URL",
)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = dict(ports._ports)
    yield
    ports._ports.clear()
    ports._ports.update(before)


def introduced(tmp_path: Path) -> set[str]:
    ports._ports.clear()
    introducing._provide_issuing(tmp_path)
    introducing._provide_redeeming()
    return {type(port.adapter).__name__ for port in ports._ports.values()}


def test_a_system_without_an_address_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ADDRESSES:
        monkeypatch.delenv(name, raising=False)
    missing = {"NoCardPrinter", "NoCardCompany", "NoLoadingRecords", "NoAccountPartner"}
    assert introduced(tmp_path) == missing
    assert {port.state for port in ports.health()} == {"down"}


def test_a_system_with_an_address_is_asked_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ADDRESSES:
        monkeypatch.setenv(name, str(tmp_path) if "FILES" in name else "https://company.test")
    asked = {"CupsCardPrinter", "HttpCardCompany", "DroppedLoadingFiles", "HttpAccountPartner"}
    assert introduced(tmp_path) == asked


def test_no_variable_stands_twice_in_the_table() -> None:
    names = [it.name for it in environment.VARIABLES]
    assert len(names) == len(set(names))


def test_words_are_no_value() -> None:
    """What is said of a variable that isn't set must not be taken for an address."""
    both = [it.name for it in environment.VARIABLES if it.said and it.default]
    assert both == []
    assert [it.name for it in environment.VARIABLES if " " in it.default] == []
