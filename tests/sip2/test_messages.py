"""The bytes of SIP2: frames, checksums, the patron's field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.portals.sip2 import messages
from citycard.portals.sip2.framing import Framer, LineTooLong

ASKED = b"6300120261121    083000Y         AOTPL|AA1234567890123452|AC|AD|"


def signed(text: bytes, sequence: bytes = b"1") -> bytes:
    text += b"AY" + sequence + b"AZ"
    return text + messages.checksum(text)


def test_the_standard_s_own_example() -> None:
    assert messages.checksum(b"990 402.00AY1AZ") == b"FCB4"
    assert not messages.has_wrong_checksum(b"990 402.00AY1AZFCB4\r")
    assert messages.has_wrong_checksum(b"990 402.00AY1AZFCB5\r")
    assert not messages.has_wrong_checksum(b"990 402.00\r")


@given(
    st.lists(st.binary(max_size=40).map(lambda it: it.replace(b"\r", b"").replace(b"\n", b""))),
    st.data(),
)
def test_packets_may_be_cut_anywhere(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\r\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    framer, found = Framer(1000), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += framer.feed(stream[start:end])
    assert b"".join(found) == stream
    assert found == [part for line in lines for part in (line + b"\r", b"\n")]
    assert not framer.is_amid


def test_a_line_has_an_end() -> None:
    framer = Framer(10)
    with pytest.raises(LineTooLong):
        framer.feed(b"x" * 11)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (ASKED, [b"1234567890123452"]),
        (b"2300120060101    084237AOTPL|AAT1|AC|", [b"T1"]),
        (b"11YN20260101    08423720260101    084237AOTPL|AAT2|ABB1|", [b"T2"]),
        (b"37202601010842370104USDAOTPL|AAT3|BV20|", [b"T3"]),  # a shortened date
        (b"3720260101    0842370104TWDAAT4|BV20|", [b"T4"]),
        (b"24              00120260101    084237AAT5|AEAA|", [b"T5"]),
        (b"09N20260101    08423720260101    084237AP|AOTPL|ABAA1|AC|", []),
        (b"2300120060101    084237AOTPL|AAone|AAtwo|", [b"one", b"two"]),
        (b"", []),
        (b"63", []),
    ],
)
def test_the_patron_is_found_by_the_tag(message: bytes, shown: list[bytes]) -> None:
    fields = messages.patron_fields(message + b"\r")
    assert [messages.value_of(message, field) for field in fields] == shown


@given(
    st.text("ABCDEFGHIJ0123456789王𠮷", max_size=30),
    st.text("0123456789T", min_size=1, max_size=30),
    st.text(max_size=20).map(lambda it: "".join(c for c in it if c not in "|\r\n")),
)
def test_only_the_number_and_the_sum_change(shown: str, sent: str, name: str) -> None:
    def of(number: str) -> bytes:
        return f"64{'':14}01920261121    083000{'0' * 24}AOTPL|AA{number}|AE{name}|".encode()

    [field] = messages.patron_fields(of(shown))
    assert messages.with_value(of(shown) + b"\r", field, sent.encode()) == of(sent) + b"\r"
    changed = messages.with_value(signed(of(shown)) + b"\r", field, sent.encode())
    assert changed == signed(of(sent)) + b"\r"
    wrong = signed(of(shown))[:-4] + b"%04X" % (int(signed(of(shown))[-4:], 16) ^ 1)
    assert messages.with_value(wrong, field, sent.encode()) != signed(of(sent))


def test_a_client_that_sums_characters_is_understood() -> None:
    text = "2300120260101    084237AO市立圖書館|AA1|AC|AY3AZ"
    by_character = f"{-sum(map(ord, text)) & 0xFFFF:X}"
    assert not messages.has_wrong_checksum(f"{text}{by_character}\r".encode())
    assert not messages.has_wrong_checksum(signed(text[:-5].encode(), b"3") + b"\r")
