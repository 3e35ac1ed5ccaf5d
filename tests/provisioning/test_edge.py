"""Distributions with their policies and functions, against the emulated cloud."""

import urllib.request
from typing import Any

import pytest

from provisioning.models import PlannedChange
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

NEW, HOST = "tim-app-new-855652006097", "new.tim-combo.com"
DISTRIBUTION = Address("distribution", MEDIA, "tim-combo-dev")
OLD_ID = "E1TIMCDEV00000"


@pytest.fixture
def fresh(estate: Estate) -> Estate:
    """The environment dev has nothing in AWS yet: another bucket, another name, no distribution."""
    from dns.models import Hostname
    from products.models import Environment

    estate.cloud.settings(deploy_seconds=0.2)
    rows = Environment.objects.filter(product__slug=PRODUCT, name="dev")
    rows.update(bucket=NEW, distribution_id="", distribution_domain="")
    Hostname.objects.filter(environment__in=rows).update(name=HOST)
    estate.look()
    return estate


def dev(estate: Estate) -> Any:
    return estate.product.environments.get(name="dev")


def ask(estate: Estate, path: str, host: str = HOST) -> tuple[int, str]:
    request = urllib.request.Request(estate.cloud.edge_url + path, headers={"host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def cdn(estate: Estate) -> Any:
    return estate.cloud.client("cloudfront", "media", "estate")


def test_an_environment_is_made_from_nothing_and_serves_its_own_name(fresh: Estate) -> None:
    fresh.applied()
    row = dev(fresh)
    assert (row.distribution_id[0], row.distribution_domain.endswith(".cloudfront.net")) == ("E", True)
    fresh.s3.put_object(Bucket=NEW, Key="index.html", Body=b"<p>hello", ContentType="text/html")
    assert ask(fresh, "/deep/link") == (200, "<p>hello")
    assert ask(fresh, "/assets/missing.js")[0] == 403
    found = cdn(fresh).get_distribution(Id=row.distribution_id)["Distribution"]["DistributionConfig"]
    assert found["CallerReference"] == "console:tim-combo-dev"
    assert [each["PathPattern"] for each in found["CacheBehaviors"]["Items"]] == ["/api/*"]
    assert found["PriceClass"] == "PriceClass_100"
    fresh.look()
    since = fresh.cloud.next_call()
    assert (fresh.plan().changes, fresh.writes(since)) == ((), [])


def test_the_plan_says_what_is_wrong_with_a_hand_made_distribution(estate: Estate) -> None:
    own = cdn(estate)
    answer = own.get_distribution_config(Id=OLD_ID)
    config = answer["DistributionConfig"]
    config["CacheBehaviors"]["Items"][0]["PathPattern"] = "*"
    config["PriceClass"], config["HttpVersion"] = "PriceClass_All", "http1.1"
    own.update_distribution(Id=OLD_ID, IfMatch=answer["ETag"], DistributionConfig=config)
    estate.look()
    change = next(c for c in estate.plan().changes if c.address == DISTRIBUTION)
    told = {field.name: (field.old, field.new) for field in change.fields}
    assert told["http"] == ("http1.1", "http2and3")
    assert told["price_class"] == ("PriceClass_All", "PriceClass_100")
    assert any(name.startswith("behaviors./api/*") for name in told)


def test_what_the_console_does_not_keep_survives_an_update(estate: Estate) -> None:
    estate.adopted()
    own = cdn(estate)
    answer = own.get_distribution_config(Id=OLD_ID)
    config = answer["DistributionConfig"]
    config["Restrictions"] = {
        "GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 1, "Items": ["US"]}
    }
    config["IsIPV6Enabled"] = False
    own.update_distribution(Id=OLD_ID, IfMatch=answer["ETag"], DistributionConfig=config)
    estate.look()
    (change,) = estate.plan().changes
    assert [tuple(field) for field in change.fields] == [("ipv6", "no", "yes")]
    estate.applied(DISTRIBUTION)
    kept = own.get_distribution_config(Id=OLD_ID)["DistributionConfig"]
    assert (kept["Restrictions"], kept["IsIPV6Enabled"]) == (config["Restrictions"], True)


def test_an_edit_of_the_settings_is_pending_until_it_is_applied(estate: Estate) -> None:
    from products.models import Environment

    estate.adopted()
    Environment.objects.filter(product__slug=PRODUCT, name="dev").update(cache_profile="medium")
    assert estate.state("distribution", "tim-combo-dev") == "pending"
    (change,) = (c for c in estate.plan().changes if c.address == DISTRIBUTION)
    assert [tuple(field) for field in change.fields] == [
        ("behaviors.*.cache", "console-short", "console-medium")
    ]
    estate.applied(DISTRIBUTION)
    assert estate.state("distribution", "tim-combo-dev") == "sync"


def test_lost_answers_make_nothing_twice(fresh: Estate) -> None:
    """The answer of each call is lost once."""
    own = cdn(fresh)
    _free_the_function(fresh, own)
    before = own.list_distributions()["DistributionList"]["Quantity"]
    operations = (
        "CreateDistributionWithTags",
        "CreateOriginAccessControl",
        "CreateFunction",
        "PublishFunction",
    )
    lost = {name: fresh.cloud.faults("cloudfront", name, "lost_reply", count=1) for name in operations}
    fresh.applied()
    assert [name for name, fault in lost.items() if fresh.cloud.waits(fault)] == []
    assert own.list_distributions()["DistributionList"]["Quantity"] == before + 1
    fresh.look()
    assert fresh.plan().changes == ()


def _free_the_function(estate: Estate, own: Any) -> None:
    """Nothing names dev's function any more, and it is gone."""
    answer = own.get_distribution_config(Id=OLD_ID)
    config = answer["DistributionConfig"]
    config["DefaultCacheBehavior"]["FunctionAssociations"] = {"Quantity": 0}
    own.update_distribution(Id=OLD_ID, IfMatch=answer["ETag"], DistributionConfig=config)
    etag = own.describe_function(Name="tim-combo-dev-app-routing")["ETag"]
    own.delete_function(Name="tim-combo-dev-app-routing", IfMatch=etag)
    estate.look()


def test_an_alias_that_another_distribution_has_is_said_with_what_to_do(fresh: Estate) -> None:
    from dns.models import Hostname

    Hostname.objects.filter(name=HOST).update(name="dev.tim-combo.com")
    fresh.look()
    run = fresh.carry_out(fresh.apply().run_id)
    assert (run.state, "dev.tim-combo.com is an alias of another distribution" in run.error) == (
        "failed",
        True,
    )
    assert dev(fresh).distribution_id == ""


def test_a_change_that_somebody_was_faster_with_is_looked_at_anew(estate: Estate) -> None:
    """AWS: 412 for an ETag that is not the newest."""
    estate.look()
    estate.cloud.faults(
        "cloudfront", "UpdateDistribution", "error", code="PreconditionFailed", status=412, count=1
    )
    estate.applied(DISTRIBUTION)


def test_what_is_no_longer_wanted_is_disabled_before_it_is_deleted(fresh: Estate) -> None:
    from dns.models import Hostname

    fresh.applied()
    aws_id = dev(fresh).distribution_id
    Hostname.objects.filter(name=HOST).delete()
    row = dev(fresh)
    row.config = None
    row.save()
    row.config_revisions.all().delete()
    row.delete()
    fresh.look()
    # The hand-made distribution still runs the function of the same name.
    gone = [c.address for c in fresh.plan().changes if c.action == "delete" and c.address.kind != "function"]
    since = fresh.cloud.next_call()
    fresh.applied(*gone)
    writes = [w for w in fresh.writes(since) if "Distribution" in w]
    assert writes == ["UpdateDistribution", "DeleteDistribution"]
    with pytest.raises(cdn(fresh).exceptions.NoSuchDistribution):
        cdn(fresh).get_distribution(Id=aws_id)
    assert [change.address.kind for change in fresh.plan().changes] == ["function"]


def test_what_another_product_needs_is_not_deleted(estate: Estate) -> None:
    """The store of handlers and the policies are shared; a product that stops using them leaves them there."""
    from products.models import Product

    estate.adopted()
    Product.objects.filter(slug=PRODUCT).update(handler_account=None, handler_bucket="")
    assert not [c for c in estate.plan().changes if c.action == "delete" and c.address.kind == "bucket"]


def test_the_environment_is_held_until_the_edge_has_the_change(estate: Estate) -> None:
    estate.look()
    estate.cloud.settings(deploy_seconds=1.5)
    apply = estate.apply(DISTRIBUTION)
    from runs import runner

    while runner.advance(apply.run_id):
        pass
    apply.run.refresh_from_db()
    assert (apply.run.state, "on its way to all edge locations" in apply.run.waiting_for) == ("running", True)
    assert PlannedChange.objects.get(apply=apply).state == "done"
    assert dev(estate).scope in apply.run.scopes.values_list("scope", flat=True)
