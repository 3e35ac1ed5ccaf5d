"""Where asking for numbers is measured: one account with as many distributions as asked for, and their numbers of an hour."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from aws.access import Access, connect
from aws.lease import Unleased, unrecorded
from bench.cloud import Cloud, carry_out, emulated_cloud
from bench.estate_ground import many_products
from bench.metrics import PER_CALL
from bench.peers import aws_cli
from monitoring.collecting import collect_from
from monitoring.joining import floor
from monitoring.kinds import DAY, DISTRIBUTION, FIVE_MINUTES
from monitoring.models import Sample, Source
from monitoring.sources import EDGE_REGION, keep_sources
from monitoring.steps.questions import questions_about
from monitoring.windows import AGAIN
from products.models import Account, Environment, Kind, Product, Purpose
from timcombo_console.estate.importing import import_estate

ACCOUNT = "media"
NAMES = ("dev", "test", "stage", "prod", "static")
FIVE = timedelta(seconds=FIVE_MINUTES)
POINTS = 12
A_TIME = 200
"""So many metrics are put into the emulated cloud at once."""


class Ground:
    """The account, its sources, and the cloud that knows their numbers. Everything before the last five minutes is known."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud = cloud
        self._account = Account.objects.get(name=ACCOUNT)
        self._sources = [one for one in keep_sources(self._account) if one.kind == DISTRIBUTION.name]
        self.sources = len(self._sources)
        self.series = self.sources * len(DISTRIBUTION.metrics)
        self.questions = list(self._written(folder))

    def put_numbers(self) -> None:
        """An hour of every metric, and some ahead for as long as this takes."""
        now = floor(datetime.now(UTC), FIVE_MINUTES)
        times = [(now + FIVE * number).timestamp() for number in range(-POINTS, POINTS)]
        metrics = sorted({metric.aws for metric in DISTRIBUTION.metrics})
        wishes = [
            self._wish(source, metric, times, 100 + place)
            for place, source in enumerate(self._sources)
            for metric in metrics
        ]
        for first in range(0, len(wishes), A_TIME):
            self.cloud.control("/metrics", wishes[first : first + A_TIME])

    def _wish(self, source: Source, metric: str, times: list[float], value: float) -> dict[str, Any]:
        return {
            "account": self._account.aws_id,
            "region": EDGE_REGION,
            "namespace": DISTRIBUTION.namespace,
            "metric": metric,
            "dimensions": {"DistributionId": source.name, "Region": "Global"},
            "points": [[at, value] for at in times],
        }

    def refresh(self) -> float:
        """Seconds of a Run that asks when all sources are one period behind: from its lease to what is kept."""
        now = datetime.now(UTC)
        behind, today = floor(now, FIVE_MINUTES) - FIVE, floor(now, DAY)
        Source.objects.filter(kind=DISTRIBUTION.name).update(until=behind)
        Source.objects.exclude(kind=DISTRIBUTION.name).update(until=today)
        Sample.objects.filter(at__gte=behind).delete()
        run = collect_from(actor=None, account=self._account)
        started = time.perf_counter()
        carry_out(run)
        return time.perf_counter() - started

    def asked(self, since: int) -> int:
        """Calls for numbers since that one."""
        return sum(call["operation"] == "GetMetricData" for call in self.cloud.calls(since))

    def renewed(self) -> int:
        """Sources of which the newest five minutes are kept, with a value for each metric."""
        self._sources = list(Source.objects.filter(kind=DISTRIBUTION.name))
        newest = max(one.until for one in self._sources if one.until) - FIVE
        rows = Sample.objects.filter(period=FIVE_MINUTES, at=newest).values_list("values", flat=True)
        return sum(None not in values for values in rows)

    def by_hand(self) -> float:
        """Seconds of a loop in a shell over the same questions and the same time."""
        keys, end = self._keys(), floor(datetime.now(UTC), FIVE_MINUTES)
        span = ["--start-time", (end - FIVE - AGAIN[FIVE_MINUTES]).isoformat(), "--end-time", end.isoformat()]
        begin = [
            "--endpoint-url",
            self.cloud.endpoint,
            "--region",
            EDGE_REGION,
            "cloudwatch",
            "get-metric-data",
        ]
        started = time.perf_counter()
        for path in self.questions:
            aws_cli(keys, *begin, *span, "--metric-data-queries", f"file://{path}")
        return time.perf_counter() - started

    def _written(self, folder: Path) -> Iterator[Path]:
        """The questions as the AWS CLI reads them, as many to a file as one call takes."""
        every = [one for source in self._sources for one in questions_about(source, FIVE_MINUTES)]
        for first in range(0, len(every), PER_CALL):
            path = folder / f"questions-{first}.json"
            some = every[first : first + PER_CALL]
            path.write_text(json.dumps([{"Id": f"m{n}", **one.asked()} for n, one in enumerate(some)]))
            yield path

    def _keys(self) -> dict[str, str]:
        """The reading role of the account, as a person would have taken it."""
        role = self._account.roles.get(purpose=Purpose.READ)
        access = Access(self._account.aws_id, self._account.region, role.role_arn, role.external_id)
        keys = connect(access, session_name="loop", lease=Unleased(), record=unrecorded).credentials()
        return {
            "AWS_ACCESS_KEY_ID": keys.access_key or "",
            "AWS_SECRET_ACCESS_KEY": keys.secret_key or "",
            "AWS_SESSION_TOKEN": keys.token or "",
        }


@contextmanager
def ground(folder: Path, products: int, latency_ms: float) -> Iterator[Ground]:
    """All of it, started for the block."""
    path = folder / "estate.yaml"
    path.write_text(yaml.safe_dump(many_products(0), sort_keys=False))
    path.with_suffix(".handlers.txt").write_text("one\n")
    import_estate(actor=None, text=path.read_text(), name=path.name)
    add_products(products)
    with emulated_cloud(path) as cloud:
        place = Ground(cloud, folder)
        place.put_numbers()
        cloud.control("/faults", {"kind": "latency", "ms": latency_ms})
        yield place


def add_products(products: int) -> None:
    """So many products of five environments each, all with a distribution in one account."""
    account = Account.objects.get(name=ACCOUNT)
    made = Product.objects.bulk_create(
        Product(
            slug=f"shop-{number}",
            name=f"Shop {number}",
            domain=f"shop-{number}.example",
            artifact_account=account,
            artifact_bucket="bench-artifacts",
        )
        for number in range(products)
    )
    Environment.objects.bulk_create(
        Environment(
            product=product,
            name=name,
            kind=Kind.STATIC if name == "static" else Kind.APP,
            position=place,
            frontend_account=account,
            bucket=f"{product.slug}-{name}",
            distribution_id=f"E1BENCH{product.pk:04}{place}",
        )
        for product in made
        for place, name in enumerate(NAMES)
    )
