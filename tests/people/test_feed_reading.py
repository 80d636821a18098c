"""A register's file is whole and plausible, or refused with file, line and remedy. Pure."""

import datetime as dt
from collections.abc import Callable

import pytest

from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import Refused
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people

TODAY = dt.date(2026, 11, 21)
WORDS = people.FeedWords(
    registers={
        "household": frozenset(
            {"registered_city", "died_on", "status.indigenous", "relation.spouse_of_resident"}
        ),
        "disability": frozenset({"status.disability"}),
        "enrolment": frozenset({"school"}),
    },
    levels=frozenset({"primary", "university"}),
    districts={"大安區": "daan", "daan": "daan"},
    district_names={"daan": "大安區"},
    own_city=frozenset({"63000", "臺北市", "taipei"}),
    city="taipei",
)


def number(n: int) -> str:
    return with_check_digit(f"A1{n:07d}")


def change(
    n: int, kind: str = "died", on: str = "2026-10-02", **says: str
) -> people.RegisterChange:
    return people.RegisterChange(
        number=n,
        kind=kind,
        on=dt.date.fromisoformat(on),
        id_number=number(n),
        birth_on=dt.date(1950, 3, 2),
        says=says,
    )


def month(count: int = 6) -> bytes:
    moved = [change(100_001 + n, "moved", city="65000", district="板橋區") for n in range(count)]
    return people.write_feed_file(register="household", changes=moved, after=100_000)


def read(content: bytes, name: str = "moves-2026-10.csv", **more: object) -> people.FeedFile:
    return people.read_feed_file(content=content, name=name, today=TODAY, words=WORDS, **more)


def lines(content: bytes) -> list[str]:
    return content.decode().splitlines()


def joined(found: list[str]) -> bytes:
    return ("\n".join(found) + "\n").encode()


def test_a_whole_file_is_read_in_both_encodings() -> None:
    utf8, big5 = read(month()), read(month().decode().encode("cp950"))
    assert [one.says["district"] for one in utf8.changes] == ["板橋區"] * 6
    assert big5.changes == utf8.changes
    assert (utf8.register, utf8.after, utf8.checked_by) == ("household", 100_000, "total")


def test_a_change_without_personal_words_is_what_logs_show() -> None:
    assert number(7) not in repr(change(7))
    assert repr(read(month()).changes[0]) == "RegisterChange(number=100001, kind=moved)"


@pytest.mark.parametrize(
    ("day", "reads"),
    [
        ("2026-12-22", True),  # a month ahead
        ("2026-12-23", False),
        ("2062-10-31", False),  # from then on every right list would be an old one
        ("1899-12-31", False),
        ("1900-01-01", True),
    ],
)
def test_a_full_list_is_of_a_day_that_can_be(day: str, reads: bool) -> None:
    listed = [change(n, "listed", "2020-01-01", code="disability") for n in range(1, 3)]
    content = people.write_feed_file(
        register="disability", changes=listed, listed_on=dt.date.fromisoformat(day)
    )
    if reads:
        assert read(content).listed_on == dt.date.fromisoformat(day)
    else:
        with pytest.raises(people.FeedLine) as refused:
            read(content)
        assert refused.value.facts["line"] == 1
        assert "odd_date" in refused.value.facts["why"]


def test_days_of_the_republic_and_own_districts_are_understood() -> None:
    content = month(1).replace(b"2026-10-02", b"1151002").replace(b"65000", "台北市".encode())
    (one,) = read(content.replace("板橋區".encode(), "大安區".encode())).changes
    assert one.on == dt.date(2026, 10, 2)
    assert (one.says["city"], one.says["district"]) == ("taipei", "daan")


def cut_in_the_middle(content: bytes) -> bytes:
    return joined(lines(content)[:5])


def cut_in_a_row(content: bytes) -> bytes:
    return content[: len(content) // 2]


def halved(content: bytes) -> bytes:
    found = lines(content)
    return joined([*found[:2], *found[2:-1][::2], found[-1]])


def twice_the_file(content: bytes) -> bytes:
    return content + content


def twice_a_row(content: bytes) -> bytes:
    found = lines(content)
    return joined([*found[:4], found[3], *found[4:-1], "END,7,700024"])


def shifted(content: bytes) -> bytes:
    found = lines(content)
    rows = [",".join([cells[0], cells[-1], *cells[1:-1]]) for cells in map(_cells, found[2:-1])]
    return joined([*found[:2], *rows, found[-1]])


def one_column_short(content: bytes) -> bytes:
    found = lines(content)
    return joined([*found[:3], found[3].rsplit(",", 1)[0], *found[4:]])


def _cells(line: str) -> list[str]:
    return line.split(",")


def swapped(one: bytes, other: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(one, other, 1)


def totals_of_another_month(content: bytes) -> bytes:
    return joined([*lines(content)[:-1], "END,6,600020"])


BAD = [
    ("empty", lambda _: b"", "people.feed_empty", None),
    ("blank", lambda _: b" \r\n\n", "people.feed_empty", None),
    ("cut in the middle", cut_in_the_middle, "people.feed_cut", 5),
    ("cut in a row", cut_in_a_row, "people.feed_cut", None),
    ("halved", halved, "people.feed_totals", 6),
    ("the file twice over", twice_the_file, "people.feed_totals", 10),
    ("a row twice", twice_a_row, "people.feed_twice", 5),
    ("columns shifted", shifted, "people.feed_line", 3),
    ("a column short", one_column_short, "people.feed_line", 4),
    ("UTF-16", lambda content: content.decode().encode("utf-16"), "people.feed_encoding", 1),
    (
        "neither UTF-8 nor Big5",
        lambda content: content.replace("板橋區".encode(), b"\xff\xfe\xff", 1),
        "people.feed_encoding",
        3,
    ),
    ("day before month", swapped(b"2026-10-02", b"02/10/2026"), "people.feed_line", 3),
    ("month and day swapped", swapped(b"2026-10-02", b"2026-22-10"), "people.feed_line", 3),
    ("a day to come", swapped(b"2026-10-02", b"2027-10-02"), "people.feed_line", 3),
    ("before birth", swapped(b"2026-10-02", b"1926-10-02"), "people.feed_line", 3),
    ("an unknown kind", swapped(b"moved", b"flown"), "people.feed_line", 3),
    ("an unknown district of ours", swapped(b"65000", b"63000"), "people.feed_line", 3),
    ("an unknown register", swapped(b"household", b"weather"), "people.feed_head", 1),
    ("an unknown column", swapped(b"birth_on", b"born"), "people.feed_head", 2),
    ("another total", totals_of_another_month, "people.feed_totals", 9),
    ("a wrong check digit", lambda content: _misdial(content), "people.feed_line", 3),
    ("something else", lambda _: b"card,amount\n1,2\n", "people.feed_head", 1),
]  # fmt: skip


def _misdial(content: bytes) -> bytes:
    right = number(100_001).encode()
    return content.replace(right, right[:-1] + str((int(right[-1:]) + 1) % 10).encode())


@pytest.mark.parametrize(
    ("spoil", "code", "line"), [one[1:] for one in BAD], ids=[one[0] for one in BAD]
)
def test_a_bad_file_is_refused_with_its_name_its_line_and_a_remedy(
    spoil: Callable[[bytes], bytes], code: str, line: int | None
) -> None:
    with pytest.raises(Refused) as refused:
        read(spoil(month()))
    assert refused.value.code == code
    assert refused.value.facts["file"] == "moves-2026-10.csv"
    if line is not None:
        assert refused.value.facts["line"] == line
    said = refusal_text(refused.value)
    assert "moves-2026-10.csv" in said
    assert "%(" not in said
    assert "people." not in said


def test_the_whole_list_of_mistakes_names_no_person() -> None:
    for _, spoil, _, _ in BAD:
        with pytest.raises(Refused) as refused:
            read(spoil(month()))
        assert not any(number(100_001 + n)[:9] in str(refused.value.facts) for n in range(6))


def test_a_register_speaks_of_its_own_matters_only() -> None:
    issued = change(1, "certificate_issued", code="disability", valid_to="2031-01-01")
    for register, why in (("household", "not_its_own"), ("enrolment", "not_its_own")):
        content = people.write_feed_file(register=register, changes=[issued])
        with pytest.raises(people.FeedLine) as refused:
            read(content)
        assert refused.value.facts["why"] == f"people.feed_why.{why}"
    assert read(people.write_feed_file(register="disability", changes=[issued])).changes


def test_a_full_list_has_a_day_and_one_status_and_is_never_empty() -> None:
    rows = [change(n, "listed", on="2020-01-01", code="disability") for n in range(1, 4)]
    day = dt.date(2026, 10, 31)
    found = read(people.write_feed_file(register="disability", changes=rows, listed_on=day))
    assert (found.form, found.listed_on, found.status) == ("list", day, "disability")
    with pytest.raises(people.FeedEmpty):
        read(people.write_feed_file(register="disability", changes=[], listed_on=day))
    with pytest.raises(people.FeedLine):
        read(people.write_feed_file(register="disability", changes=rows))


def test_a_quiet_day_is_a_file_without_changes() -> None:
    assert read(people.write_feed_file(register="household", changes=[], after=7)).changes == []


def test_a_signed_file_needs_no_closing_line_and_a_wrong_signature_is_refused() -> None:
    open_ended = joined(lines(month())[:-1])
    signed = {"signature": b"right", "is_signed": lambda content, by: by == b"right"}
    assert read(open_ended, **signed).checked_by == "signature"
    with pytest.raises(people.FeedSignature):
        read(month(), **{**signed, "signature": b"wrong"})
    with pytest.raises(people.FeedCut):
        read(open_ended)
