"""One request at the edge, from the host name to the answer."""

import gzip
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from devcloud.cloud import Cloud
from devcloud.cloudfront.state import Distribution
from devcloud.edge.cache import CacheKey, Entry, Ttl
from devcloud.edge.headers import policy_headers
from devcloud.edge.metrics import Seen, publish
from devcloud.edge.origins import Answer, ask_api, ask_bucket, find_origin
from devcloud.edge.routing import Host, Redirect, find_behavior, find_distribution, read_host, route
from devcloud.wire import Reply

# AWS: the managed cache policies by id. Minimum, default, maximum in seconds.
MANAGED_TTLS = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": Ttl(1, 86_400, 31_536_000),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": Ttl(1, 86_400, 31_536_000),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": Ttl(0, 0, 0),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": Ttl(0, 0, 31_536_000),
}
COMPRESSIBLE = (
    "text/",
    "application/javascript",
    "application/json",
    "application/xml",
    "image/svg+xml",
    "application/wasm",
)
SMALLEST, LARGEST = 1000, 10_000_000
ERROR_TTL = 10.0
CACHED = ("GET", "HEAD")
HIT, MISS, REFRESH, ERROR = (f"{word} from cloudfront" for word in ("Hit", "Miss", "RefreshHit", "Error"))


@dataclass(frozen=True)
class Viewer:
    """A request as a browser sent it. `path` is still encoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def serve(cloud: Cloud, viewer: Viewer, at: float | None = None) -> Reply:
    """Answer one request as CloudFront would; with `at`, its numbers are of that time (seconds since the epoch)."""
    now = cloud.now()
    host = read_host(viewer.headers.get("host", ""))
    distribution = find_distribution(cloud.cdn.distributions.values(), host.name, now)
    if distribution is None:
        return _refusal(
            403, "The request could not be satisfied: no distribution answers for this host name."
        )
    cloud.cache.apply_invalidations(distribution, now)
    config, told = distribution.edge_config(now) or {}, now if at is None else at
    visit = Visit(cloud, distribution, config, host, viewer, now, told)
    reply, state = visit.answer()
    down = 0 if viewer.method == "HEAD" else len(reply.body)
    waited = sum(visit.waits) if visit.waits else None
    seen = Seen(reply.status, down, len(viewer.body), state in (HIT, REFRESH), waited)
    publish(cloud.numbers, distribution, seen, told)
    return replace(reply, headers={**reply.headers, **_marks(state)})


def _marks(state: str) -> dict[str, str]:
    node = secrets.token_hex(16)
    return {
        "x-cache": state,
        "via": f"1.1 {node}.cloudfront.net (CloudFront)",
        "x-amz-cf-id": secrets.token_urlsafe(40),
    }


def _refusal(status: int, text: str) -> Reply:
    body = f"<!DOCTYPE html><html><head><title>ERROR</title></head><body><h1>{status} ERROR</h1><p>{text}</p></body></html>"
    headers = {"content-type": "text/html", "server": "CloudFront"} | _marks(ERROR)
    return Reply(status, body.encode(), headers)


@dataclass(frozen=True)
class Visit:
    """A viewer at one distribution. `told` is the time that its numbers are of, `waits` are how long origins took to answer, in milliseconds."""

    cloud: Cloud
    distribution: Distribution
    config: dict[str, Any]
    host: Host
    viewer: Viewer
    now: float
    told: float
    waits: list[float] = field(default_factory=list)

    def answer(self) -> tuple[Reply, str]:
        behavior = find_behavior(self.config, self.viewer.path)
        if self.viewer.method not in behavior["AllowedMethods"]["Items"]:
            return _refusal(
                403, "This distribution is not configured to allow the HTTP request method."
            ), ERROR
        routed = route(behavior, self.host, self.viewer.path, self.viewer.query)
        if isinstance(routed, Redirect):
            return Reply(
                301, b"", {"location": routed.location, "cache-control": "no-cache"}
            ), "FunctionGeneratedResponse from cloudfront"
        entry, state = self.entry(behavior, self.rooted(routed))
        if entry.status >= 400:
            entry, state = self.error_page(behavior, entry), ERROR
        return self.reply(behavior, entry), state

    def rooted(self, path: str) -> str:
        root = self.config["DefaultRootObject"]
        return f"/{root}" if path == "/" and root else path

    def entry(self, behavior: dict[str, Any], path: str) -> tuple[Entry, str]:
        """The answer for a path, from the cache while it is fresh, else from the origin.

        AWS: only answers to GET and HEAD are cached.
        """
        zipped = behavior["Compress"] and "gzip" in self.viewer.headers.get("accept-encoding", "")
        key: CacheKey = (self.distribution.id, path, zipped)
        known = self.cloud.cache.get(key) if self.viewer.method in CACHED else None
        if known is not None and self.now < known.expires:
            return known, HIT
        fresh = self.fetch(behavior, path, zipped=zipped)
        self.waits.append(fresh.milliseconds)
        kept_until = self.expiry(behavior, fresh)
        entry = Entry(fresh.status, fresh.headers, fresh.body, self.now, kept_until or self.now)
        if self.viewer.method not in CACHED:
            return entry, MISS
        if kept_until is None:
            self.cloud.cache.drop(key)
        else:
            self.cloud.cache.put(key, entry)
        same = known is not None and known.etag is not None and known.etag == entry.etag
        return entry, REFRESH if same else MISS

    def expiry(self, behavior: dict[str, Any], answer: Answer) -> float | None:
        """When an answer stops being fresh; None when it must not be kept. Errors have a time of their own."""
        if answer.status >= 400:
            seconds = self.error_response(answer.status).get("ErrorCachingMinTTL", ERROR_TTL)
            return self.now + seconds if seconds else None
        fresh = self.ttl(behavior).of(answer.headers.get("cache-control"))
        return None if fresh is None else self.now + fresh

    def ttl(self, behavior: dict[str, Any]) -> Ttl:
        policy_id = behavior.get("CachePolicyId", "")
        policy = self.cloud.cdn.named.get("CachePolicy", {}).get(policy_id)
        if policy is not None:
            config = policy.config
            return Ttl(config["MinTTL"], config.get("DefaultTTL", 86_400), config.get("MaxTTL", 31_536_000))
        if policy_id in MANAGED_TTLS:
            return MANAGED_TTLS[policy_id]
        return Ttl(
            behavior.get("MinTTL", 0), behavior.get("DefaultTTL", 86_400), behavior.get("MaxTTL", 31_536_000)
        )

    def fetch(self, behavior: dict[str, Any], path: str, *, zipped: bool) -> Answer:
        origin = find_origin(self.config, behavior)
        if "S3OriginConfig" not in origin:
            return ask_api(self.cloud, origin, self.viewer.method, path, self.viewer.body, self.told)
        answer = ask_bucket(self.cloud.buckets, self.distribution, origin, path)
        return _compressed(answer) if zipped and answer.status == 200 else answer

    def error_response(self, status: int) -> dict[str, Any]:
        responses = self.config["CustomErrorResponses"].get("Items", [])
        return next((each for each in responses if each["ErrorCode"] == status), {})

    def error_page(self, behavior: dict[str, Any], entry: Entry) -> Entry:
        """AWS: a custom error response holds for the whole distribution and has a page and a status of its own."""
        response = self.error_response(entry.status)
        if not response.get("ResponsePagePath"):
            return entry
        page, _ = self.entry(behavior, response["ResponsePagePath"])
        if page.status >= 400:
            return entry
        return replace(page, status=int(response["ResponseCode"]))

    def reply(self, behavior: dict[str, Any], entry: Entry) -> Reply:
        headers = dict(entry.headers)
        policy_id = behavior.get("ResponseHeadersPolicyId", "")
        policy = self.cloud.cdn.named.get("ResponseHeadersPolicy", {}).get(policy_id)
        for name, (value, override) in policy_headers(policy.config if policy else None).items():
            if override or name not in headers:
                headers[name] = value
        if self.now > entry.stored:
            headers["age"] = str(int(self.now - entry.stored))
        wanted = self.viewer.headers.get("if-none-match")
        if (
            entry.status == 200
            and wanted is not None
            and entry.etag is not None
            and _named(wanted, entry.etag)
        ):
            return Reply(304, b"", {name: headers[name] for name in headers if name != "content-type"})
        return Reply(entry.status, entry.body, headers)


def _named(wanted: str, etag: str) -> bool:
    tags = {each.strip().removeprefix("W/") for each in wanted.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def _compressed(answer: Answer) -> Answer:
    """AWS: compresses known types between 1,000 and 10,000,000 bytes, and weakens the ETag."""
    kind = answer.headers.get("content-type", "")
    if not kind.startswith(COMPRESSIBLE) or "content-encoding" in answer.headers:
        return answer
    if not SMALLEST <= len(answer.body) <= LARGEST:
        return answer
    headers = {**answer.headers, "content-encoding": "gzip", "vary": "Accept-Encoding"}
    headers["etag"] = f"W/{answer.headers['etag']}"
    return replace(answer, headers=headers, body=gzip.compress(answer.body, compresslevel=5, mtime=0))
