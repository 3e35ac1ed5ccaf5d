"""Least privilege: what the code calls is allowed by the policies shown, and these allow nothing else."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from aws.policies import Zone, dns_policy
from provisioning.policies import policies_for
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

# AWS: the actions that are not named like their calls.
ACTIONS = {
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",),
    "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",),
    "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",),
    "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
    "CreateDistributionWithTags": ("CreateDistribution", "TagResource"),
    "RequestCertificate": ("RequestCertificate", "AddTagsToCertificate"),
    "CreateWebACL": ("CreateWebACL", "TagResource"),
    "CreateTopic": ("CreateTopic", "TagResource"),
    **{
        operation: (operation, "TagResource")
        for operation in ("PutDeliverySource", "PutDeliveryDestination", "CreateDelivery")
    },
}
SERVICES = {"monitoring": "cloudwatch"}
KINDS = {
    "OriginAccessControl": "origin-access-control",
    "CachePolicy": "cache-policy",
    "ResponseHeadersPolicy": "response-headers-policy",
    "Function": "function",
    "Distribution": "distribution",
}
NEW, DOMAIN = "tim-app-new-855652006097", "new.example"
GROUPS = f"arn:aws:wafv2:us-east-1:{MEDIA}:global/managedruleset/AWS/one"


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


def test_every_call_is_allowed_and_every_action_is_called(estate: Estate) -> None:
    from dns.selectors import zones_in
    from products.models import Account, Purpose

    estate.cloud.settings(deploy_seconds=0.1, dns_seconds=0.1, acm_seconds=0.05)
    since = estate.cloud.next_call()
    _make_everything(estate)
    _change_everything(estate)
    account = Account.objects.get(aws_id=MEDIA)
    policies = {purpose: policies_for(account, Purpose(purpose)) for purpose in ("read", "estate", "dns")}
    policies["dns"].append(dns_policy([Zone(*zone) for zone in zones_in(account)]))
    _delete_everything(estate)
    called: dict[str, set[tuple[str, str]]] = {purpose: set() for purpose in policies}
    for call in estate.cloud.calls(since):
        purpose = call["principal"].split("/")[1].removeprefix("deploy-console-")
        if call["account"] == MEDIA and "console-run" in call["principal"] and call["service"] != "sts":
            called[purpose].update(_needed(call))
    for purpose, calls in called.items():
        statements = [one for text in policies[purpose] for one in json.loads(text)["Statement"]]
        assert [call for call in calls if not _allows(statements, *call)] == []
        allowed = {action for one in statements for action in one["Action"]}
        assert allowed - {action for action, _ in calls} == set()


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
    edge = estate.cloud.client("cloudfront", "media")
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

    r53 = estate.cloud.client("route53", "media", "dns")
    s3, edge = estate.s3, estate.cloud.client("cloudfront", "media", "estate")
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
    sns = estate.cloud.client("sns", "media", "estate", region="us-east-1")
    topic = sns.list_topics()["Topics"][0]["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Mine")
    estate.look()
    estate.applied()
    away = Environment.objects.filter(product__slug=PRODUCT, name="stage")
    home = Account.objects.get(name="media")
    away.update(frontend_account=home, bucket="tim-stage-home", distribution_id="", distribution_domain="")
    estate.look()
    estate.applied()


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


def _needed(call: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """The IAM actions of a call on record, and the resource that it is about."""
    operation, service = call["operation"], SERVICES.get(call["service"], call["service"])
    for action in ACTIONS.get(operation, (operation,)):
        yield f"{service}:{action}", _resource(service, operation, call["resource"])
    if operation == "PutDeliverySource":
        yield "cloudfront:AllowVendedLogDeliveryForResource", f"arn:aws:cloudfront::{MEDIA}:distribution/one"
    if operation == "CreateDelivery":
        yield "logs:CreateDelivery", f"arn:aws:logs:us-east-1:{MEDIA}:delivery-source:one"
        yield "logs:CreateDelivery", f"arn:aws:logs:us-east-1:{MEDIA}:delivery-destination:console-one"
    if operation in ("CreateWebACL", "UpdateWebACL"):
        yield f"wafv2:{operation}", GROUPS


def _resource(service: str, operation: str, told: str) -> str:
    if service == "s3":
        return f"arn:aws:s3:::{told.partition('/')[0]}"
    if service == "route53" and operation not in ("ListHostedZonesByName", "CreateHostedZone"):
        return f"arn:aws:route53:::{'/'.join(told.split('/')[2:4])}"
    if operation.startswith("List") or service == "route53":
        return "*"
    if service == "acm":
        return f"arn:aws:acm:us-east-1:{MEDIA}:certificate/one"
    if service in ("logs", "sns", "cloudwatch") or "MonitoringSubscription" in operation:
        return _watched(service, operation)
    if service == "wafv2":
        return f"arn:aws:wafv2:us-east-1:{MEDIA}:global/webacl/one/1"
    kind = next(arn for word, arn in KINDS.items() if word in operation)
    return f"arn:aws:cloudfront::{MEDIA}:{kind}/one"


def _watched(service: str, operation: str) -> str:
    """Of logs, alarms and additional metrics."""
    if operation.startswith("Describe") or service == "cloudfront":
        return "*"
    if service == "sns":
        return f"arn:aws:sns:us-east-1:{MEDIA}:console-one"
    if service == "cloudwatch":
        return f"arn:aws:cloudwatch:us-east-1:{MEDIA}:alarm:console-one"
    kinds = ("delivery-destination", "DeliveryDestination"), ("delivery-source", "DeliverySource")
    kind = next((kind for kind, word in kinds if word in operation), "delivery")
    return f"arn:aws:logs:us-east-1:{MEDIA}:{kind}:one"


def _allows(statements: Iterable[dict[str, Any]], action: str, resource: str) -> bool:
    return any(
        action in one["Action"]
        and any(fnmatchcase(resource, pattern) or pattern == resource for pattern in one["Resource"])
        for one in statements
    )
