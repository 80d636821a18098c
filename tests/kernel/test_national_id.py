"""ID numbers of everybody: the vectors of the rule, and properties over all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.kernel.taiwan import national_id


@pytest.mark.parametrize(
    ("text", "kind", "sex"),
    [
        ("A123456789", "citizen", "m"),
        ("a1234 56789", "citizen", "m"),
        (
            "A800000014",
            "resident_new",
            "m",
        ),  # new resident certificate, since 2021-01-02
        ("FA12345689", "resident_old", "m"),  # old resident certificate, until 2031
    ],
)
def test_reads_numbers_as_people_type_them(text: str, kind: str, sex: str) -> None:
    found = national_id.parse(text)
    assert (found.kind, found.sex) == (kind, sex)


@pytest.mark.parametrize(
    "text", ["A123456788", "A323456789", "1234567890", "", "Ä123456789", "A12345678"]
)
def test_refuses_what_no_office_issued(text: str) -> None:
    with pytest.raises(national_id.BadIdNumber):
        national_id.parse(text)


numbers = st.tuples(
    st.sampled_from(sorted(national_id.LETTER_VALUE)),
    st.sampled_from("1289ABCD"),
    st.text("0123456789", min_size=7, max_size=7),
).map("".join)


@given(numbers)
def test_every_letter_kind_and_check_digit_is_accepted(nine: str) -> None:
    number = national_id.with_check_digit(nine)
    assert national_id.parse(number).text == number


@given(numbers, st.sampled_from([2, 6, 8, 9]), st.integers(1, 9))
def test_one_mistyped_digit_is_found(nine: str, place: int, shift: int) -> None:
    # At these places the weight shares no factor with ten; elsewhere a slip of five passes.
    number = national_id.with_check_digit(nine)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not national_id.check_digit_holds(wrong)


def test_a_passport_has_no_check_digit() -> None:
    assert national_id.parse("x1234567", passport=True).kind == "passport"
    with pytest.raises(national_id.BadIdNumber):
        national_id.parse("no", passport=True)


def test_a_number_never_shows_whole_in_a_trace() -> None:
    assert "123456789" not in repr(national_id.parse("A123456789"))
