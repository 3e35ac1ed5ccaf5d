"""Visitors in the background, and bursts of them at once."""

import asyncio
import random
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from devcloud.cloud import Cloud
from devcloud.cloudfront.state import Distribution
from devcloud.traffic.rhythm import busiest, rhythm
from devcloud.traffic.sites import stock
from devcloud.traffic.visits import Visitor, site_of

EACH, REQUESTS_A_VISIT = 1.0, 7.0
"""Every how many seconds visitors come, and about how many requests one makes."""
SEED = 5
MOST = 20_000


@dataclass(frozen=True)
class Traffic:
    """Visitors of all distributions of a cloud that have something to serve."""

    cloud: Cloud
    luck: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - chance, not secrecy

    async def run(self) -> None:
        """Let visitors come until it is cancelled, also to sites that somebody made by hand."""
        stock(self.cloud)
        while True:
            await asyncio.sleep(EACH)
            try:
                self.come(EACH)
            except Exception:  # a fault of the emulator itself: whoever runs it must see it
                traceback.print_exc()

    def come(self, seconds: float) -> int:
        """The visitors of so many seconds, now; returns how many requests they made."""
        now, made = self.cloud.now(), 0
        for each in list(self.cloud.cdn.distributions.values()):
            expected = busiest(each) * rhythm(now) * seconds / REQUESTS_A_VISIT
            for _ in range(int(expected) + (self.luck.random() < expected % 1)):
                made += sum(1 for _ in Visitor(self.cloud, each, self.luck, now).visit())
        return made


def burst(cloud: Cloud, wish: Mapping[str, Any]) -> dict[str, int]:
    """`{distribution, requests, seconds?}`: so many requests, spread over the last seconds; returns how many came to which
    status. Raises ValueError for a wish that makes no sense."""
    distribution = cloud.cdn.distributions.get(str(wish.get("distribution")))
    requests, seconds = int(wish.get("requests", 0)), float(wish.get("seconds", 0))
    if distribution is None or not 1 <= requests <= MOST:
        raise ValueError(f"no such distribution, or not from 1 to {MOST} requests")
    if site_of(cloud, distribution)[0] is None:
        raise ValueError("the distribution has nothing to serve")
    found: dict[str, int] = {}
    for status in _statuses(cloud, distribution, requests, seconds):
        found[str(status)] = found.get(str(status), 0) + 1
    return found


def _statuses(cloud: Cloud, distribution: Distribution, requests: int, seconds: float) -> Iterator[int]:
    luck, made, now = random.Random(SEED), 0, cloud.now()  # noqa: S311 - chance, not secrecy
    while made < requests:
        at = now - seconds * (1 - made / requests)
        for status in Visitor(cloud, distribution, luck, at).visit():
            yield status
            made += 1
            if made == requests:
                return
