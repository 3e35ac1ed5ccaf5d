"""Least privilege: what the code calls is allowed by the policies shown, and these allow nothing else."""

import json
from typing import Any

from tests.owner import actions_in, called, iam_of, install_shown, remove_role
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

NEW, DOMAIN = "tim-app-new-855652006097", "new.example"
WATCHED: dict[str, Any] = {"web_acl": "count", "extra_metrics": True, "alarms": True}
SOME_CHANGE: dict[str, Any] = {
    "Changes": [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": DOMAIN,
                "Type": "TXT",
                "TTL": 300,
                "ResourceRecords": [{"Value": '"x"'}],
            },
        }
    ]
}


def test_every_call_is_allowed_and_every_action_is_called(estate: Estate, kept_roles: None) -> None:
    """The emulated cloud refuses what the roles' policies do not allow, so that what works is allowed."""
    from products.models import Account, Purpose
    from products.policies import permissions_of
    from products.reach import rows
    from provisioning.policies import policies_for

    estate.cloud.settings(deploy_seconds=0.1, dns_seconds=0.1, acm_seconds=0.05)
    install_shown(estate.cloud, "media", "access")
    since = estate.cloud.next_call()
    _make_everything(estate)
    _change_everything(estate)
    account = Account.objects.prefetch_related("roles").get(aws_id=MEDIA)
    shown = {
        purpose: policies_for(account, purpose) for purpose in (Purpose.READ, Purpose.ESTATE, Purpose.DNS)
    }
    shown[Purpose.ACCESS] = [*permissions_of(account, rows())[Purpose.ACCESS]]
    _delete_everything(estate)
    calls = estate.cloud.calls(since)
    for purpose, texts in shown.items():
        unused = actions_in(texts) - called(calls, f"deploy-console-{purpose}", [MEDIA])
        assert (purpose, unused) == (purpose, set())


def _make_everything(estate: Estate) -> None:
    """An environment from nothing, where every answer to a creation is lost once."""
    from dns.models import HostedZone, Hostname
    from products.models import Account, Environment, Product

    rows = Environment.objects.filter(product__slug=PRODUCT, name="dev")
    rows.update(bucket=NEW, distribution_id="", distribution_domain="", cache_profile="short", **WATCHED)
    Hostname.objects.exclude(environment__in=rows).delete()
    # Another account delivers its access logs here, too.
    away = Environment.objects.filter(product__slug=PRODUCT, name="stage")
    sandbox = Account.objects.get(name="sandbox")
    away.update(frontend_account=sandbox, bucket="tim-stage-away", distribution_id="", distribution_domain="")
    Hostname.objects.filter(environment__in=rows).update(name=f"dev.{DOMAIN}")
    Product.objects.filter(slug=PRODUCT).update(domain=DOMAIN)
    HostedZone.objects.exclude(product__slug=PRODUCT).delete()
    HostedZone.objects.update(zone_id="")
    _hide_what_is_there(estate)
    estate.cloud.faults("cloudfront", "CreateDistributionWithTags", "lost_reply", account=MEDIA, count=1)
    estate.look()
    estate.applied()


def _hide_what_is_there(estate: Estate) -> None:
    """Distributions that name nothing, so that what they named can be deleted, and is."""
    edge = estate.cloud.client("cloudfront", "media", "owner")
    for item in edge.list_distributions()["DistributionList"]["Items"]:
        answer = edge.get_distribution_config(Id=item["Id"])
        config = answer["DistributionConfig"]
        default = config["DefaultCacheBehavior"]
        default["CachePolicyId"] = "658327ea-f89d-4fab-a63d-7e88639e58f6"
        default["FunctionAssociations"] = {"Quantity": 0}
        default.pop("ResponseHeadersPolicyId", None)
        edge.update_distribution(Id=item["Id"], IfMatch=answer["ETag"], DistributionConfig=config)
    for name in ("tim-combo-dev-app-routing",):
        edge.delete_function(Name=name, IfMatch=edge.describe_function(Name=name)["ETag"])
    for item in edge.list_cache_policies(Type="custom")["CachePolicyList"]["Items"]:
        policy = item["CachePolicy"]["Id"]
        edge.delete_cache_policy(Id=policy, IfMatch=edge.get_cache_policy(Id=policy)["ETag"])
    for item in edge.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]["Items"]:
        policy = item["ResponseHeadersPolicy"]["Id"]
        etag = edge.get_response_headers_policy(Id=policy)["ETag"]
        edge.delete_response_headers_policy(Id=policy, IfMatch=etag)


def _change_everything(estate: Estate) -> None:
    """Every setting of the new bucket, and what CloudFront keeps by name, changed by hand and put back."""
    from products.models import Account, Environment
    from provisioning.models import Resource

    r53, s3, edge = (
        estate.cloud.client(service, "media", "owner") for service in ("route53", "s3", "cloudfront")
    )
    open_to_all = {"BlockPublicAcls": False, "IgnorePublicAcls": False}
    s3.put_public_access_block(Bucket=NEW, PublicAccessBlockConfiguration=open_to_all)
    owners = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=NEW, OwnershipControls=owners)
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=NEW, ServerSideEncryptionConfiguration={"Rules": [kms]})
    for list_, key, word in (
        ("list_cache_policies", "CachePolicyList", "CachePolicy"),
        ("list_response_headers_policies", "ResponseHeadersPolicyList", "ResponseHeadersPolicy"),
    ):
        for item in getattr(edge, list_)(Type="custom")[key]["Items"]:
            config = item[word][f"{word}Config"]
            other: dict[str, Any] = (
                {"MaxTTL": 86_401} if word == "CachePolicy" else {"SecurityHeadersConfig": {}}
            )
            config |= other
            _put(edge, word, item[word]["Id"], config)
    for item in edge.list_origin_access_controls()["OriginAccessControlList"]["Items"]:
        if item["Name"] == NEW:
            plain = ("Name", "SigningProtocol", "OriginAccessControlOriginType")
            config = {name: item[name] for name in plain} | {"SigningBehavior": "never"}
            _put(edge, "OriginAccessControl", item["Id"], config)
    Environment.objects.filter(product__slug=PRODUCT, name="dev").update(web_acl="block")
    # As after an apply that was stopped while Route 53 was still at it.
    made = r53.get_hosted_zone(Id=estate.product.hosted_zone.zone_id)["HostedZone"]["Id"]
    info = r53.change_resource_record_sets(HostedZoneId=made, ChangeBatch=SOME_CHANGE)["ChangeInfo"]
    told = {"change": info["Id"].rsplit("/", 1)[-1]}
    Resource.objects.filter(kind="host-records").update(told=told)
    sns = estate.cloud.client("sns", "media", "owner", region="us-east-1")
    topic = sns.list_topics()["Topics"][0]["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Mine")
    _change_roles(estate)
    _take_away_names(edge)
    estate.look()
    estate.applied()
    away = Environment.objects.filter(product__slug=PRODUCT, name="stage")
    home = Account.objects.get(name="media")
    away.update(frontend_account=home, bucket="tim-stage-home", distribution_id="", distribution_domain="")
    estate.look()
    estate.applied()


def _take_away_names(edge: Any) -> None:
    """The distributions of the product have their certificate and none of their names."""
    for item in edge.list_distributions()["DistributionList"]["Items"]:
        if f"dev.{DOMAIN}" in item["Aliases"].get("Items", ()):
            answer = edge.get_distribution_config(Id=item["Id"])
            config = answer["DistributionConfig"] | {"Aliases": {"Quantity": 0}}
            edge.update_distribution(Id=item["Id"], IfMatch=answer["ETag"], DistributionConfig=config)


def _change_roles(estate: Estate) -> None:
    """One is let in to somebody else and given more by hand, one is gone."""
    iam, name = iam_of(estate.cloud, "media"), "deploy-console-dns"
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Condition"] = {}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    more = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=json.dumps(more))
    remove_role(estate.cloud, "media", "deploy-console-deploy")


def _put(edge: Any, word: str, aws_id: str, config: dict[str, Any]) -> None:
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in word).lstrip("_")
    etag = getattr(edge, f"get_{snake}")(Id=aws_id)["ETag"]
    getattr(edge, f"update_{snake}")(Id=aws_id, IfMatch=etag, **{f"{word}Config": config})


def _delete_everything(estate: Estate) -> None:
    """All of the product, in reverse: its environments are gone."""
    from dns.models import Hostname
    from products.models import ConfigRevision, Environment, Product

    rows = Environment.objects.all()
    Hostname.objects.all().delete()
    rows.update(config=None, requires=None)
    ConfigRevision.objects.all().delete()
    rows.delete()
    Product.objects.exclude(slug=PRODUCT).update(
        artifact_bucket="other-releases", handler_bucket="other-code"
    )
    estate.look()
    buckets = {"bucket", "bucket-policy"}
    gone = [c.address for c in estate.plan().changes if c.action == "delete"]
    estate.applied(*(a for a in gone if a.kind not in buckets or a.name.startswith("tim-app")))
