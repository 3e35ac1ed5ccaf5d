"""Workers that are killed while a change of an AWS resource is on its way, which arrives late all the same."""

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from devcloud.identity import WORKER_ARN
from provisioning.shapes import Address
from tests.crew import Crew
from tests.owner import remove_role
from tests.provisioning.conftest import MEDIA, Estate
from tests.provisioning.shops import new_shop
from tests.shipping import World

if TYPE_CHECKING:
    from runs.models import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LATE = 3.0
"""Seconds after which a call arrives that was on its way when its worker died."""

MOMENTS = (
    ("s3", "CreateBucket"),
    ("s3", "PutBucketVersioning"),
    ("s3", "PutBucketTagging"),
    ("s3", "PutBucketPolicy"),
    ("cloudfront", "CreateOriginAccessControl"),
)
"""The call at which the worker dies."""


def test_a_plan_goes_on_at_any_change_and_makes_nothing_twice(world: World, crew: Crew) -> None:
    estate = Estate(world.cloud)
    estate.adopted()
    crew.begin(runners=2)
    for service, operation in MOMENTS:
        name = f"tim-{operation.lower()}-{MEDIA}"
        estate.new_bucket("dev", name)
        estate.look()
        created = [change.address for change in estate.plan().changes if change.action == "create"]
        late = world.cloud.faults(service, operation, "latency", ms=LATE * 1000, count=1)
        since = world.cloud.next_call()
        run = estate.apply(*created).run
        _kill_at(world, crew, run, late, operation)
        assert _again(run).state == "succeeded", (operation, _again(run).error)
        estate.look()
        assert [change for change in estate.plan().changes if change.address.name == name] == [], operation
        made = [c["operation"] for c in world.cloud.calls(since) if c["code"] is None]
        assert (made.count("CreateBucket"), made.count("CreateOriginAccessControl")) == (1, 1)


DOMAIN_MOMENTS = (
    ("route53", "CreateHostedZone"),
    ("acm", "RequestCertificate"),
    ("route53", "ChangeResourceRecordSets"),
    ("wafv2", "CreateWebACL"),
    ("cloudfront", "CreateDistributionWithTags"),
)


def test_a_domain_is_made_once_whenever_the_worker_dies(world: World, crew: Crew) -> None:
    world.cloud.settings(deploy_seconds=0.2, dns_seconds=0.2, acm_seconds=0.1)
    estate = Estate(world.cloud)
    crew.begin(runners=2)
    for service, operation in DOMAIN_MOMENTS:
        estate.slug = operation.lower()
        domain = new_shop(estate.slug).domain
        estate.look()
        late = world.cloud.faults(service, operation, "latency", ms=LATE * 1000, count=1)
        run = estate.apply().run
        _kill_at(world, crew, run, late, operation)
        assert _again(run).state == "succeeded", (operation, _again(run).error)
        estate.look()
        assert estate.plan().changes == (), operation
        counts = _made(world, domain)
        assert counts == {"zones": 1, "certificates": 1, "acls": 1, "distributions": 1}, (operation, counts)


ROLE_MOMENTS = ("CreateRole", "PutRolePolicy")


def test_a_role_has_its_rights_whenever_the_worker_dies(world: World, crew: Crew, settings: Any) -> None:
    settings.CONSOLE_WORKER_PRINCIPAL = WORKER_ARN
    estate, name = Estate(world.cloud), "deploy-console-dns"
    estate.look()
    crew.begin(runners=2)
    for operation in ROLE_MOMENTS:
        remove_role(world.cloud, "media", name)
        estate.look()
        wanted = [Address(kind, MEDIA, name) for kind in ("role", "role-policy")]
        late = world.cloud.faults("iam", operation, "latency", ms=LATE * 1000, count=1)
        run = estate.apply(*wanted).run
        _kill_at(world, crew, run, late, operation)
        assert _again(run).state == "succeeded", (operation, _again(run).error)
        estate.look()
        assert [estate.state(address.kind, name) for address in wanted] == ["sync", "sync"], operation


def _made(world: World, domain: str) -> dict[str, int]:
    """How many there are in AWS of what must be there once."""
    zones = world.cloud.client("route53", "media", "dns").list_hosted_zones()["HostedZones"]
    acm = world.cloud.client("acm", "media", "estate", region="us-east-1")
    waf = world.cloud.client("wafv2", "media", "estate", region="us-east-1")
    listed = world.cloud.client("cloudfront", "media").list_distributions()["DistributionList"]["Items"]
    slug = domain.partition(".")[0]
    return {
        "zones": sum(zone["Name"] == f"{domain}." for zone in zones),
        "certificates": sum(
            one["DomainName"] == domain for one in acm.list_certificates()["CertificateSummaryList"]
        ),
        "acls": sum(one["Name"].startswith(slug) for one in waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]),
        "distributions": sum(domain in one["Aliases"].get("Items", ()) for one in listed),
    }


def _kill_at(world: World, crew: Crew, run: "Run", late: int, operation: str) -> None:
    """The worker dies with the call on its way, which arrives late; another one goes on to the end."""
    crew.until(partial(_has_struck, world, run, late), operation)
    run.refresh_from_db()
    next(one for one in crew.workers.started if one.command.name == run.worker).kill()
    arrived = time.monotonic() + LATE
    _let_lease_end(run)
    crew.until(partial(_has_ended, run), f"the end after {operation}")
    time.sleep(max(0.0, arrived + 0.5 - time.monotonic()))


def _has_struck(world: World, run: "Run", fault: int) -> bool:
    assert _again(run).is_active, _again(run).error
    return not world.cloud.waits(fault)


def _has_ended(run: "Run") -> bool:
    return not _again(run).is_active


def _let_lease_end(run: "Run") -> None:
    from runs import nudge
    from tests.runs.rows import expire

    expire(run)
    nudge.nudge(run.pk, run.kind)


def _again(run: "Run") -> "Run":
    return type(run).objects.get(pk=run.pk)
