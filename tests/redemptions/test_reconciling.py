"""Three books are compared: every difference is named with its kind and the day of detection, and
what is merely late, reordered or repeated is none."""

import datetime as dt
import time
from collections import Counter, defaultdict

import pytest

from citycard.redemptions import api as redemptions
from tests.redemptions import three_books
from tests.redemptions.three_books import Books

pytestmark = pytest.mark.usefixtures("fresh_database")
FEW_KIOSKS = 20
"""Of few loadings: each kiosk hands over by itself, every day. A million have the city's 148."""


def examine(books: Books) -> dict[str, Counter[int]]:
    """Hold what was found against what was done; returns days until detection, by injury."""
    found = redemptions.differences(state=None, limit=10**7)
    by_item: dict[tuple[int, int], list[redemptions.Difference]] = defaultdict(list)
    for one in found:
        kind, *numbers = one.item.split(":")
        if kind == "card":
            by_item[(int(numbers[0]), int(numbers[1]))].append(one)
    unnamed = {
        item: name
        for item, (name, kinds, _) in books.expected.items()
        if not kinds & {one.kind for one in by_item[item]}
    }
    assert unnamed == {}, f"{len(unnamed)} not named, like {list(unnamed.items())[:5]}"
    alarms = [one for item, ones in by_item.items() if item not in books.expected for one in ones]
    false = [one for one in alarms if not _is_late(books, one)]
    assert false == [], f"{len(false)} false alarms, like {false[:3]}"
    gaps = {one.item for one in found if one.item.startswith("kiosk:")}
    lost = books.gaps - three_books.last_lines(books)
    assert gaps == {f"kiosk:{device}:{seq}" for device, seq in lost}
    return _days(books, by_item)


def _is_late(books: Books, one: redemptions.Difference) -> bool:
    card, counter = one.item.split(":")[1:]
    return (int(card), int(counter)) in books.late and one.kind == "missing_file" and one.is_late


def _days(
    books: Books, by_item: dict[tuple[int, int], list[redemptions.Difference]]
) -> dict[str, Counter[int]]:
    days: dict[str, Counter[int]] = defaultdict(Counter)
    for item, (name, kinds, due) in books.expected.items():
        first = min(one.found_on for one in by_item[item] if one.kind in kinds)
        assert first <= due, f"{name} was found on {first}, not by {due}"
        day = next(one.day for one in by_item[item] if one.kind in kinds)
        days[name][(first - day).days] += 1
    return days


def show(days: dict[str, Counter[int]]) -> None:
    for name, counts in sorted(days.items()):
        when = ", ".join(f"{count} after {n} days" for n, count in sorted(counts.items()))
        print(f"{sum(counts.values()):5} × {name}: {when}")


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_every_injury_is_named_and_nothing_else(seed: int, owner_sql) -> None:  # type: ignore[no-untyped-def]
    _empty(owner_sql)
    books = three_books.write(3_000, seed=seed, kiosks=FEW_KIOSKS)
    three_books.injure(books, 20)
    three_books.come_too_late(books, 20)
    three_books.play(books)
    show(examine(books))
    late = [one for one in redemptions.differences(state="arrived", limit=1000) if one.is_late]
    assert len(late) == 20


def test_books_that_agree_give_no_alarm_however_often_they_are_compared(owner_sql) -> None:  # type: ignore[no-untyped-def]
    _empty(owner_sql)
    books = three_books.write(1_000, kiosks=FEW_KIOSKS)
    three_books.play(books)
    assert redemptions.differences(state=None) == []
    days = redemptions.reconciled_days()
    sums = Counter[dt.date]()
    for one in books.loadings:
        sums[one.day] += one.ntd
    for day in days:
        assert day.kiosk_ntd == day.file_ntd == day.ledger_ntd == sums[day.day]


@pytest.mark.slow
def test_a_thousand_among_a_million(owner_sql) -> None:  # type: ignore[no-untyped-def]
    """2011 and 2025: values on cards were tampered with, and it took half a year to notice."""
    _empty(owner_sql)
    begun = time.monotonic()
    books = three_books.write(1_000_000)
    three_books.injure(books, 77)  # 13 ways: 1,001 records
    three_books.come_too_late(books, 500)
    print(f"written in {time.monotonic() - begun:.0f} s")
    three_books.play(books)
    show(examine(books))
    print(f"{len(books.loadings):,} loadings, all done in {time.monotonic() - begun:.0f} s")


def _empty(owner_sql) -> None:  # type: ignore[no-untyped-def]
    owner_sql(
        "TRUNCATE redemptions_kiosk_line, redemptions_company_line, redemptions_company_file,"
        " redemptions_difference, redemptions_reconciled, redemptions_session CASCADE"
    )
