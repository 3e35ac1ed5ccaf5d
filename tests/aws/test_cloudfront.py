"""CloudFront: distributions and invalidations."""

import pytest

from aws import cloudfront, errors
from aws.access import Account
from aws.cloudfront import Origin
from tests.aws.conftest import BUCKET, OTHER_BUCKET, Ledger
from tests.cloud import CloudProcess


@pytest.fixture
def distribution_id(worker: CloudProcess) -> str:
    """The distribution that serves the dev bucket."""
    items = worker.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    return next(
        str(item["Id"])
        for item in items
        if any(origin["DomainName"].startswith(f"{BUCKET}.") for origin in item["Origins"]["Items"])
    )


def test_a_distribution_says_what_it_serves(account: Account, distribution_id: str) -> None:
    found = cloudfront.get_distribution(account, distribution_id)
    assert (found.id, found.enabled, found.deployed) == (distribution_id, True, True)
    assert found.domain.endswith(".cloudfront.net")
    assert found.arn.endswith(distribution_id)
    assert "dev.tim-combo.com" in found.aliases
    assert found.serves_bucket(BUCKET)
    assert not found.serves_bucket(OTHER_BUCKET)


def test_an_unknown_distribution_is_not_found(account: Account) -> None:
    with pytest.raises(errors.NotFound, match="NoSuchDistribution"):
        cloudfront.get_distribution(account, "E0NOSUCHTHING0")


@pytest.mark.parametrize(
    ("origin", "serves"),
    [
        (Origin("o", "site.s3.us-east-2.amazonaws.com", ""), True),
        (Origin("o", "site.s3-us-west-2.amazonaws.com", ""), True),
        (Origin("o", "site.s3.amazonaws.com", ""), True),
        (Origin("o", "site.s3.dualstack.us-east-2.amazonaws.com", ""), True),
        (Origin("o", "site.s3.cn-north-1.amazonaws.com.cn", ""), True),
        (Origin("o", "site.s3.us-east-2.amazonaws.com", "/releases/1"), False),
        (Origin("o", "site.s3-website-us-east-1.amazonaws.com", ""), False),
        (Origin("o", "other.site.s3.us-east-2.amazonaws.com", ""), False),
        (Origin("o", "site.s3.us-east-2.amazonaws.com.example.com", ""), False),
        (Origin("o", "site.example.com", ""), False),
    ],
)
def test_a_bucket_is_known_by_its_rest_address(origin: Origin, serves: bool) -> None:
    assert origin.is_bucket("site") is serves


def test_an_invalidation_is_made_once_per_reference(
    account: Account, ledger: Ledger, distribution_id: str, worker: CloudProcess
) -> None:
    worker.settings(invalidation_seconds=0.2)
    paths = ("/", "/index.html")
    made = cloudfront.create_invalidation(account, distribution_id, paths, "step-1")
    again = cloudfront.create_invalidation(account, distribution_id, paths, "step-1")
    assert (made.id, made.caller_reference, set(made.paths)) == (again.id, "step-1", set(paths))
    assert all(call.writes and call.request_id for call in ledger.of("CreateInvalidation"))
    with pytest.raises(errors.AwsError, match="InvalidationBatchAlreadyExists"):
        cloudfront.create_invalidation(account, distribution_id, ("/other",), "step-1")
    other = cloudfront.create_invalidation(account, distribution_id, ("/other",), "step-2")
    assert other.id != made.id


def test_a_lost_answer_makes_no_second_invalidation(
    account: Account, worker: CloudProcess, distribution_id: str
) -> None:
    worker.faults("cloudfront", "CreateInvalidation", "lost_reply", count=1)
    made = cloudfront.create_invalidation(account, distribution_id, ("/",), "step-1")
    listed = worker.client("cloudfront").list_invalidations(DistributionId=distribution_id)
    assert [item["Id"] for item in listed["InvalidationList"]["Items"]] == [made.id]


def test_too_many_in_progress_is_its_own_error(
    account: Account, worker: CloudProcess, distribution_id: str
) -> None:
    """AWS: at most 15 wildcard paths of a distribution are in progress at a time."""
    worker.settings(invalidation_seconds=60)
    for number in range(15):
        cloudfront.create_invalidation(account, distribution_id, (f"/{number}/*",), f"step-{number}")
    with pytest.raises(errors.TooManyInvalidations, match="asked again"):
        cloudfront.create_invalidation(account, distribution_id, ("/*",), "step-16")
