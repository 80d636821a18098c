"""The gate: single taps over HTTP beside pgbench, large batches beside COPY, memory and lag."""

from bench.measuring import tap_batches, tapping
from bench.measuring.figures import main

PARTS = [tapping.measure_gate, tap_batches.measure]

if __name__ == "__main__":
    main("gate", PARTS)
