"""A product that is measured: the emulated cloud's numbers, and Runs that ask for them in this process."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.shipping import PRODUCT, Prepared, World

MEDIA, SANDBOX = "855652006097", "455510265254"
HALF, WHOLE = timedelta(minutes=30), timedelta(hours=1)
CDN = {
    "requests": "Requests",
    "errors_4xx": "4xxErrorRate",
    "errors_5xx": "5xxErrorRate",
    "hit_ratio": "CacheHitRate",
}
CDN |= {"latency": "OriginLatency", "bytes_down": "BytesDownloaded"}


@pytest.fixture(scope="session")
def template(prepared: Prepared) -> str:
    """What `cloned_database` copies here."""
    return prepared.database


def now() -> datetime:
    return datetime.now(UTC)


def minutes(start: datetime, end: datetime) -> list[datetime]:
    """The beginnings of the minutes between."""
    first = start.replace(second=0, microsecond=0)
    return [first + timedelta(minutes=n) for n in range(int((end - first).total_seconds() // 60))]


class Eyes:
    """What these tests do: put numbers into CloudWatch, have them asked for, look at rows."""

    def __init__(self, world: World) -> None:
        self.world, self.cloud = world, world.cloud

    def environment(self, name: str = "test") -> Any:
        from products.models import Environment

        rows = Environment.objects.select_related("product", "frontend_account", "backend_account")
        return rows.get(product__slug=PRODUCT, name=name)

    def put(
        self,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, str],
        points: Iterable[tuple[datetime, float] | tuple[datetime, float, float]],
        *,
        account: str = MEDIA,
        region: str = "us-east-1",
    ) -> None:
        told = [[at.timestamp(), *values] for at, *values in points]
        wish = {"account": account, "region": region, "namespace": namespace, "metric": metric}
        self.cloud.control("POST", "/metrics", {**wish, "dimensions": dict(dimensions), "points": told})

    def edge(
        self, times: Iterable[datetime], environment: str = "test", *, requests: float = 100, **rates: float
    ) -> None:
        """So many requests in each minute, and rates as CloudFront tells them, weighted by the requests."""
        every = list(times)
        dimensions = {"DistributionId": self.environment(environment).distribution_id, "Region": "Global"}
        self.put("AWS/CloudFront", "Requests", dimensions, [(at, requests) for at in every])
        for name, value in rates.items():
            self.put("AWS/CloudFront", CDN[name], dimensions, [(at, value, requests) for at in every])

    def handlers(self, times: Iterable[datetime], function: str, **sums: float) -> None:
        """Calls of one function of the sandbox in each minute."""
        for metric, value in sums.items():
            points = [(at, value) for at in times]
            self.put(
                "AWS/Lambda", metric, {"FunctionName": function}, points, account=SANDBOX, region="us-east-2"
            )

    def collect(self, account: str = "media") -> Any:
        """Have an account asked, to the end of the Run."""
        from monitoring.collecting import collect_from
        from products.models import Account
        from tests.runs.rows import be_due, carry_out

        run = collect_from(actor=None, account=Account.objects.get(name=account))
        while carry_out(run).is_active:
            be_due(run)
        return run

    def guard(self, account: str = "media") -> Any:
        """Have the alarms of an account looked at, to the end of the Run."""
        from monitoring.guarding import look_at_alarms_of
        from products.models import Account
        from tests.runs.rows import be_due, carry_out

        run = look_at_alarms_of(Account.objects.get(name=account))
        while carry_out(run).is_active:
            be_due(run)
        assert run.state == "succeeded", run.error
        return run

    def source(self, kind: str = "distribution", environment: str = "test") -> Any:
        from monitoring.sources import sources_of

        one = self.environment(environment)
        return sources_of([one])[one.pk][kind]

    def samples(self, source: Any, period: int = 300) -> dict[datetime, list[float | None]]:
        from monitoring.models import Sample

        rows = Sample.objects.filter(source=source, period=period).order_by("at")
        return dict(rows.values_list("at", "values"))

    def asked(self, since: int, operation: str = "GetMetricData") -> list[dict[str, Any]]:
        return self.cloud.calls(since, "monitoring", operation)


@pytest.fixture
def eyes(world: World) -> Eyes:
    keep_clear_of_a_boundary()
    return Eyes(world)


def keep_clear_of_a_boundary(seconds: float = 12) -> None:
    """Let five minutes that are about to end, end before the test begins: what is due is told by the clock."""
    left = 300 - time.time() % 300
    if left < seconds:
        time.sleep(left + 0.1)
