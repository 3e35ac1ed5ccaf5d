"""Which actions a call needs, on which resources: what IAM judges.

AWS: some actions are not named like their calls, and some calls need several. What is made has no name yet: `new`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from devcloud import query, restxml
from devcloud.errors import speaks_json
from devcloud.iam.rights import Context, Need
from devcloud.iam.state import Roles
from devcloud.operations import operation_model
from devcloud.s3.service import ACTIONS, locate
from devcloud.wire import Request

S3_ACTIONS = {
    **ACTIONS,
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "UploadPartCopy": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
}
KNOW_BOUNDARY = frozenset(
    {
        *("CreateRole", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "PutRolePolicy"),
        *("DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy"),
    }
)
"""AWS: the calls of IAM on roles that know the condition `iam:PermissionsBoundary`."""
OF_VERSIONS = frozenset({"GetObject", "DeleteObject", "GetObjectTagging", "PutObjectTagging"})


def needs_of(request: Request, roles: Roles) -> list[Need]:
    """All that the call needs. For services that the emulated cloud does not know well, on what stays open."""
    find = SERVICES.get(request.service)
    if find:
        return list(find(request))
    if request.service == "iam":
        return list(_iam(request, roles))
    return [Need(f"{request.service}:{request.operation}", "")]


def _s3(request: Request) -> Iterable[Need]:
    bucket, key = locate(request)
    action = S3_ACTIONS.get(request.operation, request.operation)
    if "versionId" in request.query and action in OF_VERSIONS:
        action += "Version"
    place = f"arn:aws:s3:::{bucket}" if bucket else "*"
    inside = "/*" if request.operation == "DeleteObjects" else f"/{key}" if key else ""
    yield Need(f"s3:{action}", place + inside)
    if request.operation == "PutBucketReplication":
        yield _passed(request)
    if source := request.header("x-amz-copy-source"):
        path, _, version = source.lstrip("/").partition("?versionId=")
        yield Need(f"s3:GetObject{'Version' if version else ''}", f"arn:aws:s3:::{unquote(path)}")


def _passed(request: Request) -> Need:
    """AWS: who gives a service a role needs the right to pass it on."""
    role = re.search(rb"<Role>([^<]*)</Role>", request.body)
    context = {"iam:passedtoservice": "s3.amazonaws.com"}
    return Need("iam:PassRole", role.group(1).decode() if role else "*", context)


def _cloudfront(request: Request) -> Iterable[Need]:
    operation = request.operation.removesuffix("WithTags")
    word, _, rest = request.path.strip("/").partition("/")[2].partition("/")
    place = f"arn:aws:cloudfront::{request.principal.account}:{word}/{rest.partition('/')[0] or 'new'}"
    if operation == "ListConflictingAliases":
        place = f"{place.rpartition(':')[0]}:distribution/{request.query.get('DistributionId')}"
    elif "MonitoringSubscription" in operation or (operation.startswith("List") and not rest):
        place = "*"
    yield Need(f"cloudfront:{operation}", request.query.get("Resource", place))
    if request.operation.endswith("WithTags"):
        yield Need("cloudfront:TagResource", place)


def _route53(request: Request) -> Iterable[Need]:
    parts = request.path.strip("/").split("/")[1:]
    about = len(parts) > 1 and parts[0] in ("hostedzone", "change")
    place = f"arn:aws:route53:::{'/'.join(parts[:2])}" if about else "*"
    changes = request.operation == "ChangeResourceRecordSets"
    yield Need(f"route53:{request.operation}", place, _of_records(request) if changes else {})


def _of_records(request: Request) -> Context:
    """AWS: names are compared in small letters, without the dot at their end."""
    params = restxml.parse(request, operation_model("route53", request.operation))
    changes = params["ChangeBatch"]["Changes"]
    records = [change["ResourceRecordSet"] for change in changes]
    key = "route53:changeresourcerecordsets"
    return {
        f"{key}normalizedrecordnames": [record["Name"].lower().rstrip(".") for record in records],
        f"{key}recordtypes": [record["Type"] for record in records],
        f"{key}actions": [change["Action"] for change in changes],
    }


def _lambda(request: Request) -> Iterable[Need]:
    place = f"arn:aws:lambda:{request.region}:{request.principal.account}:function:"
    name, _, inline = request.resource.partition(":")
    qualifier = request.query.get("Qualifier", inline)
    known = "/functions/" in request.path
    resource = f"{place}{name}{f':{qualifier}' if qualifier else ''}" if known else "*"
    yield Need(f"lambda:{request.operation}", resource)


def _apigateway(request: Request) -> Iterable[Need]:
    """AWS: the action is the method."""
    yield Need(
        f"apigateway:{request.method}",
        f"arn:aws:apigateway:{request.region}::{request.path.removeprefix('/v2')}",
    )


def _sns(request: Request) -> Iterable[Need]:
    form = query.fields(request)
    place = f"arn:aws:sns:{request.region}:{request.principal.account}:"
    named = form.get("TopicArn") or form.get("ResourceArn") or place + form.get("Name", "")
    yield Need(f"sns:{request.operation}", "*" if request.operation.startswith("List") else named)
    if request.operation == "CreateTopic" and any(key.startswith("Tags.") for key in form):
        yield Need("sns:TagResource", named)


def _cloudwatch(request: Request) -> Iterable[Need]:
    """AWS: alarms are resources, metrics are not; a call that names no alarm is about all of them, and so is one about
    composite ones."""
    alarms = "Alarm" in request.operation
    place = f"arn:aws:cloudwatch:{request.region}:{request.principal.account}:alarm:"
    composite = request.operation == "PutCompositeAlarm" or "CompositeAlarm" in _given(request, "AlarmTypes")
    names = [] if composite else _given(request, "AlarmName") + _given(request, "AlarmNames")
    for name in names or ["*"]:
        yield Need(f"cloudwatch:{request.operation}", place + name if alarms else "*")


def _given(request: Request, name: str) -> list[str]:
    """What a parameter of CloudWatch holds, one text or several."""
    if speaks_json(request):
        value = _json(request).get(name, [])
        return [value] if isinstance(value, str) else list(value)
    form = query.fields(request)
    return [value for key, value in form.items() if key == name or key.startswith(f"{name}.")]


def _acm(request: Request) -> Iterable[Need]:
    params = _json(request)
    new = f"arn:aws:acm:{request.region}:{request.principal.account}:certificate/new"
    listing = request.operation == "ListCertificates"
    yield Need(f"acm:{request.operation}", "*" if listing else params.get("CertificateArn", new))
    if request.operation == "RequestCertificate" and "Tags" in params:
        yield Need("acm:AddTagsToCertificate", new)


def _wafv2(request: Request) -> Iterable[Need]:
    params = _json(request)
    place = f"arn:aws:wafv2:{request.region}:{request.principal.account}:global/"
    acl = params.get("ResourceARN", f"{place}webacl/{params.get('Name')}/{params.get('Id', 'new')}")
    yield Need(f"wafv2:{request.operation}", "*" if request.operation.startswith("List") else acl)
    if request.operation in ("CreateWebACL", "UpdateWebACL"):
        yield Need(f"wafv2:{request.operation}", f"{place}managedruleset/AWS/one")
    if params.get("Tags"):
        yield Need("wafv2:TagResource", acl)


def _logs(request: Request) -> Iterable[Need]:
    params, operation = _json(request), request.operation
    place = f"arn:aws:logs:{request.region}:{request.principal.account}"
    word = next((w for w in ("DeliveryDestination", "DeliverySource", "Delivery") if w in operation), "")
    kind = {"DeliveryDestination": "delivery-destination", "DeliverySource": "delivery-source"}.get(
        word, "delivery"
    )
    name = params.get("deliveryDestinationName") or params.get("name") or params.get("id", "new")
    yield Need(f"logs:{operation}", "*" if operation.startswith("Describe") else f"{place}:{kind}:{name}")
    if params.get("tags"):
        yield Need("logs:TagResource", f"{place}:{kind}:{name}")
    if operation == "PutDeliverySource":
        yield Need("cloudfront:AllowVendedLogDeliveryForResource", params.get("resourceArn", ""))
    if operation == "CreateDelivery":
        yield Need("logs:CreateDelivery", f"{place}:delivery-source:{params.get('deliverySourceName')}")
        yield Need("logs:CreateDelivery", params.get("deliveryDestinationArn", ""))


def _iam(request: Request, roles: Roles) -> Iterable[Need]:
    """AWS: what a role's boundary is, or for a new one is to be, can be a condition of a right to change it."""
    form, account = query.fields(request), request.principal.account
    name, policy = form.get("RoleName", ""), form.get("PolicyArn", "")
    role = roles.named(account, name)
    resource = role.arn if role else f"arn:aws:iam::{account}:role{form.get('Path', '/')}{name}"
    bound = form.get("PermissionsBoundary") or (role.rights.boundary if role else "")
    bound = bound if request.operation in KNOW_BOUNDARY else ""
    context = {"iam:permissionsboundary": bound} if bound else {}
    yield Need(f"iam:{request.operation}", resource if name else policy or "*", context)
    if request.operation == "CreateRole" and any(key.startswith("Tags.") for key in form):
        yield Need("iam:TagRole", resource)


def _json(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


SERVICES: Mapping[str, Callable[[Request], Iterable[Need]]] = {
    "s3": _s3,
    "cloudfront": _cloudfront,
    "route53": _route53,
    "lambda": _lambda,
    "apigateway": _apigateway,
    "sns": _sns,
    "monitoring": _cloudwatch,
    "acm": _acm,
    "wafv2": _wafv2,
    "logs": _logs,
}
