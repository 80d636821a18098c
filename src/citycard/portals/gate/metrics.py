"""What Prometheus reads of the gate. Nothing here names a person, a card or a reader."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from citycard.taps import api as taps

REGISTRY = CollectorRegistry()
_TAPS = Counter("citycard_gate_taps", "Taps answered, by public code.", ["code"], registry=REGISTRY)
TAPS = {code: _TAPS.labels(code.word) for code in taps.Code}
REFUSED = Counter(
    "citycard_gate_refused", "Requests not taken, by problem.", ["problem"], registry=REGISTRY
)
BATCH_TAPS = Histogram(
    "citycard_gate_batch_taps",
    "Taps written in one transaction.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
    registry=REGISTRY,
)
BATCH_SECONDS = Histogram(
    "citycard_gate_batch_seconds",
    "Time of one transaction.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
WAITING = Gauge(
    "citycard_gate_waiting_taps", "Taps that wait or are being written.", registry=REGISTRY
)
READERS = Gauge("citycard_gate_readers", "Readers that the gate knows.", registry=REGISTRY)
READERS_AGE = Gauge(
    "citycard_gate_readers_age_seconds", "Age of the table of readers.", registry=REGISTRY
)


def exposed() -> bytes:
    """Return everything in Prometheus' text form."""
    return generate_latest(REGISTRY)
