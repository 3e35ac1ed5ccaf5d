"""Invalidations: idempotent, limited, in progress for a while."""

from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import Refused
from tests.devcloud.test_cloudfront import DEV, wait_for


def invalidate(cdn: Any, reference: str, *paths: str) -> Any:
    batch = {"CallerReference": reference, "Paths": {"Quantity": len(paths), "Items": list(paths)}}
    return cdn.create_invalidation(DistributionId=DEV, InvalidationBatch=batch)["Invalidation"]


def test_an_invalidation_is_in_progress_then_completed(cloud: CloudProcess, cdn: Any) -> None:
    """AWS: the states are spelled InProgress and Completed."""
    cloud.settings(invalidation_seconds=1)
    made = invalidate(cdn, "a", "/", "/index.html")
    assert made["Status"] == "InProgress"
    assert cdn.get_distribution(Id=DEV)["Distribution"]["InProgressInvalidationBatches"] == 1
    where = {"DistributionId": DEV, "Id": made["Id"]}
    wait_for(lambda: cdn.get_invalidation(**where)["Invalidation"]["Status"] == "Completed")
    assert cdn.get_invalidation(**where)["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] == [
        "/",
        "/index.html",
    ]


def test_the_same_reference_is_the_same_invalidation(cdn: Any, refused: Refused) -> None:
    """AWS: same reference and paths is the existing one; with other paths InvalidationBatchAlreadyExists."""
    first = invalidate(cdn, "a", "/", "/b")
    assert invalidate(cdn, "a", "/b", "/")["Id"] == first["Id"]
    with refused("InvalidationBatchAlreadyExists", 409):
        invalidate(cdn, "a", "/", "/c")
    assert invalidate(cdn, "b", "/", "/c")["Id"] != first["Id"]


def test_wildcards_in_progress_are_limited(cloud: CloudProcess, cdn: Any, refused: Refused) -> None:
    """AWS: 15 wildcard paths in progress per distribution, counted apart from files."""
    cloud.settings(invalidation_seconds=60)
    invalidate(cdn, "a", *(f"/{number}/*" for number in range(15)))
    assert invalidate(cdn, "b", "/file")
    with refused("TooManyInvalidationsInProgress", 400):
        invalidate(cdn, "c", "/*")
    cloud.settings(clock_offset=61)
    assert invalidate(cdn, "c", "/*")


def test_files_in_progress_are_limited(cloud: CloudProcess, cdn: Any, refused: Refused) -> None:
    """AWS: 3,000 files in progress per distribution; other distributions do not count."""
    cloud.settings(invalidation_seconds=60)
    invalidate(cdn, "a", *(f"/{number}" for number in range(2999)))
    assert invalidate(cdn, "b", "/one-more")
    with refused("TooManyInvalidationsInProgress", 400):
        invalidate(cdn, "c", "/too-much")
    other = {"CallerReference": "c", "Paths": {"Quantity": 1, "Items": ["/too-much"]}}
    assert cdn.create_invalidation(DistributionId="E1TIMCTEST0000", InvalidationBatch=other)
    with refused("BatchTooLarge", 413):
        invalidate(cdn, "d", *(f"/{number}" for number in range(3001)))


@pytest.mark.parametrize("path", ["index.html", "/a b", "/ü", "/*/x", "/a*b*", "/%zz", "/" + "x" * 4000])
def test_a_wrong_path_is_refused(cdn: Any, refused: Refused, path: str) -> None:
    """AWS: a path begins with a slash, is URL-encoded, and has `*` at its end only."""
    assert invalidate(cdn, "right", "/", "/a%20b/%C3%BC.js", "/docs/*", "/a~b'(1)")
    with refused("InvalidArgument", 400):
        invalidate(cdn, "wrong", path)


def test_counts_must_fit(cdn: Any, refused: Refused) -> None:
    batch = {"CallerReference": "a", "Paths": {"Quantity": 2, "Items": ["/"]}}
    with refused("InconsistentQuantities", 400):
        cdn.create_invalidation(DistributionId=DEV, InvalidationBatch=batch)
    with refused("InvalidArgument", 400):
        invalidate(cdn, "a")


def test_invalidations_are_listed_newest_first(cdn: Any, refused: Refused) -> None:
    made = [invalidate(cdn, str(number), "/")["Id"] for number in range(3)]
    pages = cdn.get_paginator("list_invalidations").paginate(
        DistributionId=DEV, PaginationConfig={"PageSize": 2}
    )
    assert [each["Id"] for page in pages for each in page["InvalidationList"]["Items"]] == made[::-1]
    with refused("NoSuchInvalidation", 404):
        cdn.get_invalidation(DistributionId=DEV, Id="I0NOTTHERE")
    with refused("NoSuchDistribution", 404):
        cdn.list_invalidations(DistributionId="E0NOTTHERE")
