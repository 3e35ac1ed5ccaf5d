"""A distribution's configuration, between AWS's document and our shape. What the shape does not say stays as it is."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from provisioning.ids import Ids
from provisioning.kinds.managed import MANAGED
from provisioning.shapes import Address, Behavior, Distribution, ErrorAnswer, Origin

Document = dict[str, Any]
# AWS: a distribution with these in place of a policy is of an older kind.
OLD_CACHE = "settings of its own"
CACHED = ("GET", "HEAD")


def items(part: Document | None) -> list[Any]:
    return list((part or {}).get("Items", ()))


def listed(found: Sequence[Any]) -> Document:
    """AWS: Quantity is the number of Items everywhere, and there are none where it is 0."""
    return {"Quantity": len(found)} | ({"Items": list(found)} if found else {})


@dataclass(frozen=True)
class Names:
    """By which names the documents of one account mean other resources."""

    account: str
    ids: Ids

    def of(self, kind: str, aws_id: str) -> str:
        """Ours or AWS's own name, or the id itself where it is neither."""
        managed = next((name for name, known in MANAGED.get(kind, {}).items() if known == aws_id), "")
        return managed or self.ids.name_of(kind, self.account, aws_id) or aws_id

    def id(self, kind: str, name: str) -> str:
        """Raises NotThereYet for one of ours that is not made yet. An ARN is one that is not ours, and stays itself."""
        if name.startswith("arn:"):
            return name
        return MANAGED.get(kind, {}).get(name) or self.ids.of(Address(kind, self.account, name))


def shape_of(config: Document, names: Names) -> Distribution:
    """The part of the configuration that the console keeps."""
    origins = [_origin(one, names) for one in items(config["Origins"])]
    behaviors = [_behavior(one, names) for one in items(config.get("CacheBehaviors"))]
    return Distribution(
        enabled=config["Enabled"],
        aliases=tuple(sorted(items(config.get("Aliases")))),
        comment=config.get("Comment", ""),
        root=config.get("DefaultRootObject", ""),
        origins=tuple(sorted(origins, key=lambda one: one.id)),
        behaviors=(*behaviors, _behavior({**config["DefaultCacheBehavior"], "PathPattern": "*"}, names)),
        errors=tuple(sorted(map(_error, items(config.get("CustomErrorResponses"))), key=lambda one: one.id)),
        price_class=config.get("PriceClass", "PriceClass_All"),
        http=config.get("HttpVersion", "http2"),
        ipv6=config.get("IsIPV6Enabled", False),
        certificate=_named(config["ViewerCertificate"], "ACMCertificateArn", "certificate", names),
        tls=config["ViewerCertificate"].get("MinimumProtocolVersion", "TLSv1"),
        web_acl=_named(config, "WebACLId", "web-acl", names),
    )


def _origin(one: Document, names: Names) -> Origin:
    custom, shield = one.get("CustomOriginConfig", {}), one.get("OriginShield", {})
    control = one.get("OriginAccessControlId", "")
    return Origin(
        id=one["Id"],
        domain=one["DomainName"],
        path=one.get("OriginPath", ""),
        access_control=names.of("access-control", control) if control else "",
        protocol=custom.get("OriginProtocolPolicy", ""),
        read_seconds=custom.get("OriginReadTimeout", 0),
        shield=shield.get("OriginShieldRegion", "") if shield.get("Enabled") else "",
    )


def _behavior(one: Document, names: Names) -> Behavior:
    functions = [
        f"{each['EventType']} {_function_name(each['FunctionARN'], names)}"
        for each in items(one.get("FunctionAssociations"))
    ]
    return Behavior(
        path=one["PathPattern"],
        origin=one["TargetOriginId"],
        methods=tuple(sorted(items(one.get("AllowedMethods")))),
        viewers=one["ViewerProtocolPolicy"],
        compress=one.get("Compress", False),
        cache=names.of("cache-policy", one["CachePolicyId"]) if one.get("CachePolicyId") else OLD_CACHE,
        request=_named(one, "OriginRequestPolicyId", "request-policy", names),
        headers=_named(one, "ResponseHeadersPolicyId", "headers-policy", names),
        functions=tuple(sorted(functions)),
    )


def _function_name(arn: str, names: Names) -> str:
    """AWS: the ARN ends in the name; one of another account keeps its ARN."""
    ours = f"arn:aws:cloudfront::{names.account}:function/"
    return arn.removeprefix(ours)


def _named(one: Document, field: str, kind: str, names: Names) -> str:
    return names.of(kind, one[field]) if one.get(field) else ""


def _error(one: Document) -> ErrorAnswer:
    return ErrorAnswer(
        id=str(one["ErrorCode"]),
        seconds=one.get("ErrorCachingMinTTL", 10),
        page=one.get("ResponsePagePath", ""),
        status=one.get("ResponseCode", ""),
    )


def document_of(
    shape: Distribution, names: Names, reference: str, before: Document | None = None
) -> Document:
    """The whole configuration for the shape.

    AWS: an update replaces everything and the caller reference never changes, so with `before` all that the shape does
    not say is taken from there.
    """
    config: Document = deepcopy(before) if before else {"CallerReference": reference}
    known_origins = {one["Id"]: one for one in items(config.get("Origins"))}
    known_behaviors = {one["PathPattern"]: one for one in items(config.get("CacheBehaviors"))}
    *others, default = shape.behaviors
    last = _behavior_document(default, names, config.get("DefaultCacheBehavior", {}))
    del last["PathPattern"]
    behaviors = [_behavior_document(one, names, known_behaviors.get(one.path, {})) for one in others]
    origins = [_origin_document(one, names, known_origins.get(one.id, {})) for one in shape.origins]
    return config | {
        "Enabled": shape.enabled,
        "Aliases": listed(shape.aliases),
        "Comment": shape.comment,
        "DefaultRootObject": shape.root,
        "Origins": listed(origins),
        "CacheBehaviors": listed(behaviors),
        "DefaultCacheBehavior": last,
        "CustomErrorResponses": listed([_error_document(one) for one in shape.errors]),
        "PriceClass": shape.price_class,
        "HttpVersion": shape.http,
        "IsIPV6Enabled": shape.ipv6,
        "ViewerCertificate": _viewer_certificate(shape, names, config.get("ViewerCertificate", {})),
        "WebACLId": names.id("web-acl", shape.web_acl) if shape.web_acl else "",
    }


def _viewer_certificate(shape: Distribution, names: Names, before: Document) -> Document:
    """AWS: the oldest protocol holds only with a certificate of one's own, served by the name that a viewer asks for."""
    if not shape.certificate:
        return (
            before if before.get("CloudFrontDefaultCertificate") else {"CloudFrontDefaultCertificate": True}
        )
    arn = names.id("certificate", shape.certificate)
    if (before.get("ACMCertificateArn"), before.get("MinimumProtocolVersion")) == (arn, shape.tls):
        return before
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": shape.tls}


def _origin_document(one: Origin, names: Names, before: Document) -> Document:
    control = names.id("access-control", one.access_control) if one.access_control else ""
    shield: Document = {"Enabled": bool(one.shield)}
    if one.shield:
        shield["OriginShieldRegion"] = one.shield
    plain = {
        name: value for name, value in before.items() if name not in ("S3OriginConfig", "CustomOriginConfig")
    }
    return {
        **plain,
        "Id": one.id,
        "DomainName": one.domain,
        "OriginPath": one.path,
        "OriginAccessControlId": control,
        "OriginShield": shield,
        **_kind_of_origin(one, before),
    }


def _kind_of_origin(one: Origin, before: Document) -> Document:
    """AWS: an origin is a bucket or an address, never both."""
    if not one.protocol:
        return {"S3OriginConfig": {"OriginAccessIdentity": ""}}
    fresh = {
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginSslProtocols": listed(["TLSv1.2"]),
        "OriginKeepaliveTimeout": 5,
    }
    said = {"OriginProtocolPolicy": one.protocol, "OriginReadTimeout": one.read_seconds}
    return {"CustomOriginConfig": {**fresh, **before.get("CustomOriginConfig", {}), **said}}


def _behavior_document(one: Behavior, names: Names, before: Document) -> Document:
    """AWS: a cache policy takes the place of the older settings, of which none may be left."""
    old = (
        "ForwardedValues",
        "MinTTL",
        "DefaultTTL",
        "MaxTTL",
        "OriginRequestPolicyId",
        "ResponseHeadersPolicyId",
    )
    config = {name: value for name, value in before.items() if name not in old}
    policies = (
        ("OriginRequestPolicyId", "request-policy", one.request),
        ("ResponseHeadersPolicyId", "headers-policy", one.headers),
    )
    return {
        **config,
        "PathPattern": one.path,
        "TargetOriginId": one.origin,
        "ViewerProtocolPolicy": one.viewers,
        "AllowedMethods": listed(one.methods) | {"CachedMethods": listed(CACHED)},
        "Compress": one.compress,
        "CachePolicyId": names.id("cache-policy", one.cache),
        "FunctionAssociations": listed([_function_document(each, names) for each in one.functions]),
        **{field: names.id(kind, name) for field, kind, name in policies if name},
    }


def _function_document(said: str, names: Names) -> Document:
    event, _, name = said.partition(" ")
    return {"EventType": event, "FunctionARN": names.id("function", name)}


def _error_document(one: ErrorAnswer) -> Document:
    answer: Document = {"ErrorCode": int(one.id), "ErrorCachingMinTTL": one.seconds}
    return answer | ({"ResponsePagePath": one.page, "ResponseCode": one.status} if one.page else {})
