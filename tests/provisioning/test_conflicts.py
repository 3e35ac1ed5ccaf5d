"""A hostname that somebody else's distribution has: known before a plan fails at it."""

import time

import pytest
from django.test import Client

from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

NEW, ZONE = "new.tim-combo.com", "Z0TIMCOMBO0000000000"
DEV = "tim-combo-dev"


@pytest.fixture
def asked(estate: Estate) -> Estate:
    """The app of dev is to be at one more name."""
    from dns.models import Hostname
    from products.models import Environment

    estate.cloud.settings(deploy_seconds=0.1, dns_seconds=0.1, acm_seconds=0.05)
    dev = Environment.objects.get(product__slug=PRODUCT, name="dev")
    Hostname.objects.create(environment=dev, name=NEW, position=5)
    return estate


def taken_in(estate: Estate, account: str) -> str:
    """The id of a distribution of that account that has the name as its alias."""
    arn = _certificate(estate, account)
    cdn = estate.cloud.client("cloudfront", account, "owner")
    config = {
        "CallerReference": "theirs",
        "Comment": "",
        "Enabled": True,
        "Aliases": {"Quantity": 1, "Items": [NEW]},
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "one",
                    "DomainName": "example.org",
                    "CustomOriginConfig": {
                        "HTTPPort": 80,
                        "HTTPSPort": 443,
                        "OriginProtocolPolicy": "https-only",
                    },
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "one",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
        "ViewerCertificate": {
            "ACMCertificateArn": arn,
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        },
    }
    return str(cdn.create_distribution(DistributionConfig=config)["Distribution"]["Id"])


def _certificate(estate: Estate, account: str) -> str:
    """One of that account's own for the domain, proved in the domain's zone."""
    acm = estate.cloud.client("acm", account, "owner", region="us-east-1")
    arn = acm.request_certificate(
        DomainName="tim-combo.com", SubjectAlternativeNames=["*.tim-combo.com"], ValidationMethod="DNS"
    )["CertificateArn"]
    while True:
        told = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        if told["Status"] == "ISSUED":
            return str(arn)
        record = told["DomainValidationOptions"][0].get("ResourceRecord")
        if record:
            _prove(estate, record)
        time.sleep(0.05)


def _prove(estate: Estate, record: dict[str, str]) -> None:
    proof = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": proof}]}
    r53 = estate.cloud.client("route53", "media", "owner")
    r53.change_resource_record_sets(HostedZoneId=ZONE, ChangeBatch=batch)


def conflicts(estate: Estate) -> dict[str, str]:
    from provisioning.selectors import look_of

    estate.look()
    look = look_of(estate.product)
    assert look is not None
    found = look.conflicts
    assert isinstance(found, dict)
    return found


def admin(estate: Estate) -> Client:
    client = Client()
    client.force_login(estate.admin)
    return client


def test_a_name_that_another_distribution_of_the_account_has(asked: Estate) -> None:
    theirs = taken_in(asked, "media")
    assert conflicts(asked) == {NEW: f"distribution {theirs} in account media"}


def test_a_name_that_another_account_has_is_told_as_far_as_aws_tells(asked: Estate) -> None:
    """AWS: whoever proves that the name is theirs learns the end of id and account."""
    theirs = taken_in(asked, "sandbox")
    holder = f"distribution {'*' * (len(theirs) - 5)}{theirs[-5:]} in account *******65254"
    assert conflicts(asked) == {NEW: holder.replace("65254", "455510265254"[-5:])}


def test_the_pages_say_it_before_a_plan_fails_and_no_longer_afterwards(asked: Estate) -> None:
    theirs = taken_in(asked, "media")
    asked.look()
    client = admin(asked)
    words = f"alias of distribution {theirs} in account media"
    assert words in client.get(f"/products/{PRODUCT}/domains/").text
    assert words in client.get(f"/products/{PRODUCT}/estate/plan/").text
    run = asked.carry_out(asked.apply().run_id)
    assert "is an alias of another distribution" in run.error
    cdn = asked.cloud.client("cloudfront", "media", "owner")
    answer = cdn.get_distribution_config(Id=theirs)
    config = answer["DistributionConfig"] | {"Aliases": {"Quantity": 0}}
    cdn.update_distribution(Id=theirs, IfMatch=answer["ETag"], DistributionConfig=config)
    asked.look()
    asked.applied()
    assert conflicts(asked) == {}
    assert words not in client.get(f"/products/{PRODUCT}/domains/").text


def test_names_that_are_where_they_belong_cost_no_question(estate: Estate) -> None:
    since = estate.cloud.next_call()
    assert conflicts(estate) == {}
    operations = {call["operation"] for call in estate.cloud.calls(since) if call["account"] == MEDIA}
    assert operations.isdisjoint({"ListDistributions", "ListConflictingAliases"})


def test_what_was_known_stays_known_while_aws_cannot_be_asked(asked: Estate) -> None:
    taken_in(asked, "sandbox")
    known = conflicts(asked)
    assert set(known) == {NEW}
    fault = asked.cloud.faults(
        "cloudfront", "ListConflictingAliases", "error", status=403, code="AccessDenied"
    )
    assert conflicts(asked) == known
    asked.cloud.clear_faults(fault)


def test_a_name_that_moves_between_products_is_named_by_where_it_is(asked: Estate) -> None:
    from dns.models import Hostname

    name = "stage.flux-systems.info"
    Hostname.objects.filter(name=name).delete()
    Hostname.objects.filter(name=NEW).update(name=name)
    assert conflicts(asked) == {name: "distribution flux-systems-stage in account media"}


def test_the_plan_of_other_resources_does_not_speak_of_it(asked: Estate) -> None:
    theirs = taken_in(asked, "media")
    asked.look()
    client = admin(asked)
    words = f"alias of distribution {theirs}"
    assert words in client.get(f"/products/{PRODUCT}/estate/plan/").text
    only = f"bucket/{MEDIA}/tim-app-dev-{MEDIA}"
    assert words not in client.get(f"/products/{PRODUCT}/estate/plan/?only={only}").text
