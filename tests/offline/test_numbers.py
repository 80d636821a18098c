"""A reader that is cut off makes of what it read the very number that the city keeps."""

import pytest

from citycard.taps import api as taps
from citycard_reader.numbers import candidates

KINDS = ("printed", "chip_id", "uid", "uid_reversed", "uid_either", "virtual", "libraryNo")
READ = (
    "1234 5678-9012 3452",
    "11651733",
    "0011651733",
    "00011651733",
    "123 4567",
    "04:a2:b5:fe:1f:6f:80",
    "0x04A2B5FE",
    "4276803326",
    "99999999999999999",
    "04a2b5",
    "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
    "lib-0042 x",
    " A\u20121 ",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", READ)
def test_a_reader_and_the_city_read_a_number_alike(kind: str, read: str) -> None:
    assert candidates(kind, read) == list(taps.candidates(number_kind=kind, number=read))
