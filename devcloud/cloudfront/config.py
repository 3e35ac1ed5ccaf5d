"""Distribution configurations: what AWS fills in, and what it refuses."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from devcloud.errors import AwsError

NOTHING: dict[str, Any] = {"Quantity": 0}
READS = {"Quantity": 2, "Items": ["HEAD", "GET"]}
CONFIG_DEFAULTS: dict[str, Any] = {
    "Aliases": NOTHING,
    "DefaultRootObject": "",
    "OriginGroups": NOTHING,
    "CacheBehaviors": NOTHING,
    "CustomErrorResponses": NOTHING,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}
ORIGIN_DEFAULTS: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": NOTHING,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
BEHAVIOR_DEFAULTS: dict[str, Any] = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "AllowedMethods": READS | {"CachedMethods": READS},
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": NOTHING,
    "FunctionAssociations": NOTHING,
    "FieldLevelEncryptionId": "",
    "GrpcConfig": {"Enabled": False},
}


def completed(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration as AWS gives it back: with a default for everything left out.

    Raises AwsError for what AWS refuses: quantities that do not fit, unknown origins, wrong root objects.
    """
    full = deepcopy(CONFIG_DEFAULTS) | config
    for _, part in _walk("DistributionConfig", full):
        _check_quantity(part)
    full["ViewerCertificate"] = _viewer_certificate(full["ViewerCertificate"])
    full["Origins"] = _each(full["Origins"], ORIGIN_DEFAULTS)
    full["DefaultCacheBehavior"] = deepcopy(BEHAVIOR_DEFAULTS) | full["DefaultCacheBehavior"]
    full["CacheBehaviors"] = _each(full["CacheBehaviors"], BEHAVIOR_DEFAULTS)
    _check(full)
    return full


def _viewer_certificate(given: dict[str, Any]) -> dict[str, Any]:
    """AWS: without a certificate of one's own the oldest protocol is allowed; with one, how it is served must be said."""
    arn = given.get("ACMCertificateArn")
    if not arn:
        return deepcopy(CONFIG_DEFAULTS["ViewerCertificate"])
    if given.get("SSLSupportMethod") != "sni-only":
        message = "SSLSupportMethod must be sni-only here: the emulated cloud has no addresses of one's own."
        raise AwsError("InvalidViewerCertificate", 400, message)
    plain = {"CloudFrontDefaultCertificate": False, "MinimumProtocolVersion": "TLSv1"}
    return plain | given | {"Certificate": arn, "CertificateSource": "acm"}


def behaviors(config: dict[str, Any]) -> list[dict[str, Any]]:
    """The cache behaviours in the order in which they are tried, the default one last."""
    return [*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]]


def _each(listed: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    items = [deepcopy(defaults) | item for item in listed.get("Items", [])]
    return listed | ({"Items": items} if items else {})


def _walk(name: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield name, value
        for key, child in value.items():
            yield from _walk(key, child)
    elif isinstance(value, list):
        for child in value:
            yield from _walk(name, child)


def _check_quantity(part: dict[str, Any]) -> None:
    """AWS: Quantity must be the number of Items everywhere."""
    if "Quantity" in part and part["Quantity"] != len(part.get("Items", [])):
        message = "The value of Quantity and the size of Items don't match."
        raise AwsError("InconsistentQuantities", 400, message)


def _check(config: dict[str, Any]) -> None:
    origins = {origin["Id"]: origin for origin in config["Origins"].get("Items", [])}
    if not origins:
        raise AwsError("MissingBody", 400, "The distribution needs at least one origin.")
    for behavior in behaviors(config):
        if behavior["TargetOriginId"] not in origins:
            message = "One or more of your origins or origin groups do not exist."
            raise AwsError("NoSuchOrigin", 404, message)
        _check_policies(behavior)
    for origin in origins.values():
        _check_origin(origin)
    if config["DefaultRootObject"].startswith("/"):
        message = "The parameter DefaultRootObject must not begin with a slash."
        raise AwsError("InvalidDefaultRootObject", 400, message)


def _check_policies(behavior: dict[str, Any]) -> None:
    """AWS: a behaviour has either a cache policy or the older ForwardedValues, and one of them."""
    if ("CachePolicyId" in behavior) == ("ForwardedValues" in behavior):
        message = "A cache behavior needs exactly one of CachePolicyId and ForwardedValues."
        raise AwsError("InvalidArgument", 400, message)


def _check_origin(origin: dict[str, Any]) -> None:
    kinds = [kind for kind in ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig") if kind in origin]
    if len(kinds) != 1:
        message = "An origin needs exactly one of S3OriginConfig, CustomOriginConfig and VpcOriginConfig."
        raise AwsError("InvalidOrigin", 400, message)
    is_s3 = ".s3." in origin["DomainName"] and origin["DomainName"].endswith(".amazonaws.com")
    if kinds == ["S3OriginConfig"] and not is_s3:
        message = "The specified origin server does not exist or is not valid: an S3 origin needs a bucket's domain."
        raise AwsError("InvalidOrigin", 400, message)
    if origin["OriginPath"].endswith("/") or (
        origin["OriginPath"] and not origin["OriginPath"].startswith("/")
    ):
        message = "OriginPath must begin with a slash and must not end with one."
        raise AwsError("InvalidRelativePath", 400, message)
