"""What `/metrics` says about Runs, read from rows: any web process gives the same answer."""

import json
from collections.abc import Iterator

from django.db.models import Count
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from runs import selectors
from runs.models import Counter, Run, StepTime
from runs.saving import BUCKETS

COUNTERS = {
    "aws_calls": "Calls to AWS by service and operation, every attempt counted.",
    "aws_throttles": "Calls that AWS refused as too many.",
    "nudges_failed": "Messages that the broker did not take; the wake task repairs them.",
}


class RunsCollector(Collector):
    """Register it with a prometheus_client registry."""

    def collect(self) -> Iterator[Metric]:
        """Runs by state, queue age, workers alive, step durations, and the counters."""
        yield self._runs()
        yield GaugeMetricFamily(
            "console_queue_age_seconds", "Age of the oldest due Run.", selectors.queue_age()
        )
        yield self._workers()
        yield self._steps()
        yield from self._counters()

    def describe(self) -> list[Metric]:
        """Nothing: a registration must not ask the database."""
        return []

    def _runs(self) -> Metric:
        family = GaugeMetricFamily("console_runs", "Active Runs by kind and state.", labels=["kind", "state"])
        counts = Run.objects.filter(state__in=selectors.ACTIVE).values_list("kind", "state")
        for kind, state, count in counts.annotate(count=Count("id")).order_by("kind", "state"):
            family.add_metric([kind, state], count)
        return family

    def _workers(self) -> Metric:
        family = GaugeMetricFamily("console_workers", "Workers heard of in the last 15 s.", labels=["queue"])
        for queue in ("runs", "watch", "wake"):
            family.add_metric([queue], selectors.alive_workers(queue).count())
        return family

    def _steps(self) -> Metric:
        family = HistogramMetricFamily(
            "console_step_seconds", "How long steps took, waiting included.", labels=["kind", "step"]
        )
        for time in StepTime.objects.order_by("kind", "step"):
            counts = zip((*map(str, BUCKETS), "+Inf"), (*time.buckets, time.count), strict=True)
            family.add_metric([time.kind, time.step], list(counts), sum_value=time.seconds)
        return family

    def _counters(self) -> Iterator[Metric]:
        rows = list(Counter.objects.order_by("name", "labels"))
        for name, text in COUNTERS.items():
            labelled = [(json.loads(row.labels or "{}"), row.value) for row in rows if row.name == name]
            family = CounterMetricFamily(
                f"console_{name}", text, labels=sorted(labelled[0][0]) if labelled else []
            )
            for labels, value in labelled or [({}, 0.0)]:
                family.add_metric([labels[label] for label in sorted(labels)], value)
            yield family
