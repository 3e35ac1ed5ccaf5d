"""CloudWatch's numbers of functions: errors, throttles and invocations per minute, as a test or a demo asked for."""

import json
from collections.abc import Iterator
from typing import Any

from devcloud.lambdas.state import Function, Lambdas
from devcloud.wire import Reply, Request

NAMESPACE = "AWS/Lambda"
MINUTE = 60


def asked_of_lambda(request: Request) -> bool:
    """Whether a call asks for numbers of functions only; those of others are moto's."""
    if request.operation != "GetMetricData" or not request.body.startswith(b"{"):
        return False
    queries = json.loads(request.body).get("MetricDataQueries", [])
    return bool(queries) and all(_metric(query).get("Namespace") == NAMESPACE for query in queries)


def _metric(query: dict[str, Any]) -> dict[str, Any]:
    metric: dict[str, Any] = query.get("MetricStat", {}).get("Metric", {})
    return metric


def handle(request: Request, lambdas: Lambdas) -> Reply:
    """The sums per minute of each query. AWS: minutes in which a function was not called have no values."""
    asked = json.loads(request.body)
    end = min(float(asked["EndTime"]), request.now)
    start = float(asked["StartTime"]) // MINUTE * MINUTE
    minutes = [start + MINUTE * n for n in range(max(0, int((end - start) // MINUTE) + 1))]
    results = list(_results(request, lambdas, asked["MetricDataQueries"], minutes))
    body = json.dumps({"MetricDataResults": results, "Messages": []}).encode()
    return Reply(200, body, {"content-type": "application/x-amz-json-1.0"})


def _results(
    request: Request, lambdas: Lambdas, queries: list[dict[str, Any]], minutes: list[float]
) -> Iterator[dict[str, Any]]:
    functions = lambdas.of(request.principal.account, request.region)
    for query in queries:
        metric = _metric(query)
        dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
        name = dimensions.get("FunctionName", "")
        told = lambdas.errors.get((request.principal.account, name), {})
        counted = _counted(told, functions.get(name), minutes)
        yield {
            "Id": query["Id"],
            "Label": metric["MetricName"],
            "StatusCode": "Complete",
            "Timestamps": counted,
            "Values": [told[metric["MetricName"].lower()] for _ in counted],
        }


def _counted(told: dict[str, Any], function: Function | None, minutes: list[float]) -> list[float]:
    """The minutes for which numbers are told; those about certain code begin with the minute in which it came."""
    if not told:
        return []
    if not told["code_sha256"]:
        return minutes
    called = function.called if function else None
    if called is None or called.code.sha256 != told["code_sha256"]:
        return []
    return [minute for minute in minutes if minute + MINUTE > called.modified]
