"""`/health` and `/metrics`: what supervisors and Prometheus ask. Counts and codes, no data."""

import functools
import time
from collections.abc import Callable, Iterator

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from citycard.infra import clock, journal, outbox, partitions
from citycard.infra.database import scalar

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Each label's value is a series that is kept; anybody may send a method of their own."""
REQUESTS = Counter("citycard_requests", "Answers given", ["route", "method", "status"])
SECONDS = Histogram(
    "citycard_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


class MeasureMiddleware:
    """Count answers and their time by route: the pattern of an address, never the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        if request.resolver_match is not None:
            route = request.resolver_match.route
            method = request.method if request.method in METHODS else "other"
            REQUESTS.labels(route, method, response.status_code).inc()
            SECONDS.labels(route).observe(time.perf_counter() - began)
        return response


class CityCollector(Collector):
    """What the database knows of waiting work, asked at each scrape."""

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: registering must not ask the database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; only `citycard_up 0` when the database doesn't answer."""
        up = GaugeMetricFamily("citycard_up", "Whether the database answers")
        try:
            gauges = [self._lag(), self._letters(), self._months()]
            up.add_metric([], 1)
        except DatabaseError:
            gauges = []
            up.add_metric([], 0)
        yield up
        yield from gauges

    def _lag(self) -> Metric:
        gauge = GaugeMetricFamily(
            "citycard_subscriber_waiting_events", "Events that wait", labels=["subscriber"]
        )
        for lag in journal.lag():
            gauge.add_metric([lag.subscriber], lag.events)
        return gauge

    def _letters(self) -> Metric:
        gauge = GaugeMetricFamily(
            "citycard_letters", "Letters not yet delivered", labels=["topic", "state"]
        )
        for topic, states in outbox.counts().items():
            for state, count in states.items():
                gauge.add_metric([topic, state], count)
        return gauge

    def _months(self) -> Metric:
        gauge = GaugeMetricFamily(
            "citycard_partition_months_ahead", "Months that are ready", labels=["table"]
        )
        for table, months in partitions.months_ahead(clock.now().date()).items():
            gauge.add_metric([table], months)
        return gauge


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 when this process and its database work, else 503."""
    try:
        scalar("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format."""
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


@functools.cache
def register() -> None:
    """Add the city's gauges to the registry, once a process."""
    REGISTRY.register(CityCollector())
