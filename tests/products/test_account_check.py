"""The check of an account against the emulated cloud: what is right, what is missing, and what to install."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.models import Event
from aws import sessions
from products.models import Account, AccountCheck, Environment
from runs.models import Run
from tests.cloud import CloudProcess
from tests.products.conftest import person
from tests.workers import Clone
from users.permissions import Role


@pytest.fixture(scope="session")
def template(estate_template: str) -> str:
    """What `cloned_database` copies here."""
    return estate_template


@pytest.fixture
def aws(cloud: CloudProcess, cloned_database: Clone, monkeypatch: pytest.MonkeyPatch) -> CloudProcess:
    """The emulated cloud, reached as a worker would; rows are committed, so that the lease can be renewed."""
    # Each test's Runs count from 1, and a session is known by its Run: one of another test must not be found.
    sessions._sessions.clear()
    for name, value in cloud.env().items():
        monkeypatch.setenv(name, value)
    return cloud


def check(name: str = "media") -> tuple[AccountCheck, str, str]:
    """The result of a check in the foreground, what it printed, and how it ended."""
    out, end = StringIO(), ""
    try:
        call_command("check_account", name, stdout=out)
    except CommandError as error:
        end = str(error)
    found = AccountCheck.objects.get(account__name=name)
    assert found.findings, end
    return found, out.getvalue(), end


def wrong(check: AccountCheck) -> dict[str, str]:
    return {f["what"]: f["text"] for f in check.findings if f["ok"] is False}


def test_an_account_where_all_is_right(aws: CloudProcess) -> None:
    found, printed, end = check()
    assert wrong(found) == {}
    assert end == ""
    what = {finding["what"] for finding in found.findings}
    assert "deploy: the external id is required" in what
    assert "deploy: s3:PutObject on tim-app-dev-855652006097" in what
    assert "read: cloudfront:GetDistribution on E25ON3LWW4KFNF" in what
    assert "dns: the role can be taken" in what
    assert "access: iam:GetRole on deploy-console-deploy" in what
    assert "✓ deploy: s3:ListBucket on tim-releases-855652006097" in printed
    assert found.at
    assert Event.objects.get(action="account.check").run == Run.objects.get().pk


def test_what_cannot_be_tried_harmlessly_is_said_to_be_not_tried(aws: CloudProcess, client: Client) -> None:
    found, printed, _ = check()
    unknown = {finding["what"]: finding["text"] for finding in found.findings if finding["ok"] is None}
    assert "deploy: cloudfront:CreateInvalidation on E25ON3LWW4KFNF" in unknown
    assert "dns: route53:ChangeResourceRecordSets on media" in unknown
    assert all(text.startswith("Not tried: ") for text in unknown.values())
    assert "? deploy: cloudfront:CreateInvalidation on E25ON3LWW4KFNF\n    Not tried: " in printed
    client.force_login(person(Role.VIEWER))
    page = client.get("/accounts/media/").content.decode()
    assert "Not tried: only a real invalidation would prove it." in page
    assert "route53:ChangeResourceRecordSetsNormalizedRecordNames" in page
    listed = aws.client("cloudfront").list_invalidations(DistributionId="E25ON3LWW4KFNF")
    assert listed["InvalidationList"]["Quantity"] == 0


def test_a_role_that_may_not_invalidate_is_a_finding(aws: CloudProcess) -> None:
    reader = Account.objects.get(name="media").roles.get(purpose="read")
    roles = Account.objects.get(name="media").roles.filter(purpose="deploy")
    roles.update(role_arn=reader.role_arn, external_id=reader.external_id)
    text = wrong(check()[0])["deploy: cloudfront:CreateInvalidation on E25ON3LWW4KFNF"]
    assert "is not authorized to perform" in text


def test_a_second_check_finds_the_same_and_writes_nothing(aws: CloudProcess) -> None:
    first = check()[0]
    second = check()[0]
    assert first.findings == second.findings
    listed = aws.client("s3").list_objects_v2(Bucket="tim-app-dev-855652006097")
    assert listed["KeyCount"] == 0
    assert Run.objects.filter(state="succeeded").count() == 2


def test_the_policies_to_install_are_kept(aws: CloudProcess, settings: Any) -> None:
    settings.CONSOLE_WORKER_PRINCIPAL = "arn:aws:iam::111122223333:role/console-worker"
    found, printed, _ = check()
    read, deploy, dns, estate, access, copies = found.policies
    trust = json.loads(deploy["trust"])["Statement"][0]
    assert trust["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/console-worker"}
    assert trust["Condition"]["StringEquals"]["sts:ExternalId"] == "7c1d52aa-19d8-4a7c-8f0b-3f1f6f6f2e02"
    (permissions,) = (json.loads(document) for document in deploy["permissions"])
    assert "arn:aws:s3:::tim-app-dev-855652006097/*" in json.dumps(permissions)
    assert "s3:PutObject" not in "".join(read["permissions"])
    assert "s3:PutBucketPolicy" not in "".join(read["permissions"] + deploy["permissions"])
    assert "s3:PutBucketPolicy" in "".join(estate["permissions"])
    (records,) = (json.loads(document)["Statement"] for document in dns["permissions"])
    assert "route53:CreateHostedZone" in json.dumps(records)
    tim = next(one for one in records if one["Sid"] == "Records")
    names = tim["Condition"]["ForAllValues:StringLike"]
    assert names == {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": [
            *("*.flux-systems.info", "*.tim-combo.com", "flux-systems.info", "tim-combo.com"),
        ]
    }
    kept = json.loads(access["permissions"][0])["Statement"][0]["Resource"]
    assert access["role"] not in kept
    assert {one["role"] for one in (read, deploy, dns, estate, copies)} == set(kept)
    assert "Trust policy of arn:aws:iam::855652006097:role/deploy-console-deploy" in printed


def test_a_wrong_external_id_is_a_finding(aws: CloudProcess) -> None:
    account = Account.objects.get(name="media")
    account.roles.filter(purpose="deploy").update(external_id="another")
    found, printed, end = check()
    (text,) = wrong(found).values()
    assert "exactly this account's external id" in text
    assert "× deploy: the role can be taken" in printed
    assert "Something is missing in account media" in end
    assert found.failed


def test_a_role_in_another_account_is_a_finding(aws: CloudProcess) -> None:
    other = Account.objects.get(name="sandbox").roles.get(purpose="deploy")
    media = Account.objects.get(name="media")
    media.roles.filter(purpose="deploy").update(role_arn=other.role_arn, external_id=other.external_id)
    found, _, _ = check()
    assert "the role acts in account 455510265254" in wrong(found)["deploy: the role can be taken"]


def test_a_missing_bucket_and_distribution_are_findings(aws: CloudProcess) -> None:
    media = Account.objects.get(name="media")
    environment = media_environment(media)
    environment.bucket, environment.distribution_id = "tim-not-there", "E000000NOTHERE"
    environment.save()
    found = wrong(check()[0])
    assert "deploy: s3:ListBucket on tim-not-there" in found
    assert "read: cloudfront:GetDistribution on E000000NOTHERE" in found


def test_a_bucket_of_another_owner_is_a_finding(aws: CloudProcess) -> None:
    aws.client("s3", "sandbox").create_bucket(
        Bucket="tim-of-sandbox", CreateBucketConfiguration={"LocationConstraint": "us-east-2"}
    )
    environment = media_environment(Account.objects.get(name="media"))
    environment.bucket = "tim-of-sandbox"
    environment.save()
    found = wrong(check()[0])
    assert "deploy: s3:PutObject on tim-of-sandbox" in found


def test_an_api_behind_a_domain_is_tried_and_its_policy_is_shown(aws: CloudProcess) -> None:
    """Before the domain is there, the finding says so; afterwards it can be told what is called, by both roles."""
    origin = "https://api.tim-combo.com/base"
    Environment.objects.filter(product__slug="tim-combo", name="test").update(api_origin=origin)
    found = check("sandbox")[0]
    (text,) = {wrong(found)[f"{role}: apigateway:GET on {origin}"] for role in ("read", "deploy")}
    assert f"{origin} leads to no API in account 455510265254, us-east-2" in text
    mapping = {"path": "base", "api": "k0y33bw7t8", "stage": "prod"}
    domain = {"name": "api.tim-combo.com", "account": "455510265254", "region": "us-east-2"}
    aws.control("POST", "/apigateway/domain", {**domain, "mappings": [mapping]})
    found = check("sandbox")[0]
    tried = {finding["what"]: finding["ok"] for finding in found.findings}
    assert (tried[f"read: apigateway:GET on {origin}"], tried[f"deploy: apigateway:GET on {origin}"]) == (
        True,
        True,
    )
    place = "arn:aws:apigateway:us-east-2::"
    for policy in found.policies[:2]:
        text = "".join(policy["permissions"])
        assert f"{place}/domainnames/api.tim-combo.com/apimappings" in text
        assert f"{place}/restapis/*/stages/*" in text
        assert "/restapis/api/" not in text


def test_an_account_without_roles(aws: CloudProcess) -> None:
    account = Account.objects.get(name="development")
    account.roles.all().delete()
    found, _, _ = check("development")
    assert wrong(found) == {
        "Account development has a role": "Nothing can be read or deployed here until an admin adds its roles."
    }


def test_an_account_that_does_not_exist(aws: CloudProcess) -> None:
    with pytest.raises(CommandError, match="There is no account called 'x'"):
        call_command("check_account", "x")


def media_environment(account: Account) -> Environment:
    return Environment.objects.filter(frontend_account=account)[0]


def test_the_policies_are_exported_for_the_accounts_owner(aws: CloudProcess, client: Client) -> None:
    client.force_login(person(Role.VIEWER))
    answer = client.get("/accounts/media/policies.json")
    assert answer["Content-Disposition"] == 'attachment; filename="media-policies.json"'
    told = json.loads(answer.content)
    roles = {one["purpose"]: one for one in told["roles"]}
    assert (told["account"], set(roles)) == (
        "855652006097",
        {"read", "deploy", "dns", "estate", "access", "copies"},
    )
    assert told["boundary"]["policy"] == "arn:aws:iam::855652006097:policy/deploy-console-boundary"
    *bounds, passed = told["boundary"]["document"]["Statement"]
    limits = [action for one in bounds for action in one["Action"]]
    assert not [action for action in limits if action.startswith(("iam:", "sts:"))]
    condition = roles["estate"]["trust_policy"]["Statement"][0]["Condition"]
    assert condition["StringEquals"]["sts:ExternalId"] == "7c1d52aa-19d8-4a7c-8f0b-3f1f6f6f2e02"
    allowed = {
        action
        for document in roles["estate"]["permissions"]
        for one in document["Statement"]
        for action in one["Action"]
    }
    assert allowed - set(limits) == {"iam:PassRole"}
    assert passed["Resource"] == ["arn:aws:iam::855652006097:role/deploy-console-replication"]
    assert passed["Condition"] == {"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}}
    assert {"acm:RequestCertificate", "wafv2:CreateWebACL", "cloudfront:UpdateDistribution"} <= allowed
    assert "route53:ChangeResourceRecordSets" not in allowed
