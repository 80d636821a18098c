"""The reference says what the code does: every command, option, setting, event and refusal."""

import re
from collections.abc import Callable

import pytest

from citycard.config.environment import VARIABLES
from tests.architecture.house import PACKAGE, ROOT, python_files, strings_in
from tools import reference

CLIENTS = [path for name in ("kiosk", "reader") for path in python_files(ROOT / "clients" / name)]
VARIABLE = re.compile(r"^(CITYCARD_[A-Z_]+|DATABASE_URL|MIGRATE_DATABASE_URL)$")
SET_NOT_READ = {"CITYCARD_PLACE"}  # a Django setting, worked out and not read from outside


@pytest.mark.parametrize("page", reference.PAGES)
def test_reference_pages_are_up_to_date(page: Callable[[], str]) -> None:
    path = reference.REFERENCE / f"{page.__name__}.md"
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    assert kept == reference.MADE + page(), "run: python -m tools.reference"


def test_every_variable_that_the_code_reads_is_documented() -> None:
    known = {variable.name for variable in VARIABLES} | SET_NOT_READ
    read = {
        (text, path.name)
        for path in python_files(PACKAGE)
        for _, text in strings_in(path)
        if VARIABLE.match(text)
    }
    assert not {it for it in read if it[0] not in known}


def test_no_variable_is_documented_that_nobody_reads() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in [*python_files(PACKAGE), *CLIENTS]
        if path.name != "environment.py"
    )
    assert not [variable.name for variable in VARIABLES if variable.name not in code]
