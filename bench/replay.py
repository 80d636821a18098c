"""The replay: a counted programme through the write path with all that follows, beside COPY."""

from bench.measuring import replay
from bench.measuring.figures import main

PARTS = [replay.measure]

if __name__ == "__main__":
    main("replay", PARTS)
