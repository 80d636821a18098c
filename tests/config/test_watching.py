"""What Prometheus is told: counts by route and code, and no more series than there are routes."""

from django.test import Client

from citycard.config.watching import METHODS, REQUESTS


def test_invented_methods_are_one_series() -> None:
    """Each series is kept as long as the process lives, and anybody may send a method."""
    for n in range(3):
        Client().generic(f"BREW{n}", "/health")
    told = {
        sample.labels["method"]
        for metric in REQUESTS.collect()
        for sample in metric.samples
        if sample.labels["route"] == "health"
    }
    assert "other" in told
    assert told <= METHODS | {"other"}
