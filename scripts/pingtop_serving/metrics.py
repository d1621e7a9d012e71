"""Counts and times for Prometheus, in a registry of the server's own."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from pingtop_serving.service import Reply

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """What a server has done. Labels have few values: routes, never paths."""

    def __init__(self) -> None:
        """With the memory and processor time of the process."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "pingtop_requests",
            "Requests by route, method and status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "pingtop_request_seconds",
            "Seconds from the head of a request to its reply.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.lists = Counter(
            "pingtop_lists",
            "Lists served, by strategy; default is that of a user who has none.",
            ["strategy"],
            registry=self.registry,
        )
        self.events = Counter(
            "pingtop_events", "Posted events that were kept.", registry=self.registry
        )
        self.problems = Counter(
            "pingtop_problems",
            "Requests that were not answered, by what was wrong.",
            ["problem"],
            registry=self.registry,
        )
        self.running = Gauge(
            "pingtop_running_requests", "Requests being answered.", registry=self.registry
        )
        self.generation = Gauge(
            "pingtop_generation", "The newest generation that was served.", registry=self.registry
        )

    def count(self, route: str, method: str, reply: Reply, seconds: float) -> None:
        """Count a request that was answered."""
        self.requests.labels(route, method, str(reply.status)).inc()
        self.seconds.labels(route).observe(seconds)
        facts = reply.facts
        if "strategy" in facts:
            self.lists.labels(facts["strategy"]).inc()
        if "events" in facts:
            self.events.inc(facts["events"])
        if "problem" in facts:
            self.problems.labels(facts["problem"]).inc()
        if "generation" in facts:
            self.generation.set(facts["generation"])

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)
