"""The agent's journal goes to the city: once a session has ended, and every day whole."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import pytest

from citycard_kiosk import uploading
from citycard_kiosk.city import Silent
from citycard_kiosk.journal import Journal


class City:
    """Keeps what it is sent; silent when told so."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.silent = False

    def journal(self, lines: Any) -> None:
        if self.silent:
            raise Silent
        self.lines += lines


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db")


def redeemed(journal: Journal, outcome: str = "settled", *, written: bool = True) -> uuid.UUID:
    key = journal.begin(number="1", points=50, ntd=50, purse=100, counter=7)
    if written:
        journal.note_written(key, purse=150, counter=8)
    journal.close(key, outcome)
    return key


def test_what_has_ended_is_sent_once(journal: Journal) -> None:
    city = City()
    redeemed(journal)
    journal.begin(number="2", points=50, ntd=50, purse=100, counter=7)
    assert uploading.upload(journal, city) == 1  # type: ignore[arg-type]  # a city is what it is sent
    assert uploading.upload(journal, city) == 0  # type: ignore[arg-type]  # as above
    (line,) = city.lines
    assert (line["seq"], line["counter"], line["purse_after"], line["wrote"]) == (1, 8, 150, True)


def test_a_silent_city_hears_it_later(journal: Journal) -> None:
    city = City()
    redeemed(journal)
    city.silent = True
    with pytest.raises(Silent):
        uploading.upload(journal, city)  # type: ignore[arg-type]  # as above
    city.silent = False
    assert uploading.upload(journal, city) == 1  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("outcome", "written", "wrote"),
    [
        ("settled", True, True),
        ("settled", False, True),  # the card told at another kiosk
        ("released", False, False),
        ("never reserved", False, False),
        ("disputed", False, None),
        ("disputed", True, True),  # whatever the city thinks, the card took it here
    ],
)
def test_a_line_says_whether_the_card_was_written(
    journal: Journal, outcome: str, written: bool, wrote: bool | None
) -> None:
    key = redeemed(journal, outcome, written=written)
    assert uploading.wrote(journal.line(key)) is wrote


def test_a_day_is_sent_whole_once_it_is_over(journal: Journal) -> None:
    city = City()
    for _ in range(205):
        redeemed(journal)
    uploading.upload(journal, city)  # type: ignore[arg-type]  # as above
    today = dt.datetime.now(dt.UTC).date()
    assert uploading.upload_day(journal, city, today) == 0  # type: ignore[arg-type]  # as above
    tomorrow = today + dt.timedelta(days=1)
    assert uploading.upload_day(journal, city, tomorrow) == 205  # type: ignore[arg-type]  # as above
    assert uploading.upload_day(journal, city, tomorrow) == 0  # type: ignore[arg-type]  # as above
    assert [line["seq"] for line in city.lines[205:]] == list(range(1, 206))
