"""The policies for keeping AWS resources: what looking at them and changing them needs, and no more.

AWS: some actions are not named like their calls: `GetBucketEncryption` needs `s3:GetEncryptionConfiguration`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws.policies import Statement, allow, document
from aws.replication_policies import pass_role

BUCKET_READS = (
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketOwnershipControls",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetBucketTagging",
    "s3:GetBucketPolicy",
)
BUCKET_WRITES = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:PutBucketVersioning",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketOwnershipControls",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketTagging",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
)
REPLICATION_READS = ("s3:GetReplicationConfiguration",)
REPLICATION_WRITES = ("s3:PutReplicationConfiguration",)
EDGE_LISTS = (
    "cloudfront:ListOriginAccessControls",
    "cloudfront:ListCachePolicies",
    "cloudfront:ListResponseHeadersPolicies",
    "cloudfront:ListFunctions",
    "cloudfront:ListDistributions",
)
FUNCTION_READS = ("cloudfront:GetFunction",)
DISTRIBUTION_READS = ("cloudfront:GetDistribution",)
ALIAS_READS = ("cloudfront:ListConflictingAliases",)
NAMED = {
    "origin-access-control": "OriginAccessControl",
    "cache-policy": "CachePolicy",
    "response-headers-policy": "ResponseHeadersPolicy",
}
"""What is kept by name: how AWS spells it in ARNs, and in calls."""
FUNCTION_WRITES = tuple(
    f"cloudfront:{verb}Function" for verb in ("Create", "Describe", "Update", "Publish", "Delete")
)
DISTRIBUTION_WRITES = (
    "cloudfront:GetDistributionConfig",
    "cloudfront:CreateDistribution",
    "cloudfront:TagResource",
    "cloudfront:UpdateDistribution",
    "cloudfront:DeleteDistribution",
)


CERTIFICATE_READS = ("acm:DescribeCertificate",)
CERTIFICATE_WRITES = ("acm:RequestCertificate", "acm:AddTagsToCertificate")
ACL_READS = ("wafv2:GetWebACL",)
ACL_WRITES = ("wafv2:CreateWebACL", "wafv2:UpdateWebACL", "wafv2:DeleteWebACL", "wafv2:TagResource")
METRIC_READS = ("cloudfront:GetMonitoringSubscription",)
METRIC_WRITES = ("cloudfront:CreateMonitoringSubscription", "cloudfront:DeleteMonitoringSubscription")
TOPIC_READS = ("sns:GetTopicAttributes",)
TOPIC_WRITES = ("sns:CreateTopic", "sns:TagResource", "sns:SetTopicAttributes", "sns:DeleteTopic")
ALARM_WRITES = ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms")
LOG_LISTS = ("logs:DescribeDeliverySources", "logs:DescribeDeliveries")
DESTINATION_READS = ("logs:GetDeliveryDestination", "logs:GetDeliveryDestinationPolicy")
DESTINATION_WRITES = (
    "logs:PutDeliveryDestination",
    "logs:PutDeliveryDestinationPolicy",
    "logs:DeleteDeliveryDestinationPolicy",
    "logs:DeleteDeliveryDestination",
    "logs:TagResource",
)
SOURCE_WRITES = ("logs:PutDeliverySource", "logs:DeleteDeliverySource", "logs:TagResource")
DELIVERY_WRITES = ("logs:CreateDelivery", "logs:DeleteDelivery", "logs:TagResource")
CHANGES = "route53:ChangeResourceRecordSets"
OF_ADDRESSES = {
    "ForAllValues:StringEquals": {
        f"{CHANGES}RecordTypes": ["A", "AAAA", "CNAME"],
        f"{CHANGES}Actions": ["CREATE", "DELETE", "UPSERT"],
    }
}
"""AWS: the condition that narrows a batch to records that say where names lead, and prove them."""
ZONE_LISTS = ("route53:ListHostedZonesByName",)
ZONE_READS = ("route53:GetHostedZone", "route53:ListResourceRecordSets")


@dataclass(frozen=True, slots=True)
class EstateReach:
    """The resources that the console keeps in one account: `buckets` by name, and whether any are of CloudFront.

    `certificates`, `acls`, `metrics`, `alarms` and `log_…` tell whether there are any; `domains` have their zones here, and
    S3 copies `replicated` buckets into their `replicas`.
    """

    account_id: str
    buckets: tuple[str, ...] = ()
    edge: bool = False
    certificates: bool = False
    acls: bool = False
    metrics: bool = False
    alarms: bool = False
    log_destinations: bool = False
    log_deliveries: bool = False
    domains: tuple[str, ...] = ()
    replicated: tuple[str, ...] = ()
    replicas: tuple[str, ...] = ()


def estate_read_policy(reach: EstateReach) -> str:
    """The least that looking at resources needs.

    What is to be made must be looked at before: so settings, and no object, of all buckets. AWS: those of other accounts
    need the consent of these, too.
    """
    return document(
        *allow("BucketSettings", BUCKET_READS, ("arn:aws:s3:::*",) if reach.buckets else ()),
        *allow("Copies", REPLICATION_READS, ("arn:aws:s3:::*",) if reach.replicated else ()),
        *_edge_reads(reach),
        *allow("WhoseNames", ALIAS_READS, _edge(reach, "distribution")),
        *_viewer_reads(reach),
        *_watch_reads(reach),
        *_zone_reads(reach),
    )


def estate_dns_policy(reach: EstateReach) -> str:
    """The least that keeping zones, and where their names lead, needs."""
    return document(
        *_zone_reads(reach),
        *allow("MakeZones", ("route53:CreateHostedZone",), ("*",) if reach.domains else ()),
        *_records(reach),
    )


def _records(reach: EstateReach) -> list[Statement]:
    """AWS: a zone's id is known only once it is there, and these keys narrow a batch to names and types of records.

    So no mail, no name server and no text of a domain is in reach, and no other domain of the account.
    """
    names = {name for domain in reach.domains for name in (domain, f"*.{domain}")}
    narrowed = {"ForAllValues:StringLike": {f"{CHANGES}NormalizedRecordNames": sorted(names)}, **OF_ADDRESSES}
    return [one | {"Condition": narrowed} for one in allow("Records", (CHANGES,), _zones(reach))]


def estate_policy(reach: EstateReach) -> str:
    """The least that changing them needs: no object, no deployment. AWS: ids of CloudFront are known only afterwards."""
    return document(
        *allow("BucketSettings", (*BUCKET_READS, *BUCKET_WRITES), _buckets(reach)),
        *allow("KeepCopies", (*REPLICATION_READS, *REPLICATION_WRITES), _replicated(reach)),
        *(pass_role(reach.account_id) if reach.replicated else ()),
        *_edge_reads(reach),
        *_viewer_reads(reach),
        *_watch_reads(reach),
        # AWS: these calls take no resource.
        *allow("KeepMetrics", METRIC_WRITES, ("*",) if reach.metrics else ()),
        *allow("KeepTopics", TOPIC_WRITES, _topics(reach)),
        *allow("KeepAlarms", ALARM_WRITES, _alarms(reach)),
        *_log_writes(reach),
        *allow("KeepCertificates", CERTIFICATE_WRITES, _certificates(reach)),
        *allow("KeepWebAcls", ACL_WRITES, _acls(reach)),
        *allow("UseRuleGroups", ACL_WRITES[:2], _rule_groups(reach)),
        *(
            each
            for kind, word in NAMED.items()
            for each in allow(f"Keep{word}", _keeping(word), _edge(reach, kind))
        ),
        *allow("KeepFunctions", FUNCTION_WRITES, _edge(reach, "function")),
        *allow("KeepDistributions", DISTRIBUTION_WRITES, _edge(reach, "distribution")),
    )


def _edge_reads(reach: EstateReach) -> list[Statement]:
    return [
        *allow("EdgeLists", EDGE_LISTS, ("*",) if reach.edge else ()),
        *allow("Functions", FUNCTION_READS, _edge(reach, "function")),
        *allow("Distributions", DISTRIBUTION_READS, _edge(reach, "distribution")),
    ]


def _viewer_reads(reach: EstateReach) -> list[Statement]:
    return [
        *allow("CertificateLists", ("acm:ListCertificates",), ("*",) if reach.certificates else ()),
        *allow("Certificates", CERTIFICATE_READS, _certificates(reach)),
        *allow("WebAclLists", ("wafv2:ListWebACLs",), ("*",) if reach.acls else ()),
        *allow("WebAcls", ACL_READS, _acls(reach)),
    ]


def _watch_reads(reach: EstateReach) -> list[Statement]:
    return [
        *allow("Metrics", METRIC_READS, ("*",) if reach.metrics else ()),
        *allow("Topics", TOPIC_READS, _topics(reach)),
        *allow("Alarms", ("cloudwatch:DescribeAlarms",), ("*",) if reach.alarms else ()),
        *allow(
            "LogDestinations", DESTINATION_READS, _logs(reach, "delivery-destination", reach.log_destinations)
        ),
        *allow("LogLists", LOG_LISTS, ("*",) if reach.log_deliveries else ()),
    ]


def _log_writes(reach: EstateReach) -> list[Statement]:
    """AWS: CloudFront asks for a right of its own before its logs are delivered."""
    delivered = reach.log_deliveries
    destinations = _logs(reach, "delivery-destination", reach.log_destinations)
    distributions = _edge(reach, "distribution") if delivered else []
    return [
        *allow("KeepLogDestinations", DESTINATION_WRITES, destinations),
        *allow("KeepLogSources", SOURCE_WRITES, _logs(reach, "delivery-source", delivered)),
        *allow("KeepLogDeliveries", DELIVERY_WRITES, _deliveries(reach) if delivered else ()),
        *allow("DeliverLogs", ("cloudfront:AllowVendedLogDeliveryForResource",), distributions),
    ]


def _deliveries(reach: EstateReach) -> Sequence[str]:
    """AWS: a delivery is made of a source and a destination, of which each must be allowed."""
    parts = ("delivery:*", "delivery-source:*")
    own = [f"arn:aws:logs:us-east-1:{reach.account_id}:{part}" for part in parts]
    return [*own, "arn:aws:logs:us-east-1:*:delivery-destination:console-*"]


def _logs(reach: EstateReach, kind: str, there: bool) -> Sequence[str]:
    return [f"arn:aws:logs:us-east-1:{reach.account_id}:{kind}:*"] if there else []


def _topics(reach: EstateReach) -> Sequence[str]:
    return [f"arn:aws:sns:us-east-1:{reach.account_id}:console-*"] if reach.alarms else []


def _alarms(reach: EstateReach) -> Sequence[str]:
    return [f"arn:aws:cloudwatch:us-east-1:{reach.account_id}:alarm:console-*"] if reach.alarms else []


def _zone_reads(reach: EstateReach) -> list[Statement]:
    return [
        *allow("ZoneLists", ZONE_LISTS, ("*",) if reach.domains else ()),
        *allow("Zones", ZONE_READS, _zones(reach)),
        *allow(
            "ZoneChanges", ("route53:GetChange",), ("arn:aws:route53:::change/*",) if reach.domains else ()
        ),
    ]


def _zones(reach: EstateReach) -> Sequence[str]:
    return ["arn:aws:route53:::hostedzone/*"] if reach.domains else []


def _certificates(reach: EstateReach) -> Sequence[str]:
    """AWS: what CloudFront uses is in us-east-1."""
    return [f"arn:aws:acm:us-east-1:{reach.account_id}:certificate/*"] if reach.certificates else []


def _acls(reach: EstateReach) -> Sequence[str]:
    return [f"arn:aws:wafv2:us-east-1:{reach.account_id}:global/webacl/*"] if reach.acls else []


def _rule_groups(reach: EstateReach) -> Sequence[str]:
    """AWS: a web ACL is made of groups only by who may use them."""
    return [f"arn:aws:wafv2:us-east-1:{reach.account_id}:global/managedruleset/*"] if reach.acls else []


def _keeping(word: str) -> tuple[str, ...]:
    return tuple(f"cloudfront:{verb}{word}" for verb in ("Create", "Get", "Update", "Delete"))


def _edge(reach: EstateReach, kind: str) -> Sequence[str]:
    return [f"arn:aws:cloudfront::{reach.account_id}:{kind}/*"] if reach.edge else []


def _buckets(reach: EstateReach) -> Sequence[str]:
    return [f"arn:aws:s3:::{name}" for name in reach.buckets]


def _replicated(reach: EstateReach) -> Sequence[str]:
    return [f"arn:aws:s3:::{name}" for name in reach.replicated]
