"""The ledger: how fast points move, singly and in batches, and what reading and closing cost."""

from bench.measuring import ledger
from bench.measuring.figures import main

PARTS = [ledger.measure]

if __name__ == "__main__":
    main("ledger", PARTS)
