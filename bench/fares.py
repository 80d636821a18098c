"""Fares: how fast rides are priced, in memory and from what is stored to what is stored."""

from bench.measuring import fares_pricing, ride_deciding
from bench.measuring.figures import main

PARTS = [fares_pricing.measure, ride_deciding.measure]

if __name__ == "__main__":
    main("fares", PARTS)
