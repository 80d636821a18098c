"""Fares: how fast rides are priced, in memory and from what is stored to what is stored."""

from bench.measuring import fares_pricing
from bench.measuring.figures import main

PARTS = [fares_pricing.measure]

if __name__ == "__main__":
    main("fares", PARTS)
