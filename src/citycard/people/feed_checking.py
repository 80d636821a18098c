"""Each value of a register's change is plausible, or the line and the column are named."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from citycard.kernel.taiwan import national_id
from citycard.kernel.taiwan.text import fold
from citycard.people.feed_refusals import FeedLine
from citycard.people.feed_values import KINDS, LISTED, NEEDED, FeedWords, RegisterChange
from citycard.people.feed_writing import day_of

AHEAD = dt.timedelta(days=31)
"""A register knows a little of the future (a certificate from next month on), not more."""

OLDEST = dt.date(1900, 1, 1)
_HOUSEHOLD = {
    "moved": "registered_city",
    "died": "died_on",
    "renamed": "died_on",
    "renumbered": "died_on",
    "born": "died_on",
    "married": "died_on",
    "divorced": "died_on",
}
_SCHOOL = ("enrolled", "graduated", "left_school")
_TOO_LONG = 18
WHY = "people.feed_why."
_Wrong = Callable[[str, str], FeedLine]


def changes_of(
    body: Sequence[tuple[int, list[str]]],
    *,
    columns: Sequence[str],
    name: str,
    register: str,
    today: dt.date,
    words: FeedWords,
) -> list[RegisterChange]:
    """Return the rows as changes.

    :raises FeedLine: with the first line that can't be
    """
    return [
        change_of(
            row=_cells(line, cells, columns, name),
            line=line,
            name=name,
            register=register,
            today=today,
            words=words,
        )
        for line, cells in body
    ]


def change_of(
    *,
    row: Mapping[str, str],
    line: int,
    name: str,
    register: str,
    today: dt.date,
    words: FeedWords,
) -> RegisterChange:
    """Return one row as a change.

    :raises FeedLine: a value is missing, or can't be
    """

    def wrong(column: str, why: str) -> FeedLine:
        return FeedLine(file=name, line=line, column=column, why=WHY + why)

    _there(row, wrong)
    kind = row["kind"]
    on, birth_on = _day(row, "on", today + AHEAD, wrong), _day(row, "birth_on", today, wrong)
    _numbers(row, wrong)
    _plausible(row, kind, on, birth_on, wrong)
    _known(row, kind, register, words, wrong)
    return RegisterChange(
        number=int(row["change_no"]),
        kind=kind,
        on=on,
        id_number=row["id_number"],
        birth_on=birth_on,
        says=_says(row, words, wrong),
        line=line,
    )


def _there(row: Mapping[str, str], wrong: _Wrong) -> None:
    for column in NEEDED:
        if not row.get(column):
            raise wrong(column, "missing")
    number = row["change_no"]
    if not (number.isascii() and number.isdecimal() and len(number) < _TOO_LONG):
        raise wrong("change_no", "not_a_number")
    if row["kind"] not in KINDS and row["kind"] != LISTED:
        raise wrong("kind", "unknown_kind")


def _says(row: Mapping[str, str], words: FeedWords, wrong: _Wrong) -> dict[str, str]:
    """Return the other columns, cities and districts by the pack's codes."""
    says = {column: value for column, value in row.items() if value and column not in NEEDED}
    if "district" in says:
        says["district"] = words.districts.get(fold(says["district"]), says["district"])
    if "city" in says and fold(says["city"]) in words.own_city:
        says["city"] = words.city
        if says.get("district") and says["district"] not in words.district_names:
            raise wrong("district", "unknown_code")
        if says.get("district"):
            says["district_name"] = words.district_names[says["district"]]
    return says


def _cells(line: int, cells: Sequence[str], columns: Sequence[str], name: str) -> dict[str, str]:
    if len(cells) != len(columns):
        column = columns[min(len(cells), len(columns) - 1)]
        raise FeedLine(file=name, line=line, column=column, why=WHY + "cells")
    return dict(zip(columns, cells, strict=True))


def _day(row: Mapping[str, str], column: str, latest: dt.date, wrong: _Wrong) -> dt.date:
    return day_in(row[column], latest=latest, wrong=lambda why: wrong(column, why))


def day_in(said: str, *, latest: dt.date, wrong: Callable[[str], FeedLine]) -> dt.date:
    """Return a day that can be, up to a last one.

    :param wrong: makes the refusal of a day that can't, from what is wrong with it
    """
    found = day_of(said)
    if found is None:
        raise wrong("bad_date")
    if not OLDEST <= found <= latest:
        raise wrong("odd_date")
    return found


def _numbers(row: Mapping[str, str], wrong: _Wrong) -> None:
    for column in ("id_number", "new_id_number"):
        if row.get(column) and not _is_number(row[column]):
            raise wrong(column, "bad_id_number")


def _plausible(
    row: Mapping[str, str], kind: str, on: dt.date, birth_on: dt.date, wrong: _Wrong
) -> None:
    if on < birth_on:
        raise wrong("on", "before_birth")
    for column in KINDS.get(kind, ("code",)):
        if not row.get(column):
            raise wrong(column, "missing")
    if row.get("valid_to"):
        ends = day_of(row["valid_to"])
        if ends is None:
            raise wrong("valid_to", "bad_date")
        if ends <= on:
            raise wrong("valid_to", "ends_first")


def _known(
    row: Mapping[str, str], kind: str, register: str, words: FeedWords, wrong: _Wrong
) -> None:
    """Stop where a register speaks of what it doesn't answer for, or of what nobody knows."""
    answers = words.registers[register]
    code = row.get("code", "")
    if kind in _SCHOOL:
        if "school" not in answers:
            raise wrong("kind", "not_its_own")
        if kind != "left_school" and code not in words.levels:
            raise wrong("code", "unknown_code")
    elif kind in _HOUSEHOLD:
        if _HOUSEHOLD[kind] not in answers:
            raise wrong("kind", "not_its_own")
        if code and f"relation.{code}" not in answers:
            raise wrong("code", "unknown_code")
    elif f"status.{code}" not in answers:
        known = any(f"status.{code}" in facts for facts in words.registers.values())
        raise wrong("code", "not_its_own" if known else "unknown_code")


def _is_number(text: str) -> bool:
    try:
        national_id.parse(text)
    except national_id.BadIdNumber:
        return _is_passport(text)
    return True


def _is_passport(text: str) -> bool:
    """A passport has no check digit; what looks like a national number must be a right one."""
    if len(text) == 10 and text[:1].isalpha() and text[1:].isdecimal():
        return False
    try:
        national_id.parse(text, passport=True)
    except national_id.BadIdNumber:
        return False
    return any(letter.isdigit() for letter in text)
