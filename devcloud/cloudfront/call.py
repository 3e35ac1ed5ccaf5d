"""One CloudFront call on its way, and what its functions share."""

from dataclasses import dataclass
from typing import Any, Protocol

from devcloud.acm.state import Certificate
from devcloud.cloudfront.state import Cdn, Distribution
from devcloud.errors import AwsError
from devcloud.settings import Settings
from devcloud.wire import Request

Result = dict[str, Any]


class Neighbours(Protocol):
    """What distributions name of other services."""

    def certificate(self, arn: str) -> Certificate | None: ...

    def has_web_acl(self, account: str, arn: str) -> bool: ...


@dataclass(frozen=True)
class CdnCall:
    """A call to CloudFront with its parameters as boto3 names them."""

    request: Request
    params: dict[str, Any]
    cdn: Cdn
    settings: Settings
    neighbours: Neighbours

    @property
    def now(self) -> float:
        return self.request.now

    @property
    def account(self) -> str:
        return self.request.principal.account

    def distribution(self, distribution_id: str) -> Distribution:
        """Raises AwsError NoSuchDistribution, also for another account's."""
        found = self.cdn.distributions.get(distribution_id)
        if found is None or found.account != self.account:
            raise AwsError("NoSuchDistribution", 404, "The specified distribution does not exist.")
        return found

    def check_etag(self, etag: str) -> None:
        """AWS: IfMatch must be the ETag of what is there now: 400 without it, 412 when it is not the newest."""
        given = self.params.get("IfMatch")
        if given is None:
            message = "The If-Match version is missing or not valid for the resource."
            raise AwsError("InvalidIfMatchVersion", 400, message)
        if given != etag:
            message = "The request failed because it didn't meet the preconditions in one or more request-header fields."
            raise AwsError("PreconditionFailed", 412, message)

    def page(self, items: list[tuple[str, Any]]) -> Result:
        """One page of `(marker, shown)`. AWS: MaxItems is 100 unless less is asked for."""
        marker = self.params.get("Marker", "")
        size = min(int(self.params.get("MaxItems", 100)), 100)
        if size < 1:
            raise AwsError("InvalidArgument", 400, "MaxItems must be at least 1.")
        names = [name for name, _ in items]
        start = names.index(marker) + 1 if marker in names else 0
        shown = items[start : start + size]
        more = start + size < len(items)
        page: Result = {"Marker": marker, "MaxItems": size, "IsTruncated": more, "Quantity": len(shown)}
        if shown:
            page["Items"] = [each for _, each in shown]
        return page | ({"NextMarker": shown[-1][0]} if more else {})
