"""What a ride measures: metres and sections between its stops, seconds on its way."""

import numpy as np

from citycard.fares.book import Book
from citycard.fares.tariffs import Measures
from citycard.fares.values import NONE, Column, RideColumns


def measure(book: Book, rides: RideColumns) -> Measures:
    """Measure rides; a distance that the device told goes before the stops'."""
    metres = rides.metres.copy()
    sections = np.full(len(rides), NONE, dtype=np.int64)
    between = np.flatnonzero((rides.origin != NONE) & (rides.destination != NONE))
    if len(between):
        ends = rides.origin[between], rides.destination[between]
        far = _metres(book.stop_metres, *ends)
        metres[between] = np.where(metres[between] == NONE, far, metres[between])
        sections[between] = _sections(book.stop_sections, *ends)
    seconds = np.where(rides.alighted_at == NONE, NONE, rides.alighted_at - rides.boarded_at)
    return Measures(metres, sections, seconds, rides.told_ntd)


def _metres(places: Column, origin: Column, destination: Column) -> Column:
    """Return how far it is: forward on the way out or back; else as far as the way is long."""
    found = np.full(len(origin), NONE, dtype=np.int64)
    backward = found.copy()
    for way in places[::-1]:
        known = (way[origin] != NONE) & (way[destination] != NONE)
        far = np.where(known, way[destination] - way[origin], NONE)
        backward = np.where(known, np.abs(far), backward)
        found = np.where(known & (far >= 0), far, found)
    return np.where(found == NONE, backward, found)


def _sections(places: Column, origin: Column, destination: Column) -> Column:
    """Return how many sections: those strictly between, so that a buffer zone costs nothing."""
    first, last = places
    ahead = first[destination] - last[origin]
    behind = first[origin] - last[destination]
    sections = 1 + np.maximum(np.maximum(ahead, behind), 0)
    known = (first[origin] != NONE) & (first[destination] != NONE)
    return np.where(known, sections, NONE)
