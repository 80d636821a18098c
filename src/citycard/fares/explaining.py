"""Explains a fare by pricing it again: each step with its figures, reason and source."""

from collections.abc import Iterator
from functools import reduce

import numpy as np

from citycard.fares import wording
from citycard.fares.book import Book, Concession
from citycard.fares.pricing import price_some
from citycard.fares.tariffs import ByDistance, BySection, Tariff
from citycard.fares.tracing import Noted, OneRide
from citycard.fares.values import MICRO, NONE, Explained, PricedColumns, RideColumns
from citycard.infra.packs.texts import Text


def explain_ride(*, book: Book, rides: RideColumns, row: int) -> list[Explained]:
    """Price a ride again, with what went before it in its person-month, and say every step.

    :param rides: the columns that were priced; later rides are left out, they change nothing
    :param row: the ride's place in them
    """
    mine = np.flatnonzero(rides.person[: row + 1] == rides.person[row])
    past = rides.take(mine)
    trace = OneRide(row=len(mine) - 1)
    priced = price_some(book, past, trace)
    return [
        *_fare(book, past, priced, trace),
        *_left_out(book, past, trace),
        *_payment(book, past, priced, trace),
    ]


def _step(code: str, text: Text, figures: dict[str, int], source: str) -> Explained:
    return Explained(code, text.zh, text.en, figures, source)


def _fare(
    book: Book, rides: RideColumns, priced: PricedColumns, trace: OneRide
) -> Iterator[Explained]:
    if not priced.priced[-1]:
        figures = {"day": int(rides.day[-1]), "metres": int(priced.metres[-1])}
        yield _step("unpriced", wording.UNPRICED, figures, "")
        return
    concessions = {concession.code: concession for concession in book.concessions}
    for noted in trace.steps:
        if noted.step == "Whole":
            yield _whole(book, rides, noted)
        elif noted.step == "Missing":
            yield _missing(book, rides, noted)
        elif _kind(noted) in wording.STEPS:
            yield _conceded(book, rides, concessions[noted.code], noted)


def _whole(book: Book, rides: RideColumns, noted: Noted) -> Explained:
    tariff, figures = book.tariffs.rows[noted.figures["row"]], noted.figures
    text = wording.filled(
        wording.TARIFFS[type(tariff)],
        fare=figures["fare"],
        micro=wording.ntd(figures["micro"]),
        sections=figures["sections"],
        km=wording.km(figures["metres"]),
        minutes=-(-figures["seconds"] // 60),
        rounded=wording.ROUNDED[tariff.rounding],
        **_about(tariff),
    )
    number = int(book.line_tariff[rides.line[-1]])
    name = book.tariff_names[number]
    said = Text(f"{name.zh}：{text.zh}", f"{name.en}: {text.en}")
    return _step("full", said, _known(figures), _source(book, rides, noted))


def _source(book: Book, rides: RideColumns, noted: Noted) -> str:
    number = int(book.line_tariff[rides.line[-1]])
    return book.tariffs.rows[noted.figures["row"]].source or book.tariff_sources[number]


def _about(tariff: Tariff) -> dict[str, str]:
    if isinstance(tariff, ByDistance):
        return {"base": wording.km(tariff.base_metres), "rate": wording.ntd(tariff.micro_a_km)}
    return {"ntd": str(tariff.ntd)} if isinstance(tariff, BySection) else {}


def _missing(book: Book, rides: RideColumns, noted: Noted) -> Explained:
    locked = bool(noted.figures["locked"])
    text = wording.LOCKED if locked else wording.filled(wording.MISSING, **noted.figures)
    source = _source(book, rides, noted)
    return _step("locked" if locked else "missing", text, noted.figures, source)


def _conceded(book: Book, rides: RideColumns, concession: Concession, noted: Noted) -> Explained:
    figures = noted.figures
    relief = figures["before"] - figures["after"]
    text = wording.filled(
        wording.STEPS[_kind(noted)],
        free_km=wording.km(figures.get("free_metres", 0)),
        base_km=wording.km(figures.get("base_metres", 0)),
        paid_km=wording.km(figures.get("paid_metres", 0)),
        km=wording.km(figures.get("metres", 0)),
        **(figures | {"of_micro": wording.ntd(figures.get("of_micro", 0))}),
    )
    zh, en = f"{concession.name.zh}：{text.zh}", f"{concession.name.en}: {text.en}"
    if relief and concession.fund >= 0:
        pays = wording.filled(wording.PAYS, fund=book.funds[concession.fund].name, relief=relief)
        zh, en = zh + pays.zh, en + pays.en
    row = concession.rows[int(concession.spans.at(rides.day[-1:])[0])]
    return _step(concession.code, Text(zh, en), _known(figures), row.source or concession.source)


def _kind(noted: Noted) -> str:
    """Return the words' key: what is free, metres or sections, is told apart."""
    if noted.step != "Free":
        return noted.step
    return "FreeMetres" if "free_metres" in noted.figures else "FreeSections"


def _left_out(book: Book, rides: RideColumns, trace: OneRide) -> Iterator[Explained]:
    """Say why each concession of this line that was not applied was not."""
    whole = [noted for noted in trace.steps if noted.step == "Whole"]
    said = {noted.code for noted in trace.steps}
    covers, marks = int(book.line_concessions[rides.line[-1]]), int(rides.marks[-1])
    for place, concession in enumerate(book.concessions) if whole else ():
        in_force = int(concession.spans.at(rides.day[-1:])[0]) >= 0
        if in_force and covers >> place & 1 and concession.code not in said:
            text = _why_not(book, concession, marks, rides)
            said_so = Text(f"{concession.name.zh}：{text.zh}", f"{concession.name.en}: {text.en}")
            yield _step(f"not.{concession.code}", said_so, {}, concession.source)


def _why_not(book: Book, concession: Concession, marks: int, rides: RideColumns) -> Text:
    if concession.who and not marks & concession.who:
        return wording.filled(wording.NEEDS, marks=_named(book, concession.who))
    if marks & concession.unless:
        return wording.filled(wording.NOT_WITH, marks=_named(book, marks & concession.unless))
    days = concession.rows[int(concession.spans.at(rides.day[-1:])[0])].days
    return wording.NOT_THAT_DAY if days is not None and not days[rides.day[-1]] else wording.NOT_NOW


def _named(book: Book, bits: int) -> Text:
    names = [mark.name for place, mark in enumerate(book.marks) if bits >> place & 1]
    return reduce(lambda a, b: Text(f"{a.zh}、{b.zh}", f"{a.en}, {b.en}"), names)


def _payment(
    book: Book, rides: RideColumns, priced: PricedColumns, trace: OneRide
) -> Iterator[Explained]:
    paid = next(noted.figures for noted in trace.steps if noted.step == "Paid")
    used = int(priced.points[:-1].sum())
    points = {"asked": paid["asked"], "left": max(paid["open"] - used, 0), "points": paid["points"]}
    purse = book.purse.source
    if paid["granted"]:
        yield _step("granted", wording.filled(wording.GRANTED, **paid), paid, book.points.source)
    if paid["asked"]:
        source = book.points.source
        yield _step("points", wording.filled(wording.POINTS, **points), points, source)
    if paid["stored"]:
        yield _step("stored_value", wording.filled(wording.STORED, **paid), paid, purse)
    if paid["cash"]:
        yield _step("cash", wording.filled(wording.CASH, **paid), paid, purse)
    if priced.priced[-1] and not paid["owed"] and not paid["granted"]:
        yield _step("nothing", wording.NOTHING, paid, "")
    difference = int(priced.difference_micro[-1]) // MICRO
    if difference:
        text = wording.TOOK_MORE if difference < 0 else wording.TOOK_LESS
        text = wording.filled(text, charged=paid["charged"], difference=abs(difference))
        yield _step("difference", text, {"difference": difference, **paid}, "")


def _known(figures: dict[str, int]) -> dict[str, int]:
    return {name: figure for name, figure in figures.items() if figure != NONE}
