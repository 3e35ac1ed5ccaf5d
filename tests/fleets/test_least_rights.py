"""Deployments by roles that may do what is shown for them and nothing else: the emulated cloud refuses the rest."""

import json
from typing import Any

import pytest

from tests.fleets.test_prune import publish
from tests.fleets.world import NAMES, FleetWorld
from tests.owner import actions_in, called, iam_of, install_boundary, install_shown

ACCOUNTS = {"media": "855652006097", "development": "532595801838", "sandbox": "455510265254"}
ALARM: dict[str, Any] = {
    "AlarmName": "errors",
    "Namespace": "AWS/CloudFront",
    "MetricName": "5xxErrorRate",
    "Statistic": "Average",
    "Period": 60,
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 5,
    "Threshold": 1.0,
}
ELSEWHERE = "tim-releases-elsewhere"


@pytest.fixture
def held(fleet_world: FleetWorld) -> int:
    """The first call after all accounts hold the roles to what is shown, within the boundary that is shown."""
    for account in ACCOUNTS:
        install_shown(fleet_world.cloud, account, "read", "deploy")
        install_boundary(fleet_world.cloud, account, "deploy-console-read", "deploy-console-deploy")
    return fleet_world.cloud.next_call()


def test_all_that_deployments_call_is_allowed_and_nothing_else(fleet_world: FleetWorld, held: int) -> None:
    from django.core.management import call_command

    from products.models import Account, Purpose
    from products.policies import permissions_of
    from products.reach import rows

    world = fleet_world.world
    world.stock("1.0.0", "1.1.0")
    for version, front in (("5.0.0", "1.0.0"), ("6.0.0", "1.1.0")):
        fleet_world.register(version, front=front)
    for environment in ("dev", "test"):
        fleet_world.observe(environment)
        for version in ("5.0.0", "6.0.0"):
            fleet_world.live(version, environment, half="")
        fleet_world.observe(environment)
        assert world.work(world.roll_back(environment))["status"] == "live"
    for version in ("1.0.0", "1.1.0"):
        world.live(version, "static")
    _put_back(fleet_world)
    _pruned(fleet_world)
    for account in ACCOUNTS:
        call_command("check_account", account)
        _asked_for_numbers(fleet_world, account)
    calls = fleet_world.cloud.calls(held)
    for purpose in (Purpose.READ, Purpose.DEPLOY):
        texts = [text for one in Account.objects.all() for text in permissions_of(one, rows())[purpose]]
        unused = actions_in(texts) - called(calls, f"deploy-console-{purpose}", ACCOUNTS.values())
        assert (purpose, unused) == (purpose, set())


def _asked_for_numbers(fleet_world: FleetWorld, account: str) -> None:
    """With an alarm over one of our distributions that has a history."""
    from monitoring.collecting import collect_from
    from monitoring.guarding import look_at_alarms_of
    from products.models import Account, Environment
    from tests.runs.rows import carry_out

    if account == "media":
        distribution = Environment.objects.get(product__slug="tim-combo", name="test").distribution_id
        dimensions = [
            {"Name": "DistributionId", "Value": distribution},
            {"Name": "Region", "Value": "Global"},
        ]
        fleet_world.cloud.client("cloudwatch", account, "owner", region="us-east-1").put_metric_alarm(
            **ALARM, Dimensions=dimensions
        )
    row = Account.objects.get(name=account)
    for begun in (collect_from(actor=None, account=row), look_at_alarms_of(row)):
        run = carry_out(begun)
        assert run.state == "succeeded", run.error


def _put_back(fleet_world: FleetWorld) -> None:
    """A deployment that fails when aliases switch: one was changed in between, another is gone."""
    world, function = fleet_world.world, fleet_world.function(NAMES[0])
    answer = world.promote("6.0.0", half="backend")
    world.do_before(answer, "switch-handlers")
    fault = {"status": 412, "code": "PreconditionFailedException", "count": 1}
    fleet_world.cloud.faults("lambda", "UpdateAlias", "error", **fault)
    fleet_world.cloud.client("lambda", "sandbox", "owner").delete_alias(FunctionName=function, Name="live")
    assert world.work(answer)["status"] == "failed"


def _pruned(fleet_world: FleetWorld) -> None:
    """More versions than are kept, of which the console made some."""
    from deployments.models import Fleet, HandlerVersion
    from deployments.services.prune import prune_versions
    from products.models import Environment
    from runs import runner

    functions, function = (
        fleet_world.cloud.client("lambda", "sandbox", "owner"),
        fleet_world.function(NAMES[1]),
    )
    for number in range(7):
        publish(functions, function, str(number))
    fleet = Fleet.objects.get(prefix="tim-sb-")
    for number in range(1, 12):
        HandlerVersion.objects.get_or_create(
            fleet=fleet, name=NAMES[1], number=number, defaults={"sha256": "0" * 64}
        )
    environment = Environment.objects.get(product__slug="tim-combo", name="test")
    run = prune_versions(actor=None, environment=environment, reason="Storage is full.")
    while runner.advance(run.pk):
        pass
    run.refresh_from_db()
    assert run.state == "succeeded", run.error


def test_an_archive_of_another_account_is_copied_from_as_its_policy_lets(fleet_world: FleetWorld) -> None:
    """AWS: its objects may be read by the roles that its bucket's policy names; only its own account lists it."""
    from products.models import Account, Product
    from provisioning.ids import Ids
    from provisioning.kinds.policy_document import written
    from provisioning.selectors import wishes_of
    from provisioning.shapes import BucketPolicy

    world, s3 = fleet_world.world, fleet_world.cloud.client("s3", "sandbox", "owner")
    place = {"LocationConstraint": "us-east-2"}
    s3.create_bucket(Bucket=ELSEWHERE, CreateBucketConfiguration=place)
    s3.put_bucket_versioning(Bucket=ELSEWHERE, VersioningConfiguration={"Status": "Enabled"})
    sandbox = Account.objects.get(name="sandbox")
    Product.objects.update(artifact_bucket=ELSEWHERE, artifact_account=sandbox)
    wishes = wishes_of(Product.objects.get(slug="tim-combo"))
    shape = next(one.shape for one in wishes if one.address == ("bucket-policy", sandbox.aws_id, ELSEWHERE))
    assert isinstance(shape, BucketPolicy)
    policy = written(shape.statements, sandbox.aws_id, Ids({}))
    s3.put_bucket_policy(Bucket=ELSEWHERE, Policy=policy)
    for account in ACCOUNTS:
        install_shown(fleet_world.cloud, account, "read", "deploy")
    for version, front in (("5.0.0", "1.0.0"), ("6.0.0", "1.1.0")):
        fleet_world.register(version, front=front)
        fleet_world.live(version, half="")
    fleet_world.observe()
    assert world.environment()["way_back"] == [{"half": "", "to": "5.0.0", "files": [], "handlers": []}]


def test_a_deployment_waits_for_rights_that_were_just_written(fleet_world: FleetWorld, held: int) -> None:
    """AWS: what is given and what is taken away holds only some seconds later, for Runs that have no part in it, too."""
    from django.utils import timezone

    from products.models import Account
    from provisioning.models import Resource
    from runs import runner
    from runs.models import Run

    world, iam = fleet_world.world, iam_of(fleet_world.cloud, "media")
    world.stock("1.0.0")
    role = {"RoleName": "deploy-console-deploy", "PolicyName": "shown-0"}
    document = iam.get_role_policy(**role)["PolicyDocument"]
    fleet_world.cloud.settings(iam_seconds=0)
    iam.delete_role_policy(**role)
    media = Account.objects.get(name="media")
    row = Resource.objects.create(kind="deploy-policy", account=media, name=role["RoleName"], owned=True)
    answer = world.promote("1.0.0", "dev", half="frontend")
    run = Run.objects.get(deployment=answer["id"])
    Resource.objects.filter(pk=row.pk).update(applied_at=timezone.now())
    runner.advance(run.pk)
    run.refresh_from_db()
    assert run.waiting_for.startswith("Rights that were just written do not hold everywhere yet.")
    iam.put_role_policy(**role, PolicyDocument=json.dumps(document))
    assert world.carry_out(answer["id"])["status"] == "live"
    iam.delete_role_policy(**role)
    Resource.objects.filter(pk=row.pk).update(applied_at=None)
    refused = world.work(world.promote("1.0.0", "stage"))
    assert "is not authorized to perform" in refused["error"]
