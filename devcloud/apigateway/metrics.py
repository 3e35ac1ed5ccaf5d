"""What API Gateway publishes about APIs."""

from devcloud.apigateway.state import REST, Api
from devcloud.cloudwatch.numbers import Metric, Numbers

NAMESPACE = "AWS/ApiGateway"
OVERHEAD = 8.0
"""Milliseconds that API Gateway itself takes."""


def publish(
    numbers: Numbers, api: Api, stage: str, now: float, status: int, integration: float | None
) -> None:
    """One call of a stage; `integration` is how many milliseconds a function took, where one was called.

    AWS: the two kinds of API name their dimensions and their errors differently; of both there are numbers of the API and
    of the stage.
    """
    rest = api.kind == REST
    refused, failed = ("4XXError", "5XXError") if rest else ("4xx", "5xx")
    values = {"Count": 1.0, refused: float(400 <= status < 500), failed: float(status >= 500)}
    values["Latency"] = OVERHEAD + (integration or 0.0)
    if integration is not None:
        values["IntegrationLatency"] = integration
    own = {"ApiName": api.name} if rest else {"ApiId": api.id}
    for dimensions in (own, {**own, "Stage": stage}):
        for name, value in values.items():
            numbers.put((api.account, api.region), Metric.of(NAMESPACE, name, dimensions), now, value, now)
