"""Files of people who took part: what can't be read is refused with a word on what to do."""

import pytest

from citycard.portals.agency import earning_files
from tests.harness import spreadsheets


@pytest.mark.parametrize("name", spreadsheets.BROKEN)
def test_a_broken_spreadsheet_is_refused(name: str) -> None:
    with pytest.raises(earning_files.FileNotReadable):
        earning_files.read_file(spreadsheets.BROKEN[name], name="people.xlsx")
