"""The estate as AWS would hold it: buckets, their policies, and the distributions that serve them."""

import json
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from devcloud.cloudfront.config import completed
from devcloud.cloudfront.state import Cdn, Distribution, EdgeFunction, FunctionStage, Named
from devcloud.estate import ArtifactBucket, Estate, Site
from devcloud.s3.store import Bucket
from devcloud.seed_domains import certificate_arn

# MinTTL, DefaultTTL, MaxTTL in seconds.
PROFILES = {
    "short": (0, 30, 300),
    "medium": (0, 300, 3600),
    "production-like": (0, 86_400, 31_536_000),
    "production": (0, 86_400, 31_536_000),
    "long": (0, 86_400, 31_536_000),
}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
METHODS = ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"]
READS = {"Quantity": 2, "Items": ["HEAD", "GET"]}


def seeded_buckets(estate: Estate, now: float) -> dict[str, Bucket]:
    """Every bucket of the estate by name, versioned, each site's readable by its distribution only."""
    buckets = {
        each.name: Bucket(each.name, each.account, each.region, now, "Enabled") for each in estate.artifacts
    }
    for backend in estate.backends:
        if backend.code_bucket:
            name = backend.code_bucket
            buckets[name] = Bucket(name, backend.account, backend.region, now, "Enabled")
    for source in estate.sources:
        policy = json.dumps(_source_policy(source, estate))
        buckets[source.name] = Bucket(source.name, source.account, source.region, now, "Enabled", policy)
    for site in estate.sites:
        policy = json.dumps(_bucket_policy(site))
        buckets[site.bucket] = Bucket(site.bucket, site.account, site.region, now, "Enabled", policy)
    return buckets


def _source_policy(source: ArtifactBucket, estate: Estate) -> dict[str, Any]:
    """The deploying role of every account with a back end may read handlers here."""
    accounts = {backend.account for backend in estate.backends}
    roles = [role.arn for role in estate.roles if role.purpose == "deploy" and role.account in accounts]
    arn = f"arn:aws:s3:::{source.name}"
    reads = {"Effect": "Allow", "Principal": {"AWS": sorted(roles)}}
    objects = ["s3:GetObject", "s3:GetObjectVersion"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "ReadHandlers", **reads, "Action": objects, "Resource": f"{arn}/*"},
            {
                "Sid": "ListHandlers",
                **reads,
                "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
                "Resource": arn,
            },
        ],
    }


def _bucket_policy(site: Site) -> dict[str, Any]:
    source = f"arn:aws:cloudfront::{site.account}:distribution/{site.distribution_id}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AllowCloudFront",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{site.bucket}/*",
                "Condition": {"StringEquals": {"AWS:SourceArn": source}},
            }
        ],
    }


def seeded_cdn(estate: Estate, now: float) -> Cdn:
    """Every distribution of the estate, deployed, with the policies and origin access controls it names."""
    cdn = Cdn()
    zoned = {domain.name for domain in estate.domains}
    for site in estate.sites:
        _add_named(cdn, site, now)
        config = completed(_config(site, zoned))
        function = _function(site, now)
        cdn.functions[function.account, function.name] = function
        cdn.distributions[site.distribution_id] = Distribution(
            site.distribution_id, site.account, site.distribution_domain, config, now, now
        )
    return cdn


def _add_named(cdn: Cdn, site: Site, now: float) -> None:
    minimum, default, maximum = PROFILES[site.cache_profile]
    parameters = {
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    cache: dict[str, Any] = {
        "Name": f"console-{site.cache_profile}",
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": parameters,
    }
    access = {
        "Name": site.bucket,
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    cdn.add_named("CachePolicy", Named(_cache_policy_id(site), site.account, cache, now))
    cdn.add_named("OriginAccessControl", Named(_access_id(site), site.account, access, now))
    headers_id = _headers_policy_id(site)
    cdn.add_named("ResponseHeadersPolicy", Named(headers_id, site.account, _headers_policy(), now))


def _cache_policy_id(site: Site) -> str:
    return f"cache-{site.account}-{site.cache_profile}"


def _access_id(site: Site) -> str:
    return "A" + site.distribution_id


def _headers_policy_id(site: Site) -> str:
    return f"headers-{site.account}"


def _headers_policy() -> dict[str, Any]:
    policy = (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self' https:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
    )
    hsts = {
        "Override": True,
        "IncludeSubdomains": True,
        "Preload": False,
        "AccessControlMaxAgeSec": 31_536_000,
    }
    return {
        "Name": "console-security-headers",
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": hsts,
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": policy},
            "FrameOptions": {"Override": True, "FrameOption": "DENY"},
            "ContentTypeOptions": {"Override": True},
            "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "strict-origin-when-cross-origin"},
        },
    }


def _viewer_certificate(zoned: Collection[str], site: Site) -> dict[str, Any]:
    """Somebody chose a version of TLS some years ago."""
    if site.domain not in zoned:
        return {"CloudFrontDefaultCertificate": True}
    arn = certificate_arn(site.account, site.domain)
    chosen = {"SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2019"}
    return {"ACMCertificateArn": arn, **chosen}


def _config(site: Site, estate_domains: Collection[str]) -> dict[str, Any]:
    origins = [_s3_origin(site)] + ([_api_origin(site.api_origin)] if site.api_origin else [])
    config: dict[str, Any] = {
        "CallerReference": f"console:{site.product}:{site.environment}",
        "Aliases": _listed(list(site.hostnames)),
        "DefaultRootObject": "index.html",
        "Origins": _listed(origins),
        "DefaultCacheBehavior": _site_behavior(site),
        "CacheBehaviors": _listed([_api_behavior()] if site.api_origin else []),
        "CustomErrorResponses": _listed([_error_response(code, site.kind) for code in (403, 404)]),
        "ViewerCertificate": _viewer_certificate(estate_domains, site),
        "Comment": f"{site.product} {site.environment}",
        "Enabled": True,
        "HttpVersion": "http2and3",
    }
    return config


def _listed(items: list[Any]) -> dict[str, Any]:
    return {"Quantity": len(items)} | ({"Items": items} if items else {})


def _s3_origin(site: Site) -> dict[str, Any]:
    return {
        "Id": "site",
        "DomainName": f"{site.bucket}.s3.{site.region}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": _access_id(site),
    }


def _api_origin(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    return {
        "Id": "api",
        "DomainName": parts.hostname,
        "OriginPath": parts.path.rstrip("/"),
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
            "OriginReadTimeout": 30,
            "OriginKeepaliveTimeout": 5,
        },
    }


def _site_behavior(site: Site) -> dict[str, Any]:
    return {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": READS | {"CachedMethods": READS},
        "Compress": True,
        "CachePolicyId": _cache_policy_id(site),
        "ResponseHeadersPolicyId": _headers_policy_id(site),
        "FunctionAssociations": _listed(
            [{"FunctionARN": _function(site, 0).arn, "EventType": "viewer-request"}]
        ),
    }


def _function(site: Site, now: float) -> EdgeFunction:
    """As somebody once wrote it by hand."""
    routing = "static-routing" if site.kind == "static" else "app-routing"
    config = {"Comment": "", "Runtime": "cloudfront-js-1.0"}
    stage = FunctionStage(config, b"function handler(event) { return event.request; }", now)
    return EdgeFunction(f"{site.product}-{site.environment}-{routing}", site.account, stage, stage)


def _api_behavior() -> dict[str, Any]:
    return {
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": {"Quantity": 7, "Items": METHODS, "CachedMethods": READS},
        "Compress": False,
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST,
    }


def _error_response(code: int, kind: str) -> dict[str, Any]:
    """403 and 404 are never cached; a static site shows its own page for both."""
    response: dict[str, Any] = {"ErrorCode": code, "ErrorCachingMinTTL": 0}
    if kind == "static":
        response |= {"ResponsePagePath": "/404.html", "ResponseCode": "404"}
    return response
