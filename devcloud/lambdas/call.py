"""One Lambda call on its way, and what its functions share."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devcloud.errors import AwsError
from devcloud.lambdas.state import Function, Lambdas, Shown, not_found
from devcloud.s3.store import Bucket
from devcloud.settings import Settings
from devcloud.wire import Request

PAGE = 50


@dataclass(frozen=True)
class LambdaCall:
    """A call to Lambda with its parameters as boto3 names them."""

    request: Request
    params: dict[str, Any]
    lambdas: Lambdas
    buckets: Mapping[str, Bucket]
    settings: Settings

    @property
    def now(self) -> float:
        return self.request.now

    @property
    def functions(self) -> dict[str, Function]:
        """The functions of the caller's account in the Region of the call, by name."""
        return self.lambdas.of(self.request.principal.account, self.request.region)

    @property
    def name(self) -> str:
        return self._named[0]

    @property
    def qualifier(self) -> str | None:
        """The version or alias that the call names, beside the function's name or as a part of it."""
        given: str | None = self.params.get("Qualifier")
        return given or self._named[1]

    @property
    def _named(self) -> tuple[str, str | None]:
        """AWS: a function is named by its name or its ARN, either with `:qualifier` at its end."""
        text = str(self.params["FunctionName"])
        name, _, qualifier = text.rpartition(":function:")[2].partition(":")
        return name, qualifier or None

    def function(self) -> Function:
        """The function of the call, with its update settled. Raises AwsError ResourceNotFoundException."""
        found = self.functions.get(self.name)
        if found is None:
            account, region = self.request.principal.account, self.request.region
            qualifier = f":{self.qualifier}" if self.qualifier else ""
            raise not_found(f"arn:aws:lambda:{region}:{account}:function:{self.name}{qualifier}")
        found.settle(self.now)
        return found

    def idle_function(self) -> Function:
        """The function of the call, which may be changed.

        Raises AwsError ResourceConflictException. AWS: while an update is in progress every other change is 409.
        """
        function = self.function()
        if function.update is not None:
            message = (
                "The operation cannot be performed at this time. An update is in progress for resource: "
                + function.arn
            )
            raise AwsError("ResourceConflictException", 409, message, fields={"Type": "User"})
        return function

    def check_revision(self, revision: str) -> None:
        """AWS: a RevisionId that is given must be the newest one, else 412."""
        if self.params.get("RevisionId") not in (None, revision):
            message = (
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetFunction/GetAlias API to retrieve the latest Revision Id"
            )
            raise AwsError("PreconditionFailedException", 412, message, fields={"Type": "User"})

    def page(self, name: str, keys: list[str], show: Callable[[str], Shown]) -> Shown:
        """One page of what the sorted keys name. AWS: never more than 50, whatever MaxItems says."""
        size = min(self._max_items(), PAGE)
        start = bisect_right(keys, _decoded(self.params["Marker"])) if self.params.get("Marker") else 0
        shown = keys[start : start + size]
        more = start + size < len(keys)
        return {name: [show(key) for key in shown]} | ({"NextMarker": _encoded(shown[-1])} if more else {})

    def _max_items(self) -> int:
        size = int(self.params.get("MaxItems", PAGE))
        if not 1 <= size <= 10_000:
            raise invalid(f"MaxItems must be between 1 and 10000, not {size}.")
        return size


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", 400, message, fields={"Type": "User"})


def _encoded(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decoded(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("The Marker is not one that a listing gave.") from error
