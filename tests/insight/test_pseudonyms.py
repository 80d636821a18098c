"""Pseudonyms are NIST's FF1: a permutation, another in each service."""

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from citycard.insight.pseudonyms import ff1, pseudonyms

KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")


def plain_ff1(key, digits, radix, tweak=b""):
    """SP 800-38G, algorithm 7, step by step."""

    def prf(data):
        cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
        return cipher.update(data)[-16:]

    def number(part):
        found = 0
        for digit in part:
            found = found * radix + digit
        return found

    def digits_of(value, length):
        return [value // radix**n % radix for n in reversed(range(length))]

    n, t = len(digits), len(tweak)
    u, v = n // 2, n - n // 2
    a, b = digits[:u], digits[u:]
    width = ((radix**v - 1).bit_length() + 7) // 8
    most = 4 * -(-width // 4) + 4
    head = (
        bytes([1, 2, 1]) + radix.to_bytes(3) + bytes([10, u % 256]) + n.to_bytes(4) + t.to_bytes(4)
    )
    for i in range(10):
        q = tweak + bytes((-t - width - 1) % 16) + bytes([i]) + number(b).to_bytes(width)
        y = int.from_bytes(prf(head + q)[:most])  # no more than a block is needed here
        m = u if i % 2 == 0 else v
        a, b = b, digits_of((number(a) + y) % radix**m, m)
    return a + b


@pytest.mark.parametrize(
    ("digits", "radix", "tweak", "sealed"),
    [
        ("0123456789", 10, "", "2433477484"),
        ("0123456789", 10, "39383736353433323130", "6124200773"),
        ("0123456789abcdefghi", 36, "3737373770717273373737", "a9tv40mll9kdu509eum"),
    ],
)
def test_the_plain_form_gives_nists_samples(digits, radix, tweak, sealed):
    numbers = [int(it, 36) for it in digits]
    found = plain_ff1(KEY, numbers, radix, bytes.fromhex(tweak))
    assert found == [int(it, 36) for it in sealed]


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20))
def test_the_form_by_columns_is_the_plain_one(numbers):
    plain = [plain_ff1(KEY, [int(bit) for bit in f"{number:032b}"], 2) for number in numbers]
    found = ff1(KEY, np.array(numbers, dtype=np.int64))
    assert found.tolist() == [int("".join(map(str, bits)), 2) for bits in plain]


def test_nobody_shares_a_pseudonym_and_services_share_none_by_more_than_chance():
    members = np.arange(100_000)
    one, other = pseudonyms("bus-ride", members), pseudonyms("library-loan", members)
    assert len(np.unique(one)) == len(np.unique(other)) == len(members)
    assert (one == other).sum() < 3


def test_an_id_that_does_not_fit_is_refused():
    with pytest.raises(OverflowError):
        pseudonyms("bus-ride", np.array([2**32]))
