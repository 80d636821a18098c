"""Sealed values open only where they were sealed; a blind index meets its equal only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra import crypto


@given(st.text(), st.integers())
def test_what_is_sealed_opens_for_its_row_alone(text: str, row: int) -> None:
    blob = crypto.seal("people.member.phone", text, row=row)
    assert crypto.unseal("people.member.phone", blob, row=row) == text
    with pytest.raises(crypto.SealBroken):
        crypto.unseal("people.member.phone", blob, row=row + 1)
    with pytest.raises(crypto.SealBroken):
        crypto.unseal("people.member.email", blob, row=row)


@given(st.binary(min_size=29), st.integers(0, 200), st.integers(1, 255))
def test_an_altered_value_does_not_open(content: bytes, place: int, flip: int) -> None:
    blob = bytearray(crypto.seal("x", content, row=1))
    blob[place % len(blob)] ^= flip
    with pytest.raises(crypto.SealBroken):
        crypto.unseal_bytes("x", bytes(blob), row=1)


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    assert crypto.seal("x", "A123456789", row=1) != crypto.seal("x", "A123456789", row=1)


def test_pseudonyms_of_two_scopes_share_no_value() -> None:
    people = range(1000)
    library = {crypto.keyed_hmac("insight", "library", person) for person in people}
    buses = {crypto.keyed_hmac("insight", "bus", person) for person in people}
    assert len(library) == len(people)
    assert not library & buses
    assert crypto.blind("id", "A123456789") == crypto.blind("id", "A123456789")
    assert crypto.blind("id", "A123456789") != crypto.blind("email", "A123456789")


def test_the_city_signs() -> None:
    signature = crypto.sign(b"root")
    assert crypto.verify(b"root", signature)
    assert not crypto.verify(b"other root", signature)
