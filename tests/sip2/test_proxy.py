"""Terminals before the proxy, a library behind it: what passes, and what is answered here."""

import itertools
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycard.flows.scanning import Scanned
from citycard.portals.sip2 import messages
from citycard.portals.sip2.library import FIRST_REST_S
from tests.sip2.desk import KnownPatrons, Loop, ScriptedLibrary, Terminal, proxied
from tests.sip2.test_messages import signed

CARD, OWN = b"1234567890123452", b"T10000019"
BLOCKED = b"1111111111111111"
DATE = b"20261121    083000"
_ANSWERS = {
    b"23": b"24              019" + DATE,
    b"63": b"64              019" + DATE + b"0" * 24,
    b"11": b"121NNY" + DATE,
    b"35": b"36Y" + DATE,
    b"93": b"941",
    b"99": b"98YYYYYN005003" + DATE + b"2.00",
}


def status(number: bytes, sequence: bytes = b"1") -> bytes:
    return signed(b"23019" + DATE + b"AOTPL|AA" + number + b"|AC|AD|", sequence) + b"\r"


def loan(number: bytes, item: bytes = b"B1") -> bytes:
    return signed(b"11YN" + DATE + DATE + b"AOTPL|AA" + number + b"|AB" + item + b"|") + b"\r"


def echoing(line: bytes) -> bytes:
    """Answer with the patron's number as it came, and a name."""
    fields = messages.patron_fields(line)
    number = b"AA" + messages.value_of(line, fields[0]) + b"|" if fields else b""
    said = _ANSWERS.get(line[:2], b"97") + b"AOTPL|" + number + "AE王𠮷祥|".encode()
    sequence = messages.sequence_of(line)
    return (signed(said, sequence) if sequence else said) + b"\r"


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    found = Loop()
    yield found
    found.end()


def patrons() -> KnownPatrons:
    return KnownPatrons(
        {
            CARD.decode(): Scanned("converted", OWN.decode()),
            BLOCKED.decode(): Scanned("refused", why="blocked"),
        }
    )


def test_the_library_hears_its_own_number_and_the_terminal_its_card_s(loop: Loop) -> None:
    library = ScriptedLibrary(echoing)
    with proxied(library, patrons(), loop=loop) as port:
        terminal = Terminal(port)
        answer = terminal.ask(status(CARD, b"7"))
        terminal.close()
    assert library.heard == status(OWN, b"7")
    assert answer == echoing(status(CARD, b"7")[:-1])
    assert not messages.has_wrong_checksum(answer)
    assert "AE王𠮷祥|".encode() in answer


def test_a_card_that_is_refused_never_reaches_the_library(loop: Loop) -> None:
    library = ScriptedLibrary(echoing)
    with proxied(library, patrons(), loop=loop) as port:
        terminal = Terminal(port)
        answers = {
            code: terminal.ask(signed(code + head + b"AOTPL|AA" + BLOCKED + b"|ABB1|") + b"\r")
            for code, head in {
                b"23": b"001" + DATE,
                b"63": b"019" + DATE + b"Y" + b" " * 9,
                b"11": b"YN" + DATE + DATE,
                b"29": b"NN" + DATE + DATE,
                b"15": b"+" + DATE,
                b"25": DATE,
                b"37": DATE + b"0100TWD",
                b"65": DATE,
                b"01": b"N" + DATE,
                b"35": DATE,
            }.items()
        }
        terminal.close()
    assert library.heard == b""
    assert not any(messages.has_wrong_checksum(answer) for answer in answers.values())
    heads = {code: answer[:3] for code, answer in answers.items()}
    assert heads == {
        b"23": b"24Y", b"63": b"64Y", b"11": b"120", b"29": b"300", b"15": b"160",
        b"25": b"26Y", b"37": b"38N", b"65": b"660", b"01": b"24Y", b"35": b"36Y",
    }  # fmt: skip
    for code in (b"23", b"63", b"25", b"01"):
        assert b"|BLN|" in answers[code]
        assert b"AA" + BLOCKED + b"|" in answers[code]
    assert b"AFThis card is out of use" in answers[b"23"]  # the terminal asked in English
    assert "AF這張卡已停用".encode() in answers[b"63"]
    assert len(answers[b"23"].partition(b"AO")[0]) == 2 + 35
    assert len(answers[b"63"].partition(b"AO")[0]) == 2 + 59
    assert len(answers[b"11"].partition(b"AO")[0]) == 2 + 22
    assert len(answers[b"65"].partition(b"AO")[0]) == 2 + 27


def test_a_wrong_checksum_is_asked_for_again(loop: Loop) -> None:
    library = ScriptedLibrary(echoing)
    damaged = status(CARD).replace(b"AOTPL", b"AOTPM")
    with proxied(library, patrons(), loop=loop) as port:
        terminal = Terminal(port)
        assert terminal.ask(damaged) == b"96AZFEF6\r"
        assert library.heard == b""
        assert terminal.ask(status(CARD))[:2] == b"24"
        terminal.close()


def test_line_feeds_and_several_messages_in_a_packet(loop: Loop) -> None:
    library = ScriptedLibrary(lambda line: echoing(line) + b"\n")
    asked = [status(CARD, b"%d" % n) for n in range(5)]
    with proxied(library, patrons(), loop=loop) as port:
        terminal = Terminal(port)
        terminal.send(b"\n".join(asked) + b"\n")
        answers = [terminal.answer().lstrip(b"\n") for _ in asked]
        terminal.close()
    assert answers == [echoing(one[:-1]) for one in asked]
    assert library.heard.replace(b"\n", b"") == b"".join(status(OWN, b"%d" % n) for n in range(5))


def test_two_terminals_at_once_do_not_mix(loop: Loop) -> None:
    library = ScriptedLibrary(echoing)
    numbers = {b"%016d" % n: b"T%08d" % n for n in range(40)}
    known = KnownPatrons(
        {card.decode(): Scanned("converted", own.decode()) for card, own in numbers.items()}
    )
    with proxied(library, known, loop=loop) as port:
        one, other = Terminal(port), Terminal(port)
        turns = itertools.cycle((one, other))
        asked = [(next(turns), card) for card in numbers]
        for terminal, card in asked:
            terminal.send(status(card))
        assert all(b"|AA" + card + b"|" in terminal.answer() for terminal, card in asked)
        one.close()
        other.close()
    assert not any(card in library.heard for card in numbers)


def test_another_number_in_the_answer_stays_for_the_terminal_to_see(loop: Loop) -> None:
    wrong = b"24              019" + DATE + b"AOTPL|AAT99999999|AE|\r"
    with proxied(ScriptedLibrary(lambda _: wrong), patrons(), loop=loop) as port:
        terminal = Terminal(port)
        assert terminal.ask(status(CARD)) == wrong
        terminal.close()


def test_a_code_on_a_phone_is_one_use_for_one_turn(loop: Loop) -> None:
    known = KnownPatrons()
    with proxied(ScriptedLibrary(echoing), known, loop=loop) as port:
        terminal = Terminal(port)
        end = signed(b"35" + DATE + b"AOTPL|AACODE|") + b"\r"
        for message in (status(b"CODE"), loan(b"CODE"), end, status(b"CODE"), status(b"OTHER")):
            terminal.ask(message)
        terminal.close()
    first, second, third, fourth, fifth = [use for _, use in known.uses]
    assert first == second == third
    assert len({third, fourth, fifth}) == 3


def test_a_library_that_is_away_is_said_so_and_found_again(loop: Loop) -> None:
    answers = {"up": True}

    def moody(line: bytes) -> bytes | None:
        return echoing(line) if answers["up"] else None

    library = ScriptedLibrary(moody)
    with proxied(library, patrons(), loop=loop) as port:
        terminal = Terminal(port)
        assert terminal.ask(signed(b"9300CNme|COpw|CPhere|") + b"\r")[:3] == b"941"
        answers["up"] = False
        before = library.heard.count(loan(OWN))
        refused = terminal.ask(loan(CARD))
        assert refused[:3] == b"120"
        assert "請洽櫃台確認是否已完成".encode() in refused
        assert library.heard.count(loan(OWN)) == before + 1  # never sent twice
        assert terminal.ask(signed(b"9900802.00") + b"\r")[:3] == b"98N"
        answers["up"] = True
        time.sleep(FIRST_REST_S * 1.2)
        seen = library.heard.count(b"9300CNme")
        answer = terminal.ask(status(CARD))
        assert answer[:2] == b"24"
        assert b"BLN" not in answer
        assert library.heard.count(b"9300CNme") == seen + 1  # the new line was logged in first
        terminal.close()


def test_nobody_behind_the_door(loop: Loop) -> None:
    library = ScriptedLibrary(echoing)
    with proxied(library, patrons(), loop=loop) as port:
        loop.run(library.stop())
        terminal = Terminal(port)
        assert terminal.ask(signed(b"9300CNme|COpw|") + b"\r")[:3] == b"940"
        assert terminal.ask(b"9900802.00\r").startswith(b"98NNNNNN000003")
        assert b"BLN" in terminal.ask(status(OWN))
        assert terminal.ask(b"97\r")[:2] == b"24"  # our own answer once more
        terminal.send(b"XXwho knows\r")  # nothing could be answered to this
        with pytest.raises((EOFError, ConnectionResetError)):
            terminal.answer()
        terminal.close()


def test_too_slow_is_refused_and_the_late_answer_is_nobody_s(loop: Loop) -> None:
    library = ScriptedLibrary(lambda line: b"" if line[:2] == b"11" else echoing(line))
    with proxied(library, patrons(), loop=loop, within_s=2.0) as port:
        terminal = Terminal(port)
        assert terminal.ask(loan(CARD))[:3] == b"120"
        assert terminal.ask(status(CARD))[:2] == b"24"
        assert library.connections == 2
        terminal.close()


def test_a_message_without_end_is_hung_up_on(loop: Loop) -> None:
    with proxied(ScriptedLibrary(echoing), patrons(), loop=loop) as port:
        terminal = Terminal(port)
        terminal.send(b"23" + b"x" * 10_000)
        with pytest.raises((EOFError, ConnectionResetError)):
            terminal.answer()
        terminal.close()


_LINE = st.binary(max_size=60).map(lambda it: it.replace(b"\r", b"").replace(b"\n", b""))
_WITHOUT = _LINE.filter(lambda it: it and not messages.patron_fields(it) and it[:2] != b"97")


@settings(max_examples=60)
@given(asked=st.lists(_WITHOUT, min_size=1, max_size=5), said=_WITHOUT)
def test_what_names_no_patron_passes_byte_for_byte(
    relay: tuple[ScriptedLibrary, int], asked: list[bytes], said: bytes
) -> None:
    library, port = relay
    asked = [line for line in asked if messages.is_answer_to(line, said)] or [b"XX"]
    library.heard, library.answer = b"", lambda _: said + b"\r"
    terminal = Terminal(port)
    for line in asked:
        assert terminal.ask(line + b"\r") == said + b"\r"
    terminal.close()
    assert library.heard == b"".join(line + b"\r" for line in asked)


@pytest.fixture(scope="module")
def relay(loop: Loop) -> Iterator[tuple[ScriptedLibrary, int]]:
    library = ScriptedLibrary(echoing)
    with proxied(library, patrons(), loop=loop) as port:
        yield library, port


@settings(max_examples=60)
@given(
    code=st.sampled_from([b"01", b"11", b"15", b"23", b"25", b"29", b"35", b"63", b"65", b"43"]),
    before=st.binary(max_size=30),
    after=st.binary(max_size=30),
    with_sum=st.booleans(),
)
def test_with_a_patron_only_the_number_and_the_sum_differ(
    relay: tuple[ScriptedLibrary, int], code: bytes, before: bytes, after: bytes, with_sum: bool
) -> None:
    def plain(text: bytes) -> bytes:
        text = text.translate(None, b"\r\n|")
        return text.replace(b"AA", b"").replace(b"AY", b"").replace(b"AZ", b"")

    def of(number: bytes, code: bytes = code) -> bytes:
        text = code + b"00" + b"AO" + plain(before) + b"|AA" + number + b"|AF" + plain(after) + b"|"
        return (signed(text) if with_sum else text) + b"\r"

    library, port = relay
    answer = messages._ANSWERS.get(code, b"44")
    library.heard, library.answer = b"", lambda _: of(OWN, answer)
    terminal = Terminal(port)
    assert terminal.ask(of(CARD)) == of(CARD, answer)
    terminal.close()
    assert library.heard == of(OWN)
