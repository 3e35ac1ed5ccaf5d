"""What a role may do, found out by trying, and the policies to install."""

import json
from dataclasses import replace
from typing import Any

import pytest

from aws import rights
from aws.access import Access, Account, connect
from aws.estate_policies import EstateReach, estate_dns_policy
from aws.lease import Unleased, unrecorded
from aws.policies import Reach, deploy_policy, read_policy, trust_policy
from aws.sessions import Identity
from bench.simulator import Simulator
from tests.aws.conftest import BUCKET, MEDIA, OTHER_BUCKET, SANDBOX, Ledger
from tests.cloud import CloudProcess

PRINCIPAL = "arn:aws:iam::111111111111:role/console-worker"
REACH = Reach(MEDIA, (BUCKET,), ("E1EXAMPLE",), "artifacts", keeps_artifacts=True)


def test_every_right_that_is_there_is_found(account: Account, worker: CloudProcess, ledger: Ledger) -> None:
    distribution = worker.client("cloudfront").list_distributions()["DistributionList"]["Items"][0]["Id"]
    before = [item for item in _keys(worker) if item]
    found = rights.try_rights(account, Reach(MEDIA, (BUCKET,), (distribution,)), writes=True)
    assert [(each.action, each.resource) for each in found] == [
        ("sts:GetCallerIdentity", account.access.role_arn),
        ("s3:ListBucket", BUCKET),
        ("s3:GetBucketVersioning", BUCKET),
        ("s3:GetObject", BUCKET),
        ("s3:PutObject", BUCKET),
        ("s3:DeleteObject", BUCKET),
        ("cloudfront:GetDistribution", distribution),
        ("cloudfront:CreateInvalidation", distribution),
    ]
    assert all(each.ok and not each.error for each in found[:-1]), found
    assert found[-1].ok is None
    listed = worker.client("cloudfront").list_invalidations(DistributionId=distribution)
    assert listed["InvalidationList"]["Quantity"] == 0, "asking creates none"
    assert _keys(worker) == before


def _keys(worker: CloudProcess) -> list[str]:
    listed = worker.client("s3").list_object_versions(Bucket=BUCKET)
    return [item["Key"] for kind in ("Versions", "DeleteMarkers") for item in listed.get(kind, ())]


def test_a_read_role_is_found_unable_to_write(worker: CloudProcess, access: Access) -> None:
    role = worker.accounts["media"]["roles"]["read"]
    reader = replace(access, role_arn=role["role_arn"], external_id=role["external_id"])
    account = connect(reader, session_name="tests", lease=Unleased(), record=unrecorded)
    distribution = worker.client("cloudfront").list_distributions()["DistributionList"]["Items"][0]["Id"]
    reach = Reach(MEDIA, (BUCKET,), (distribution,))
    assert all(each.ok for each in rights.try_rights(account, reach, writes=False))
    missing = [each for each in rights.try_rights(account, reach, writes=True) if not each.ok]
    assert [each.action for each in missing] == [
        "s3:PutObject",
        "s3:DeleteObject",
        "cloudfront:CreateInvalidation",
    ]
    assert all("AccessDenied" in each.error and "request id" in each.error for each in missing)


def test_what_is_missing_is_named(account: Account) -> None:
    reach = Reach(MEDIA, ("no-such-bucket-855652006097",), ("E0NOSUCHTHING0",))
    missing = {
        each.action: each.error for each in rights.try_rights(account, reach, writes=False) if not each.ok
    }
    assert "NoSuchBucket" in missing["s3:ListBucket"]
    assert "NoSuchDistribution" in missing["cloudfront:GetDistribution"]


API = "k0y33bw7t8"
OWN, BASE = f"https://{API}.execute-api.us-east-2.amazonaws.com/prod", "https://api.tim-combo.com/base"


def test_whether_it_can_be_told_what_an_api_calls_is_tried(worker: CloudProcess, sandbox: Account) -> None:
    """An address that leads nowhere and a variable that is not set are findings, with what to do."""
    domain = {"name": "api.tim-combo.com", "account": SANDBOX, "region": "us-east-2"}
    mapping = {"path": "base", "api": API, "stage": "prod"}
    worker.control("POST", "/apigateway/domain", {**domain, "mappings": [mapping]})
    apis = [(OWN, "tim-sb-"), (BASE, "tim-sb-")]
    assert rights.try_apis(sandbox, apis) == [
        rights.Finding("apigateway:GET", origin, True) for origin in (BASE, OWN)
    ]
    wish = {"api": API, "function": "tim-sb-{name}:${stageVariables.alias}"}
    worker.control("POST", "/apigateway/targets", wish)
    worker.control("POST", "/apigateway/domain", domain)
    nowhere, unset = rights.try_apis(sandbox, apis)
    assert (nowhere.ok, unset.ok) == (False, False)
    assert "maps no API to /base" in nowhere.error
    assert "has no variable alias" in unset.error
    (other,) = rights.try_apis(sandbox, [(OWN, "tim-dev-")])
    assert other.ok


@pytest.mark.parametrize(
    "operation", ["GetDomainName", "GetApiMappings", "GetRestApi", "GetStage", "GetExport"]
)
def test_a_missing_right_to_look_at_an_api_is_named(
    worker: CloudProcess, sandbox: Account, operation: str
) -> None:
    mapping = {"path": "base", "api": API, "stage": "prod"}
    domain = {"name": "api.tim-combo.com", "account": SANDBOX, "region": "us-east-2", "mappings": [mapping]}
    worker.control("POST", "/apigateway/domain", domain)
    wish = {"api": API, "function": "tim-sb-{name}:${stageVariables.alias}"}
    worker.control("POST", "/apigateway/targets", wish)
    worker.faults("apigateway", operation, "error", code="AccessDeniedException", status=403, count=1)
    (found,) = rights.try_apis(sandbox, [(BASE, "tim-sb-")])
    assert found.ok is False
    assert f"API Gateway {operation} on " in found.error
    assert "AccessDenied" in found.error


def test_a_role_that_anybody_may_take_is_told_from_one_that_needs_the_external_id(
    worker: CloudProcess, access: Access, simulator_process: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rights.needs_external_id(access, Identity())
    # The simulator gives its roles to anybody.
    monkeypatch.setenv("AWS_ENDPOINT_URL", simulator_process.url)
    assert not rights.needs_external_id(access, Identity())


def statements(text: str) -> dict[str, dict[str, Any]]:
    document = json.loads(text)
    assert document["Version"] == "2012-10-17"
    return {each.get("Sid", each["Action"]): each for each in document["Statement"]}


def test_only_the_workers_may_take_the_role_and_only_with_the_external_id() -> None:
    found = statements(trust_policy(PRINCIPAL, "the-id"))
    take = found["sts:AssumeRole"]
    assert take["Principal"] == {"AWS": PRINCIPAL}
    assert take["Condition"] == {"StringEquals": {"sts:ExternalId": "the-id"}}
    assert found["sts:SetSourceIdentity"]["Principal"] == {"AWS": PRINCIPAL}


def test_the_read_policy_writes_nothing() -> None:
    for each in statements(read_policy(REACH)).values():
        assert not any(
            verb in action for action in each["Action"] for verb in ("Put", "Create", "Delete", "Update")
        )


def test_the_deploy_policy_is_the_least_that_deployments_need() -> None:
    found = statements(deploy_policy(REACH))
    assert found["Objects"]["Resource"] == [f"arn:aws:s3:::{BUCKET}/*"]
    assert "s3:PutObject" in found["Objects"]["Action"]
    assert found["Releases"]["Resource"] == ["arn:aws:s3:::artifacts/releases/*"]
    assert found["Incoming"]["Action"] == ["s3:GetObject"]
    assert found["Distributions"]["Resource"] == [f"arn:aws:cloudfront::{MEDIA}:distribution/E1EXAMPLE"]
    assert "cloudfront:CreateInvalidation" in found["Distributions"]["Action"]
    text = deploy_policy(REACH)
    for never in ("DeleteObjectVersion", "PutBucketPolicy", "iam:", '"*"', "UpdateDistribution"):
        assert never not in text


@pytest.mark.parametrize(
    ("reach", "sids"),
    [
        (Reach(MEDIA), set()),
        (Reach(MEDIA, (BUCKET, OTHER_BUCKET)), {"Buckets", "Objects"}),
        (Reach(MEDIA, artifact_bucket="artifacts"), {"Releases"}),
    ],
)
def test_nothing_is_allowed_on_nothing(reach: Reach, sids: set[str]) -> None:
    assert set(statements(deploy_policy(reach))) == sids


def test_the_dns_policy_reaches_where_names_of_our_domains_lead_only() -> None:
    found = statements(estate_dns_policy(EstateReach(MEDIA, domains=("example.com", "example.org"))))
    assert set(found) == {"ZoneLists", "Zones", "ZoneChanges", "MakeZones", "Records"}
    key, condition = "route53:ChangeResourceRecordSets", found["Records"]["Condition"]
    names = condition["ForAllValues:StringLike"][f"{key}NormalizedRecordNames"]
    assert names == ["*.example.com", "*.example.org", "example.com", "example.org"]
    assert condition["ForAllValues:StringEquals"][f"{key}RecordTypes"] == ["A", "AAAA", "CNAME"]
    assert statements(estate_dns_policy(EstateReach(MEDIA))) == {}


def test_releases_of_another_account_are_only_read() -> None:
    reach = Reach(MEDIA, (BUCKET,), artifact_bucket="artifacts", keeps_artifacts=False)
    assert statements(deploy_policy(reach))["Releases"]["Action"] == ["s3:GetObject"]
