"""The spine: how fast a city starts, builds, shows its pages and takes its taps."""

from bench.measuring import doors, tapping
from bench.measuring.figures import main

PARTS = [doors.measure, tapping.measure]

if __name__ == "__main__":
    main("spine", PARTS)
