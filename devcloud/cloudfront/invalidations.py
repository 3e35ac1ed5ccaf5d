"""Invalidations: idempotent by caller reference, limited in progress, done after a while."""

import re
from collections.abc import Iterable

from devcloud.cloudfront.call import CdnCall, Result
from devcloud.cloudfront.state import Invalidation, new_id
from devcloud.errors import AwsError

MAX_FILES = 3000
MAX_WILDCARDS = 15
_PATH = re.compile(r"/[!-)+-~]*\*?")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def create_invalidation(call: CdnCall) -> Result:
    """AWS: the same caller reference with the same paths is the same invalidation; with other paths it is refused.

    At most 3,000 files and, counted apart, 15 wildcard paths may be in progress per distribution.
    """
    distribution = call.distribution(call.params["DistributionId"])
    batch = call.params["InvalidationBatch"]
    paths = batch["Paths"].get("Items", [])
    _check_paths(batch["Paths"]["Quantity"], paths)
    for each in distribution.invalidations:
        if each.batch["CallerReference"] == batch["CallerReference"]:
            return _repeated(call, each, paths)
    _check_limits(paths, [path for each in distribution.in_progress(call.now) for path in each.paths])
    invalidation = Invalidation(new_id("I"), batch, call.now, call.now + call.settings.invalidation_seconds)
    distribution.invalidations.append(invalidation)
    return _shown(call, invalidation)


def _repeated(call: CdnCall, earlier: Invalidation, paths: list[str]) -> Result:
    if sorted(earlier.paths) != sorted(paths):
        message = "An invalidation batch with this caller reference exists already, with other paths."
        raise AwsError("InvalidationBatchAlreadyExists", 409, message)
    return _shown(call, earlier)


def _shown(call: CdnCall, invalidation: Invalidation) -> Result:
    base = "https://cloudfront.amazonaws.com/2020-05-31/distribution"
    location = f"{base}/{call.params['DistributionId']}/invalidation/{invalidation.id}"
    return {"Invalidation": invalidation.shown(call.now), "Location": location}


def _check_paths(quantity: int, paths: list[str]) -> None:
    if quantity != len(paths):
        raise AwsError(
            "InconsistentQuantities", 400, "The value of Quantity and the size of Items don't match."
        )
    if not paths:
        raise AwsError("InvalidArgument", 400, "Your request contains an empty list of paths.")
    if len(paths) > MAX_FILES:
        raise AwsError("BatchTooLarge", 413, "Your request contains more than 3,000 invalidation paths.")
    for path in paths:
        if _PATH.fullmatch(path) is None or _BROKEN_ESCAPE.search(path) or len(path) > 4000:
            message = f"Your request contains one or more invalid invalidation paths: {path}"
            raise AwsError("InvalidArgument", 400, message)


def _check_limits(wanted: Iterable[str], running: Iterable[str]) -> None:
    everything = [*wanted, *running]
    wildcards = sum(path.endswith("*") for path in everything)
    if wildcards > MAX_WILDCARDS or len(everything) - wildcards > MAX_FILES:
        message = (
            "You have exceeded the maximum number of allowable InProgress invalidation batches or paths."
        )
        raise AwsError("TooManyInvalidationsInProgress", 400, message)


def get_invalidation(call: CdnCall) -> Result:
    distribution = call.distribution(call.params["DistributionId"])
    for each in distribution.invalidations:
        if each.id == call.params["Id"]:
            return {"Invalidation": each.shown(call.now)}
    raise AwsError("NoSuchInvalidation", 404, "The specified invalidation does not exist.")


def list_invalidations(call: CdnCall) -> Result:
    """AWS: newest first."""
    distribution = call.distribution(call.params["DistributionId"])
    newest_first = reversed(distribution.invalidations)
    shown = [(each.id, each.shown(call.now)) for each in newest_first]
    items = [(name, {key: each[key] for key in ("Id", "CreateTime", "Status")}) for name, each in shown]
    return {"InvalidationList": call.page(items)}
