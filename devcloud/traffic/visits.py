"""What one visitor of a site asks for, by the edge as everybody else does."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devcloud.cloud import Cloud
from devcloud.cloudfront.state import Distribution
from devcloud.edge.origins import find_origin
from devcloud.edge.service import Viewer, serve
from devcloud.s3.store import Bucket

NAMED = re.compile(rb'(?:src|href)="(/[^"#?]+)"')
AGENT = "sample-traffic"
MOST_FILES, POPULAR = 30, 6
MISSING = "/assets/gone-00000000.js"
OFTEN, SELDOM, HARDLY = 0.7, 0.3, 0.03


@dataclass(frozen=True)
class Visitor:
    """Somebody at one distribution, whose wishes are drawn by `luck`, and whose numbers are of a time (seconds since the
    epoch)."""

    cloud: Cloud
    distribution: Distribution
    luck: random.Random
    at: float

    def visit(self) -> Iterator[int]:
        """The status of each answer: a page with what it names, then what its script asks for."""
        bucket, config = site_of(self.cloud, self.distribution)
        if bucket is None:
            return
        page = "/" if self.luck.random() < OFTEN else self._deep(bucket)
        status, body = self._ask("GET", page)
        yield status
        for path in list(dict.fromkeys(NAMED.findall(body)))[:MOST_FILES]:
            yield self._ask("GET", path.decode(errors="replace"))[0]
        if bucket.current("config.json"):
            yield self._ask("GET", "/config.json")[0]
        if self.luck.random() < HARDLY:
            yield self._ask("GET", MISSING)[0]
        if any(each["PathPattern"] == "/api/*" for each in config["CacheBehaviors"].get("Items", [])):
            yield from self._calls()

    def _deep(self, bucket: Bucket) -> str:
        """Another page than the first: of a site its documentation, of an app any route."""
        return "/docs/" if bucket.current("docs/index.html") else f"/orders/{self.luck.randrange(1000)}"

    def _calls(self) -> Iterator[int]:
        handlers = self.cloud.handlers
        for _ in range(self.luck.randint(1, 3) if handlers else 0):
            known = handlers[:POPULAR] if self.luck.random() < OFTEN else handlers
            method = "POST" if self.luck.random() < SELDOM else "GET"
            yield self._ask(method, f"/api/{self.luck.choice(known)}")[0]

    def _ask(self, method: str, path: str) -> tuple[int, bytes]:
        host = next(iter(self.distribution.aliases), self.distribution.domain)
        body = b'{"sample":true}' if method == "POST" else b""
        viewer = Viewer(method, path, "", {"host": host, "user-agent": AGENT}, body)
        reply = serve(self.cloud, viewer, self.at)
        return reply.status, reply.body


def site_of(cloud: Cloud, distribution: Distribution) -> tuple[Bucket | None, dict[str, Any]]:
    """The bucket that a distribution serves, None where there is nothing to serve, and the configuration at the edge."""
    config = distribution.edge_config(cloud.now())
    bucket = bucket_of(cloud, distribution)
    return (bucket if bucket is not None and not bucket.empty else None), config or {}


def bucket_of(cloud: Cloud, distribution: Distribution) -> Bucket | None:
    """The bucket behind a distribution's default behaviour, None while it is not enabled."""
    config = distribution.edge_config(cloud.now())
    if config is None or not config["Enabled"]:
        return None
    origin = find_origin(config, config["DefaultCacheBehavior"])
    return cloud.buckets.get(origin["DomainName"].partition(".s3.")[0])
