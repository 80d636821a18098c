"""Taps by columns: the same batch, the same answers."""

import numpy as np

from citycard.flows import tapping
from citycard.taps import api as taps
from tests.taps.town import NOW, Town, tap


def test_columns_and_rows_are_the_same_batch(town: Town) -> None:
    [member] = town.residents(1)
    reader = town.reader("activity", "doit")
    town.campaign(reader, points=5, cap=7)
    number = town.card(member)
    reads = [tap(reader, 1, number), tap(reader, 2, number), tap(reader, 3, "0000")]
    columns = taps.columns_of(reads=reads)
    answers = tapping.take_columns(columns=columns, now=NOW)
    assert answers.code.dtype == np.int16
    assert answers.points.tolist() == [5, 2, 0]
    again = tapping.take(reads=reads, now=NOW)
    assert [int(one.code) for one in again] == answers.code.tolist()
    assert [one.points for one in again] == answers.points.tolist()
