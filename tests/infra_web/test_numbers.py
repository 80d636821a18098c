"""What comes in from a browser as a number may be anything."""

import pytest

from citycard.infra.web.numbers import whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("42", 42),
        ("４２", 42),  # typed with a wide keyboard
        ("²", None),  # a digit, but no number
        ("", None),
        ("-1", None),
        ("4.2", None),
        ("9" * 19, None),  # no row has such a number, and the database would refuse it
    ],
)
def test_a_whole_number_or_none(text: str, number: int | None) -> None:
    assert whole(text) == number
