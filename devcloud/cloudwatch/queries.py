"""GetMetricData: numbers of many metrics at once, and what is computed of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devcloud.cloudfront.state import moment
from devcloud.cloudwatch import expressions, search
from devcloud.cloudwatch.call import Result, WatchCall, invalid, metric_of, seconds
from devcloud.cloudwatch.expressions import Evaluation, Line, Node, Number, Text, Value
from devcloud.cloudwatch.numbers import MINUTE, Metric, Numbers, Place
from devcloud.cloudwatch.statistics import check_statistic
from devcloud.errors import not_implemented

MOST_QUERIES, MOST_POINTS, MOST_FOUND = 500, 100_800, 500
ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")
PROPERTY = re.compile(r"\$\{PROP\('([\w.]+)'\)\}")
HIGH_RESOLUTION = (1, 5, 10, 20, 30)
DESCENDING = "TimestampDescending"
Query = Mapping[str, Any]


@dataclass(frozen=True)
class Span:
    """From when to when numbers are asked for, where, and at what time; all in seconds since the epoch."""

    place: Place
    start: float
    end: float
    now: float


@dataclass
class Questions:
    """The queries of one call, by Id, and the values that are known already."""

    numbers: Numbers
    span: Span
    queries: Mapping[str, Query]
    nodes: dict[str, Node] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)

    def value(self, query_id: str) -> Value:
        """Raises AwsError ValidationError for a query that makes no sense."""
        if query_id not in self.known:
            self.known[query_id] = self._value(self.queries[query_id])
        return self.known[query_id]

    def _value(self, query: Query) -> Value:
        if "MetricStat" in query:
            asked = query["MetricStat"]
            return self._line(metric_of(asked["Metric"]), asked["Stat"], period_of(asked["Period"]))

        def found(arguments: Sequence[Node]) -> Sequence[Line]:
            return self._search(arguments, int(query.get("Period", 300)))

        return Evaluation(self.value, found).value(self.nodes[query["Id"]])

    def _line(self, metric: Metric, statistic: str, period: int) -> Line:
        """AWS: a metric that is not there has no data points and is no error."""
        told = dict[int, float]()
        if period % MINUTE == 0:
            span = self.span
            read = self.numbers.read(span.place, metric, span.start, span.end, period, span.now)
            values = {at: one.tell(statistic) for at, one in read.items()}
            told = {at: value for at, value in values.items() if value is not None}
        return Line(told, metric, statistic, period)

    def _search(self, arguments: Sequence[Node], period: int) -> Sequence[Line]:
        """AWS: `SEARCH('terms', 'Statistic', period)` finds up to 500 metrics that had data in the last two weeks."""
        texts = [each.value for each in arguments[:2] if isinstance(each, Text)]
        if len(texts) != 2 or not all(isinstance(each, Number) for each in arguments[2:3]):
            raise invalid("Error in expression: SEARCH takes a search, a statistic and a period")
        step = period_of(
            next((int(each.value) for each in arguments[2:] if isinstance(each, Number)), period)
        )
        fits, statistic = search.read(texts[0]), check_statistic(texts[1])
        found = [each for each in self.numbers.metrics(self.span.place, self.span.now) if fits(each)]
        return [self._line(each, statistic, step) for each in found[:MOST_FOUND]]


def ask(numbers: Numbers, span: Span, queries: Sequence[Query]) -> Questions:
    """The queries, checked. Raises AwsError ValidationError for those that AWS would refuse."""
    by_id = {query["Id"]: query for query in queries}
    questions = Questions(numbers, span, by_id)
    if len(by_id) != len(queries):
        raise invalid("The values for parameter id in MetricDataQueries are not unique.")
    for query in queries:
        _check(query)
        if "Expression" in query:
            questions.nodes[query["Id"]] = expressions.read(query["Expression"])
    for query_id in by_id:
        _check_names(questions, query_id, ())
    return questions


def _check(query: Query) -> None:
    if not ID.fullmatch(query["Id"]):
        raise invalid(
            f"The value {query['Id']} for parameter id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
        )
    if ("MetricStat" in query) == ("Expression" in query):
        raise invalid(f"Exactly one of MetricStat and Expression is needed in {query['Id']}")
    if "MetricStat" in query:
        _check_stat(query["MetricStat"])


def _check_stat(asked: Query) -> None:
    missing = [name for name in ("Metric", "Period", "Stat") if name not in asked]
    if missing:
        raise invalid(f"The parameter MetricStat.{missing[0]} is required.")
    check_statistic(asked["Stat"])
    period_of(asked["Period"])
    if "Unit" in asked:
        raise not_implemented("cloudwatch", "GetMetricData by Unit")


def _check_names(questions: Questions, query_id: str, above: tuple[str, ...]) -> None:
    """AWS: an expression may use the Ids of the same call, and not itself."""
    if query_id not in questions.queries:
        raise invalid(f"Error in expression '{above[-1]}': {query_id} is no Id of a query.")
    if query_id in above:
        raise invalid(f"Error in expression '{query_id}': it needs itself.")
    node = questions.nodes.get(query_id)
    for name in expressions.names(node) if node else ():
        _check_names(questions, name, (*above, query_id))


def period_of(period: int) -> int:
    """AWS: a multiple of 60 seconds, or one of the short ones, in which nothing is kept here. Raises AwsError."""
    if period <= 0 or (period % MINUTE and period not in HIGH_RESOLUTION):
        raise invalid(
            f"The value {period} for parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."
        )
    return period


def get_metric_data(call: WatchCall) -> Result:
    """AWS: up to 500 queries; the newest data points first unless asked for otherwise; the start counts, the end does not."""
    queries = call.params["MetricDataQueries"]
    start, end = (seconds(call.params[name], name) for name in ("StartTime", "EndTime"))
    if len(queries) > MOST_QUERIES:
        raise invalid(f"The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}.")
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    questions = ask(call.numbers, Span(call.place, start, end, call.now), queries)
    results = [each for query in queries for each in _results(questions, query, call)]
    page, more = _page(call, results)
    for number, result in enumerate(page[: int(call.settings.partial_metrics)]):
        _break(result, number)
    return {"MetricDataResults": page, "Messages": [], **more}


def _results(questions: Questions, query: Query, call: WatchCall) -> Iterator[Result]:
    if not query.get("ReturnData", True):
        return
    value = questions.value(query["Id"])
    if isinstance(value, float):
        raise invalid(f"Error in expression '{query['Id']}': it is a number and no time series.")
    newest_first = call.params.get("ScanBy", DESCENDING) == DESCENDING
    for line in [value] if isinstance(value, Line) else value:
        times = sorted(line.points, reverse=newest_first)
        yield {
            "Id": query["Id"],
            "Label": _label(query, line, call.request.region),
            "Timestamps": times,
            "Values": [line.points[at] for at in times],
            "StatusCode": "Complete",
        }


def _label(query: Query, line: Line, region: str) -> str:
    """AWS: dynamic parts are those of the metric found; without a label one is made up."""
    given, metric = query.get("Label"), line.metric
    if metric is None:
        return str(given or query["Id"])
    if given is None:
        searched = [value for _, value in metric.dimensions] if "Expression" in query else []
        return " ".join([*searched, metric.name])
    known = {"Namespace": metric.namespace, "MetricName": metric.name, "Region": region}
    known |= {"Stat": line.statistic, "Period": str(line.period)}
    known |= {f"Dim.{name}": value for name, value in metric.dimensions}
    return PROPERTY.sub(lambda found: known.get(found[1], ""), given)


def _page(call: WatchCall, results: list[Result]) -> tuple[list[Result], Result]:
    """AWS: up to 100,800 data points at a time; a result that goes on is PartialData until its last page."""
    size, first = int(call.params.get("MaxDatapoints", MOST_POINTS)), call.first
    if not 1 <= size <= MOST_POINTS:
        raise invalid(f"The value {size} for parameter MaxDatapoints must be from 1 to {MOST_POINTS}.")
    page, at, last = [], 0, first + size
    for result in results:
        begins, at = at, at + len(result["Values"])
        empty_here = begins == at and (first < begins <= last or begins == first == 0)
        if empty_here or max(first, begins) < min(last, at):
            page.append(_cut(result, max(0, first - begins), last - begins, whole=at <= last))
    return page, {"NextToken": str(last)} if at > last else {}


def _cut(result: Result, first: int, last: int, *, whole: bool) -> Result:
    return {
        **result,
        "Timestamps": [moment(at) for at in result["Timestamps"][first:last]],
        "Values": result["Values"][first:last],
        "StatusCode": "Complete" if whole else "PartialData",
    }


def _break(result: Result, number: int) -> None:
    """As AWS answers in a bad hour: by turns a part without a token for the rest, and nothing at all."""
    kept = 0 if number % 2 else len(result["Values"]) // 2
    result["Values"], result["Timestamps"] = result["Values"][:kept], result["Timestamps"][:kept]
    result["StatusCode"] = "InternalError" if number % 2 else "PartialData"
