"""The clock of a loss: how soon readers that poll know that a card was reported lost."""

from bench.measuring import losing
from bench.measuring.figures import main

PARTS = [losing.measure]

if __name__ == "__main__":
    main("loss", PARTS)
