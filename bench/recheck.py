"""The re-check: a whole city decided again after a change of rules, and a day's feed."""

from bench.measuring import recheck
from bench.measuring.figures import main

PARTS = [recheck.measure]

if __name__ == "__main__":
    main("recheck", PARTS)
