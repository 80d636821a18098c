"""How codes are written and read: forms, times, tampering."""

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra import crypto
from citycard.wallet import base45, codes
from citycard.wallet.signing import keys

NOW = dt.datetime(2026, 11, 21, 0, 30, 10, tzinfo=dt.UTC)
TOKEN = "001234567890"
PSEUDONYM = b"8 bytes!"


def square(made_at: dt.datetime = NOW) -> str:
    return codes.write_square(PSEUDONYM, nonce=b"abc", made_at=made_at, keys=keys())


def line(made_at: dt.datetime = NOW) -> str:
    return codes.write_line(TOKEN, made_at=made_at, keys=keys())


def read(code: str, at: dt.datetime = NOW, now: dt.datetime | None = None) -> codes.Reading | None:
    return codes.read(code, at=at, now=now or at, keys=keys())


@given(st.binary(max_size=120))
def test_base45_comes_back(content: bytes) -> None:
    assert base45.decode(base45.encode(content)) == content


@pytest.mark.parametrize(
    ("content", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"ietf!", "QED8WEX0")]
)
def test_base45_is_that_of_the_standard(content: bytes, text: str) -> None:
    assert base45.encode(content) == text  # the examples of RFC 9285, 4.3 and 4.4


@pytest.mark.parametrize("text", ["GGW", "ZZZ", "A", "abc", "::", "ß45"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    with pytest.raises(base45.NotBase45):
        base45.decode(text)


def test_a_square_fits_a_small_qr_code_and_is_checked_with_the_public_key_alone() -> None:
    said = square()
    assert len(said) == 132
    content = base45.decode(said.removeprefix("CC1:"))
    public = Ed25519PublicKey.from_public_bytes(crypto.keyring().public_key)
    public.verify(content[-64:], b"citycard wallet code 1|" + content[:-64])


def test_a_square_holds_for_a_minute() -> None:
    for seconds, good in ((0, True), (59, True), (60, False), (-30, True), (-31, False)):
        found = read(square(), at=NOW + dt.timedelta(seconds=seconds))
        assert found is not None
        assert (found.judged_at is not None) is good, seconds


def test_a_scanner_whose_clock_is_wrong_is_judged_by_the_citys() -> None:
    found = read(square(), at=NOW - dt.timedelta(minutes=5), now=NOW)
    assert found is not None
    assert found.judged_at == NOW


def test_a_scanner_that_sends_hours_later_is_judged_by_its_own_clock() -> None:
    for code in (square(), line()):
        found = read(code, at=NOW, now=NOW + dt.timedelta(hours=9))
        assert found is not None
        assert found.judged_at == NOW


@given(st.integers(4, 131), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"))
def test_a_square_that_somebody_changed_is_none(place: int, letter: str) -> None:
    said = square()
    changed = said[:place] + letter + said[place + 1 :]
    assert changed == said or read(changed) is None


def test_a_bar_code_has_twenty_digits_and_finds_mistyped_and_swapped_ones() -> None:
    said = line()
    assert len(said) == 20
    assert said.isdigit()
    assert said.startswith(TOKEN)
    assert int(said) % 97 == 1
    for i in range(20):
        assert read(said[:i] + str((int(said[i]) + 1) % 10) + said[i + 1 :]) is None
        swapped = said[:i] + said[i + 1 : i + 2] + said[i] + said[i + 2 :]
        assert swapped == said or read(swapped) is None


def test_a_bar_code_ends_when_its_screen_said() -> None:
    until = codes.line_holds_until(NOW)
    assert dt.timedelta(seconds=30) < until - NOW <= dt.timedelta(seconds=60)
    last, after = read(line(), at=until - dt.timedelta(seconds=1)), read(line(), at=until)
    assert last is not None
    assert last.judged_at
    assert after is not None
    assert after.judged_at is None


def test_a_wrong_time_code_is_no_code() -> None:
    wrong = f"{TOKEN}{(int(line()[12:18]) + 1) % 10**6:06d}"
    assert read(wrong + f"{98 - int(wrong) * 100 % 97:02d}") is None


@pytest.mark.parametrize(
    "text",
    ["", "CC1:", "CC1:ABC", "1234", "１２３４５６７８９０１２３４５６７８９０", "CC2:" + "A" * 128],
)
def test_anything_else_is_no_code(text: str) -> None:
    assert read(text) is None


def test_two_half_minutes_share_no_time_code_that_one_could_tell_from_the_other() -> None:
    said = {line(NOW + dt.timedelta(seconds=30 * n))[12:18] for n in range(200)}
    assert len(said) > 195
