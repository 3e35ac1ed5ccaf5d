"""One CloudWatch call on its way, and how its parameters are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devcloud.cloudwatch.numbers import Metric, Numbers, Place
from devcloud.cloudwatch.state import Alarms
from devcloud.errors import AwsError
from devcloud.settings import Settings
from devcloud.wire import Request

Result = dict[str, Any]
LONGEST, MOST_DIMENSIONS = 255, 30


@dataclass(frozen=True)
class WatchCall:
    """A call with its parameters as boto3 names them."""

    request: Request
    params: dict[str, Any]
    numbers: Numbers
    alarms: Alarms
    settings: Settings

    @property
    def place(self) -> Place:
        return self.request.principal.account, self.request.region

    @property
    def now(self) -> float:
        return self.request.now

    def page(self, items: Sequence[Any], size: int) -> tuple[Sequence[Any], Result]:
        """The part of a listing that the call's NextToken asks for, and the token of what comes after it."""
        first = self.first
        more = first + size < len(items)
        return items[first : first + size], {"NextToken": str(first + size)} if more else {}

    @property
    def first(self) -> int:
        """Where the page begins that is asked for. Raises AwsError InvalidNextToken for a token that nobody gave."""
        token = str(self.params.get("NextToken") or "0")
        if not token.isdigit():
            raise AwsError("InvalidNextToken", 400, "The next token specified is invalid.")
        return int(token)


def seconds(value: Any, name: str) -> float:
    """A time as seconds since the epoch; JSON has numbers, the query protocol texts. Raises AwsError ValidationError."""
    try:
        return float(value) if isinstance(value, int | float) else datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError) as error:
        raise invalid(f"The value {value} for parameter {name} is no time") from error


def metric_of(asked: Mapping[str, Any], namespace: str = "") -> Metric:
    """The metric that a part of a call names. AWS: up to 30 dimensions, each once. Raises AwsError ValidationError."""
    dimensions = {one["Name"]: one["Value"] for one in asked.get("Dimensions", ())}
    if len(dimensions) != len(asked.get("Dimensions", ())) or len(dimensions) > MOST_DIMENSIONS:
        raise invalid(f"A metric has up to {MOST_DIMENSIONS} dimensions, each name once")
    found = Metric.of(namespace or asked.get("Namespace", ""), asked.get("MetricName", ""), dimensions)
    if not (1 <= len(found.namespace) <= LONGEST and 1 <= len(found.name) <= LONGEST):
        raise invalid(f"Namespace and MetricName have 1 to {LONGEST} characters")
    return found


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", 400, message)
