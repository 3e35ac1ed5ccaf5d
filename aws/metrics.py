"""CloudWatch: the values of many metrics by one call."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from aws.access import Account

QUERIES, POINTS = 500, 100_800
"""AWS: the most questions and data points of one GetMetricData."""
COMPLETE = "Complete"

Points = dict[datetime, float]
"""Values by the beginning of their period. AWS: one without data is left out, which is not zero."""


class Question(Protocol):
    """What GetMetricData can be asked."""

    def asked(self) -> dict[str, Any]:
        """As boto3 takes it, without its id."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one thing, in periods of so many seconds.

    AWS: all dimensions under which a metric is published must be given; else nothing is found, and that is no error.
    """

    namespace: str
    metric: str
    stat: str
    period: int
    dimensions: tuple[tuple[str, str], ...]

    def asked(self) -> dict[str, Any]:
        about = {
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
        }
        return {"MetricStat": {"Metric": about, "Period": self.period, "Stat": self.stat}}


@dataclass(frozen=True, slots=True)
class Search:
    """One metric of everything that is told apart by `dimension` alone and whose value there holds all these words.

    AWS: a word is what stands between characters that are no letters or digits, so a search finds more than what begins
    like this. It finds up to 500 things that had data in the last two weeks.
    """

    namespace: str
    dimension: str
    words: tuple[str, ...]
    metric: str
    stat: str
    period: int

    def asked(self) -> dict[str, Any]:
        schema, words = f"{{{self.namespace},{self.dimension}}}", " ".join(self.words)
        found = f"SEARCH('{schema} MetricName=\"{self.metric}\" {words}', '{self.stat}', {self.period})"
        return {"Expression": found, "Label": f"${{PROP('Dim.{self.dimension}')}}"}


@dataclass(slots=True)
class Found:
    """What a question found, by label: a search has one for each thing it found."""

    by_label: dict[str, Points] = field(default_factory=lambda: defaultdict(dict))
    statuses: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether all of it came. AWS: each thing that a search found has a status of its own."""
        return all(status == COMPLETE for status in self.statuses.values())

    @property
    def metrics(self) -> int:
        """For how many AWS bills: also for the question that found nothing."""
        return max(1, len(self.by_label))

    def add(self, result: dict[str, Any]) -> None:
        """Take in what a page holds of it."""
        label = result.get("Label", "")
        self.by_label[label].update(zip(result["Timestamps"], result["Values"], strict=True))
        self.statuses[label] = result.get("StatusCode", COMPLETE)

    @property
    def points(self) -> Points:
        """Of a question about one thing."""
        return next(iter(self.by_label.values()), {})


def ask(
    account: Account,
    service: str,
    questions: Sequence[Question],
    start: datetime,
    end: datetime,
    about: str,
    *,
    bill: Callable[[int], object] = lambda metrics: None,
) -> tuple[Found, ...]:
    """What each of up to 500 questions found, from `start` up to but not including `end`.

    `service` is the client: `edge-metrics` for what CloudFront keeps in us-east-1. `bill` is told of each call that was
    answered how many metrics it adds to what AWS bills. AWS: every one that is asked for, and every one that a search
    finds, counts; a result may be spread over pages and is PartialData until its last one. Raises AwsError when AWS does
    not answer, for a later page too.
    """
    found = tuple(Found() for _ in questions)
    billed = 0
    for page in _pages(account, service, questions, start, end, about):
        for result in page["MetricDataResults"]:
            found[int(result["Id"].removeprefix("m"))].add(result)
        bill(sum(one.metrics for one in found) - billed)
        billed = sum(one.metrics for one in found)
    return found


def _pages(
    account: Account, service: str, questions: Sequence[Question], start: datetime, end: datetime, about: str
) -> Iterator[dict[str, Any]]:
    asked = [{"Id": f"m{number}", **one.asked()} for number, one in enumerate(questions)]
    page: dict[str, Any] = {"MetricDataQueries": asked, "StartTime": start, "EndTime": end}
    while True:
        answer = account.read(service, "GetMetricData", about, **page)
        yield answer
        if not answer.get("NextToken"):
            return
        page["NextToken"] = answer["NextToken"]
