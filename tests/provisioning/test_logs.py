"""Access logs of distributions, against the emulated cloud."""

from typing import Any

import pytest

from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

BUCKET, DESTINATION = "tim-logs-855652006097", "console-tim-combo-logs"
SANDBOX = "455510265254"
DELIVERY = Address("log-delivery", MEDIA, "tim-combo-dev")


@pytest.fixture
def logged(estate: Estate) -> Estate:
    """What the console makes of its own is made; what was made by hand is left as it is."""
    estate.look()
    run = estate.carry_out(estate.apply(ticked=()).run_id)
    assert run.state == "succeeded", run.error
    return estate


def logs(estate: Estate, account: str = "media") -> Any:
    return estate.cloud.client("logs", account, "estate", region="us-east-1")


def test_the_logs_of_every_distribution_go_to_a_bucket_that_keeps_them_for_a_while(logged: Estate) -> None:
    found = {one["deliverySourceName"]: one for one in logs(logged).describe_deliveries()["deliveries"]}
    assert set(found) == {f"tim-combo-{name}" for name in ("dev", "test", "stage", "prod", "static")}
    arn = f"arn:aws:logs:us-east-1:{MEDIA}:delivery-destination:{DESTINATION}"
    assert {one["deliveryDestinationArn"] for one in found.values()} == {arn}
    source = logs(logged).get_delivery_source(name="tim-combo-dev")["deliverySource"]
    assert source["resourceArns"] == [f"arn:aws:cloudfront::{MEDIA}:distribution/E1TIMCDEV00000"]
    rules = logged.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert {"Days": 90} in [one.get("Expiration") for one in rules]
    policy = logged.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert "delivery.logs.amazonaws.com" in policy
    logged.look()
    assert {change.action for change in logged.plan().changes} == {"adopt"}


def test_another_account_is_let_deliver_and_no_longer_when_it_does_not(logged: Estate) -> None:
    from products.models import Account, Environment

    rows = Environment.objects.filter(product__slug=PRODUCT, name="dev")
    rows.update(
        frontend_account=Account.objects.get(aws_id=SANDBOX),
        bucket="tim-away",
        distribution_id="",
        distribution_domain="",
    )
    rows.get().hostnames.all().delete()
    logged.look()
    logged.applied()
    assert [
        one["deliverySourceName"] for one in logs(logged, "sandbox").describe_deliveries()["deliveries"]
    ] == ["tim-combo-dev"]
    told = logs(logged).get_delivery_destination_policy(deliveryDestinationName=DESTINATION)["policy"]
    assert SANDBOX in told["deliveryDestinationPolicy"]
    rows.update(frontend_account=Account.objects.get(aws_id=MEDIA), bucket="tim-home", distribution_id="")
    logged.look()
    logged.applied()
    told = logs(logged).get_delivery_destination_policy(deliveryDestinationName=DESTINATION)
    assert SANDBOX not in str(told.get("policy"))
    assert logs(logged, "sandbox").describe_deliveries()["deliveries"] == []


def test_a_delivery_that_somebody_ended_is_missed_and_made_again(logged: Estate) -> None:
    deliveries = logs(logged).describe_deliveries()["deliveries"]
    ended = next(one for one in deliveries if one["deliverySourceName"] == "tim-combo-dev")
    logs(logged).delete_delivery(id=ended["id"])
    logged.look()
    assert logged.state("log-delivery", "tim-combo-dev") == "drift"
    logged.applied(DELIVERY)
    assert len(logs(logged).describe_deliveries()["deliveries"]) == 5


def test_lost_answers_make_nothing_twice(estate: Estate) -> None:
    """The answer of each call is lost once."""
    estate.look()
    operations = ("PutDeliverySource", "PutDeliveryDestination", "CreateDelivery")
    lost = {name: estate.cloud.faults("logs", name, "lost_reply", count=1) for name in operations}
    run = estate.carry_out(estate.apply(ticked=()).run_id)
    assert (run.state, run.error) == ("succeeded", "")
    assert [name for name, fault in lost.items() if estate.cloud.waits(fault)] == []
    assert len(logs(estate).describe_deliveries()["deliveries"]) == 5


def test_without_a_bucket_for_logs_they_are_no_longer_delivered(logged: Estate) -> None:
    from products.models import Product

    Product.objects.filter(slug=PRODUCT).update(log_account=None, log_bucket="")
    gone = [c.address for c in logged.plan().changes if c.action == "delete"]
    kinds = [address.kind for address in gone]
    assert kinds.index("log-delivery") < kinds.index("log-destination") < kinds.index("bucket")
    logged.applied(*gone)
    assert logs(logged).describe_deliveries()["deliveries"] == []
