"""One program's large batches: ``python -m bench.measuring.batch_load BATCHES SIZE CARDS``.

Reads its readers' ids from stdin, makes its batches, says ``ready``, waits for a line, sends them.
"""

import sys
import time
from typing import Any

import numpy as np

from bench.measuring.residents import FIRST_NUMBER


def main() -> None:
    """Make batches and take them."""
    import django

    django.setup()
    from citycard.flows import tapping
    from citycard.infra import clock

    batches, size, cards = map(int, sys.argv[1:])
    readers = np.array(sys.stdin.readline().split(","), np.int64)
    made = list(_batches(readers, batches, size, cards))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for columns in made:
        answers = tapping.take_columns(columns=columns, now=clock.now())
        assert (answers.code == 1).all(), "a tap was refused"


def _batches(readers: Any, batches: int, size: int, cards: int) -> Any:
    from citycard.taps import api as taps

    draw = np.random.default_rng(int(readers[0]))
    at_us = int(time.time() * 1e6) - 120_000_000
    count = np.zeros(len(readers), np.int64)
    for _ in range(batches):
        who = np.sort(draw.integers(0, len(readers), size))
        nth = np.arange(size) - np.searchsorted(who, who)
        seq = count[who] + nth + 1
        count += np.bincount(who, minlength=len(readers))
        numbers = draw.integers(FIRST_NUMBER, FIRST_NUMBER + cards, size)
        yield taps.TapColumns(
            device_id=readers[who],
            epoch=np.ones(size, np.int32),
            seq=seq,
            at_us=at_us + draw.integers(0, 100_000_000, size),
            issuer=["easycard"] * size,
            number_kind=["printed"] * size,
            number=list(map(str, numbers.tolist())),
        )


if __name__ == "__main__":
    main()
