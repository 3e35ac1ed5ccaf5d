"""What `/metrics` says about what is measured, judged and found, read from rows in a constant number of queries."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring.budget import this_month
from monitoring.costs import price
from monitoring.kinds import FIVE_MINUTES, KINDS
from monitoring.models import Collection, EdgeTruth, Source, Spending, Verdict, Watch
from monitoring.pages.collection import series_of
from monitoring.selectors.alarms import ringing_alarms
from monitoring.selectors.deployments import newest_of
from products.models import Environment

FIVE_MINUTE_KINDS = [kind.name for kind in KINDS.values() if kind.period == FIVE_MINUTES]
PLACE = ["product", "environment"]


class MonitoringCollector(Collector):
    """Register it with a prometheus_client registry."""

    def collect(self) -> Iterator[Metric]:
        """How far the numbers are and what they cost; verdicts, alarms and findings by environment."""
        yield from self._sources()
        yield self._failed()
        yield from self._spending()
        yield from self._watches()
        yield self._alarms()
        yield self._findings()

    def describe(self) -> list[Metric]:
        """Nothing: a registration must not ask the database."""
        return []

    def _sources(self) -> Iterator[Metric]:
        told = Q(kind__in=FIVE_MINUTE_KINDS) & ~Q(told__has_key="problem")
        rows = Source.objects.filter(gone_at=None).values_list("account__name", "kind")
        found = list(rows.annotate(many=Count("pk"), oldest=Min("until", filter=told)).order_by())
        kinds: Counter[str] = Counter()
        for _, kind, many, _ in found:
            kinds[kind] += many
        yield self._lag((account, oldest) for account, _, _, oldest in found)
        yield _gauge(
            "sources", "What CloudWatch is asked about.", ["kind"], (((k,), n) for k, n in kinds.items())
        )
        series = series_of(dict(kinds))
        yield GaugeMetricFamily("console_series", "Series that are asked for every five minutes.", series)

    def _lag(self, oldest: Iterable[tuple[str, datetime | None]]) -> Metric:
        """Of sources that never had an answer there is none: see console_collection_failed."""
        now, until = timezone.now(), dict[str, datetime]()
        for account, known in oldest:
            if known is not None:
                until[account] = min(known, until.get(account, known))
        lags = (((name,), (now - known).total_seconds()) for name, known in sorted(until.items()))
        return _gauge("collection_lag_seconds", "Age of the oldest end of what is known.", ["account"], lags)

    def _failed(self) -> Metric:
        rows = Collection.objects.order_by("account__name").values_list("account__name", "failed_at")
        told = (((name,), float(failed_at is not None)) for name, failed_at in rows)
        return _gauge(
            "collection_failed", "1 where CloudWatch gave no answer the last time.", ["account"], told
        )

    def _spending(self) -> Iterator[Metric]:
        rows = Spending.objects.filter(month=this_month()).values_list("account__name")
        found = list(rows.annotate(calls=Sum("calls"), metrics=Sum("metrics")).order_by("account__name"))
        calls = (((account,), calls) for account, calls, _ in found)
        yield _gauge("cloudwatch_calls", "Calls of GetMetricData this month.", ["account"], calls)
        dollars = price(sum(metrics for _, _, metrics in found))
        yield GaugeMetricFamily(
            "console_metrics_cost_dollars", "What asking CloudWatch cost this month.", dollars
        )
        cap = settings.CONSOLE_METRICS_CAP
        yield GaugeMetricFamily("console_metrics_cap_dollars", "What it may cost in a month.", cap)

    def _watches(self) -> Iterator[Metric]:
        rows = newest_of(Environment.objects.all())
        newest = rows.values_list("environment__product__slug", "environment__name", "verdict")
        told = ((place, 1) for place in newest)
        yield _gauge(
            "verdicts", "1 for what was found after the newest deployment.", [*PLACE, "verdict"], told
        )
        decided = Watch.objects.exclude(verdict=Verdict.WATCHING).order_by("verdict").values_list("verdict")
        family = CounterMetricFamily(
            "console_watches", "Watches that ended, by what was found.", labels=["verdict"]
        )
        for verdict, many in decided.annotate(many=Count("pk")):
            family.add_metric([verdict], many)
        yield family

    def _alarms(self) -> Metric:
        """Those of a whole product have no environment, those of several products no product either."""
        rows = ringing_alarms().order_by().values_list("product__slug", "environment__name")
        told = (((slug or "", name or ""), many) for slug, name, many in rows.annotate(many=Count("pk")))
        return _gauge("alarms_ringing", "Alarms that ring and nobody silenced.", PLACE, told)

    def _findings(self) -> Metric:
        """Of what was seen of the deployment that runs now."""
        rows = EdgeTruth.objects.filter(deployment=F("environment__state__running"))
        found = rows.values_list("environment__product__slug", "environment__name", "findings")
        told = (((slug, name), len(findings)) for slug, name, findings in found)
        return _gauge("edge_findings", "What an environment serves otherwise than declared.", PLACE, told)


def _gauge(
    name: str, text: str, labels: list[str], values: Iterable[tuple[Iterable[str], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"console_{name}", text, labels=labels)
    for where, value in values:
        family.add_metric(list(where), value)
    return family
