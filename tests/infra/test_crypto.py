"""Sealed values open only where they were sealed; a blind index meets its equal only."""

import base64
import json
from pathlib import Path

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


def test_prints_tell_keys_apart_and_show_none_of_them(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    for path in (one, other):
        crypto.make_keys(path, made_at="2026-01-01T00:00:00+00:00")
    marks = crypto.read_keys(one).prints()
    assert marks == crypto.read_keys(one).prints()
    assert not set(marks.values()) & set(crypto.read_keys(other).prints().values())
    written = json.loads(one.read_text())
    secrets = [written["mac"], written["sign"], *written["seal"].values()]
    shown = [base64.b64decode(secret).hex()[:16] for secret in secrets]
    assert not [it for it in shown if it in " ".join(marks.values())]
    with pytest.raises(crypto.KeysMissing):
        crypto.read_keys(tmp_path / "nothing.json")
