"""What CloudFront should hold for an environment: no Django, no AWS."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from provisioning.facts import Environment, Product
from provisioning.planner import Wish, wish
from provisioning.shapes import (
    AccessControl,
    Behavior,
    CachePolicy,
    Distribution,
    EdgeFunction,
    ErrorAnswer,
    HeadersPolicy,
    Origin,
    Rule,
    WebAcl,
)

DISTRIBUTION = "distribution"
FUNCTIONS = Path(__file__).parent / "edge_functions"
CODES = {path.stem: path.read_text(encoding="utf-8") for path in FUNCTIONS.glob("*.js")}
DAY, YEAR = 86_400, 31_536_000
# Default and maximum seconds by cache profile. AWS: the minimum would hold against no-cache, so it is 0.
PROFILES = {
    "short": (30, 300),
    "medium": (300, 3600),
    "production-like": (DAY, YEAR),
    "production": (DAY, YEAR),
    "long": (DAY, YEAR),
}
HEADERS = "console-security-headers"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self' https:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)
READS = ("GET", "HEAD")
ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
SITE, API = "site", "api"
# AWS's own policies, by the names that it gives them.
NO_CACHE, ALL_BUT_HOST = "Managed-CachingDisabled", "Managed-AllViewerExceptHostHeader"
OLDEST_TLS = "TLSv1.2_2021"
# AWS: without a certificate of one's own CloudFront allows no other.
ANY_TLS = "TLSv1"
GROUPS = {
    "reputation": "AWSManagedRulesAmazonIpReputationList",
    "common": "AWSManagedRulesCommonRuleSet",
    "known-bad-inputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "sql-injection": "AWSManagedRulesSQLiRuleSet",
}
PER_ADDRESS = 2000
"""Requests in five minutes from one address."""


def distribution_name(product: str, environment: str) -> str:
    """The name by which other resources mean an environment's distribution."""
    return f"{product}-{environment}"


def edge(product: Product, environment: Environment) -> Iterator[Wish]:
    """All that CloudFront needs for an environment; what several share is wished by each in the same way."""
    account, name = environment.account.id, environment.name
    distribution = distribution_name(product.slug, name)

    default, maximum = PROFILES[environment.cache_profile]
    yield wish(account, environment.bucket, AccessControl(), name)
    yield wish(account, _cache(environment), CachePolicy(default=default, maximum=maximum))
    yield wish(account, HEADERS, _headers())
    function = EdgeFunction(code=CODES[_routing(environment)])
    yield wish(account, _function(product, environment), function, name)
    if environment.web_acl:
        yield wish(account, distribution, _web_acl(environment), name)
    yield wish(account, distribution, _distribution(product, environment), name)


def _cache(environment: Environment) -> str:
    return f"console-{environment.cache_profile}"


def _routing(environment: Environment) -> str:
    return "static-routing" if environment.kind == "static" else "app-routing"


def _function(product: Product, environment: Environment) -> str:
    """Each environment has its own. AWS: publishing changes every distribution that names the function, at once."""
    return f"{product.slug}-{environment.name}-{_routing(environment)}"


def _headers() -> HeadersPolicy:
    return HeadersPolicy(
        hsts_seconds=YEAR,
        hsts_subdomains=True,
        content_security=POLICY,
        frames="DENY",
        referrer="strict-origin-when-cross-origin",
        nosniff=True,
    )


def _distribution(product: Product, environment: Environment) -> Distribution:
    has_api = bool(environment.api_origin)
    behaviors = ((_api_behavior(),) if has_api else ()) + (_site_behavior(product, environment),)
    origins = (_site_origin(environment), *((_api_origin(environment),) if has_api else ()))
    return Distribution(
        aliases=tuple(sorted(environment.hostnames)),
        comment=f"{product.slug} {environment.name}",
        origins=tuple(sorted(origins, key=lambda one: one.id)),
        behaviors=behaviors,
        errors=tuple(_error(code, environment) for code in ("403", "404")),
        price_class=environment.price_class,
        certificate=product.domain if environment.hostnames else "",
        tls=OLDEST_TLS if environment.hostnames else ANY_TLS,
        web_acl=distribution_name(product.slug, environment.name) if environment.web_acl else "",
    )


def _web_acl(environment: Environment) -> WebAcl:
    """AWS's groups first, then the limit. They begin by counting: the common group stops uploads of more than 8 KB."""
    action = environment.web_acl
    groups = [
        Rule(id=name, priority=number, group=group, action=action)
        for number, (name, group) in enumerate(GROUPS.items())
    ]
    limit = Rule(id="rate", priority=len(groups), limit=PER_ADDRESS, action=action)
    return WebAcl(rules=(*groups, limit))


def _site_origin(environment: Environment) -> Origin:
    """AWS: the bucket's own REST address; a website endpoint takes no access control."""
    domain = f"{environment.bucket}.s3.{environment.account.region}.amazonaws.com"
    shield = environment.account.region if environment.origin_shield else ""
    return Origin(id=SITE, domain=domain, access_control=environment.bucket, shield=shield)


def _api_origin(environment: Environment) -> Origin:
    parts = urlsplit(environment.api_origin)
    return Origin(
        id=API,
        domain=parts.hostname or "",
        path=parts.path.rstrip("/"),
        protocol="https-only",
        read_seconds=30,
    )


def _site_behavior(product: Product, environment: Environment) -> Behavior:
    return Behavior(
        path="*",
        origin=SITE,
        methods=READS,
        viewers="redirect-to-https",
        compress=True,
        cache=_cache(environment),
        headers=HEADERS,
        functions=(f"viewer-request {_function(product, environment)}",),
    )


def _api_behavior() -> Behavior:
    """AWS: with the viewer's Host header API Gateway answers 403; without the other methods the edge does."""
    return Behavior(
        path="/api/*",
        origin=API,
        methods=ALL_METHODS,
        viewers="https-only",
        compress=False,
        cache=NO_CACHE,
        request=ALL_BUT_HOST,
    )


def _error(code: str, environment: Environment) -> ErrorAnswer:
    """Errors are not kept. A static site has a page for what is missing; an app must not, it would answer for its API."""
    if environment.kind == "static":
        return ErrorAnswer(id=code, seconds=0, page="/404.html", status="404")
    return ErrorAnswer(id=code, seconds=0)
