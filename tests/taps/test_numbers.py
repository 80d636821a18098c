"""What readers read off cards, and the city's one form of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.kernel.taiwan.card_numbers import canonical, turned, uid_of
from citycard.taps.numbers import NUMBER_KINDS, candidates

UIDS = st.sampled_from((4, 7)).flatmap(lambda size: st.binary(min_size=size, max_size=size))
TEXTS = st.text(alphabet="0123456789abcdefABCDEF -:xXV/測試", max_size=40)


@pytest.mark.parametrize(
    ("kind", "read", "meant"),
    [
        ("printed", "1234 5678 9012 3452", [("printed", "1234567890123452")]),
        ("printed", "1234-5678-9012-3452", [("printed", "1234567890123452")]),
        ("printed", "2015 0901 017", [("printed", "20150901017")]),
        ("printed", "0000000000000017", [("printed", "0000000000000017")]),
        # an old card's chip number is printed with eight digits, and read with ten or twenty
        ("chip_id", "11651733", [("chip_id", "0011651733")]),
        ("chip_id", "0011651733", [("chip_id", "0011651733")]),
        ("chip_id", "00000000000011651733", [("chip_id", "0011651733")]),
        ("chip_id", "12345678901234567890", [("chip_id", "12345678901234567890")]),
        ("chip_id", "1", [("chip_id", "1")]),
        ("virtual", "v012 3456-789abcde", [("virtual", "V0123456789ABCDE")]),
        ("virtual_code", "cc1.aB-c d", [("virtual_code", "cc1.aB-c d")]),
        ("uid", "04:a2:24:5a:b1:6f:80", [("uid", "04A2245AB16F80")]),
        ("uid", "0x00B1CA55", [("uid", "00B1CA55")]),
        # 8H10D: the same four bytes as a decimal number of ten digits
        ("uid", "0011651669", [("uid", "00B1CA55")]),
        ("uid", "611651733", [("uid", "24751095")]),
        ("uid", "11651669", [("uid", "11651669")]),
        ("uid", "01304802443095936", [("uid", "04A2B5FE1F6F80")]),
        ("uid_reversed", "55CAB100", [("uid", "00B1CA55")]),
        ("uid_reversed", "1439346944", [("uid", "00B1CA55")]),
        ("uid_either", "00B1CA55", [("uid", "00B1CA55"), ("uid", "55CAB100")]),
        ("uid_either", "AB1212AB", [("uid", "AB1212AB")]),
        # four bytes hold no such number, and nothing is cut off to make it fit
        ("uid", "9999999999", [("uid", "9999999999")]),
        ("uid_either", "nothing", [("uid", "NOTHING")]),
        ("house_key", "ab 12", [("house_key", "ab 12")]),
    ],
)
def test_what_a_number_can_mean(kind: str, read: str, meant: list[tuple[str, str]]) -> None:
    assert candidates(number_kind=kind, number=read) == tuple(meant)


@given(st.sampled_from(NUMBER_KINDS), TEXTS)
def test_one_or_two_and_the_city_keeps_each_in_this_very_form(kind: str, read: str) -> None:
    found = candidates(number_kind=kind, number=read)
    assert 1 <= len(found) <= 2
    assert len(set(found)) == len(found)
    for known_kind, number in found:
        if known_kind != "virtual_code":
            assert canonical(known_kind, number) == number


@given(UIDS)
def test_one_chip_is_found_however_its_reader_writes_it(uid: bytes) -> None:
    kept = canonical("uid", uid.hex())
    backwards = uid[::-1]
    for read in _writings(uid):
        assert candidates(number_kind="uid", number=read) == (("uid", kept),)
        assert ("uid", kept) in candidates(number_kind="uid_either", number=read)
    for read in _writings(backwards):
        assert candidates(number_kind="uid_reversed", number=read) == (("uid", kept),)
        assert ("uid", kept) in candidates(number_kind="uid_either", number=read)


@given(UIDS)
def test_the_other_order_of_the_bytes_is_another_card_unless_they_mirror(uid: bytes) -> None:
    found = candidates(number_kind="uid_either", number=uid.hex())
    assert (len(found) == 1) == (uid == uid[::-1])
    assert {number for _, number in found} == {uid.hex().upper(), turned(uid.hex().upper())}


@given(st.integers(min_value=0, max_value=10**20 - 1), st.integers(min_value=0, max_value=20))
def test_a_chip_number_is_one_number_with_or_without_leading_zeros(value: int, width: int) -> None:
    read = str(value).zfill(max(8, width))
    assert candidates(number_kind="chip_id", number=read) == (("chip_id", str(value).zfill(10)),)


@given(st.binary(min_size=0, max_size=12))
def test_only_whole_uids_are_uids(some: bytes) -> None:
    assert (uid_of(some.hex()) == some.hex().upper()) == (len(some) in (4, 7, 10)) or (
        some.hex().isdigit()
    )


def _writings(uid: bytes) -> list[str]:
    digits = 10 if len(uid) == 4 else 17
    number = str(int.from_bytes(uid)).zfill(digits)
    return [uid.hex(), uid.hex(" ").upper(), uid.hex("-"), "0x" + uid.hex(), number]
