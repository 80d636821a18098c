"""The rule engine: how many decisions one core makes, each with its trace."""

from bench.measuring import rules
from bench.measuring.figures import main

PARTS = [rules.measure]

if __name__ == "__main__":
    main("rules", PARTS)
