"""All state of the emulated cloud, and its clock."""

import time

from devcloud.apigateway.seed import seeded_gateways
from devcloud.apigateway.state import Gateways
from devcloud.calls import Calls
from devcloud.cloudfront.state import Cdn
from devcloud.edge.cache import EdgeCache
from devcloud.edge.metrics import EdgeMetrics
from devcloud.estate import Estate
from devcloud.faults import Faults
from devcloud.identity import Identities
from devcloud.lambdas.seed import seeded_lambdas
from devcloud.lambdas.state import Lambdas
from devcloud.s3.store import Bucket
from devcloud.seed import seeded_buckets, seeded_cdn
from devcloud.settings import Settings


class Cloud:
    """One emulated cloud. Everything runs in one thread, so nothing here is locked."""

    buckets: dict[str, Bucket]
    cdn: Cdn
    lambdas: Lambdas
    gateways: Gateways

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.settings = Settings()
        self.calls = Calls()
        self.reset()

    def reset(self) -> None:
        """Back to the fresh seed: settings, faults, keys and the record of calls too."""
        self.settings = Settings()
        self.faults = Faults()
        self.calls = Calls(first=self.calls.next)
        self.identities = Identities(self.estate.roles)
        self.buckets = seeded_buckets(self.estate, self.now())
        self.cdn = seeded_cdn(self.estate, self.now())
        self.lambdas = seeded_lambdas(self.estate.backends, self.estate.handlers, self.now())
        self.gateways = seeded_gateways(self.estate.backends, self.estate.handlers)
        self.cache = EdgeCache()
        self.metrics = EdgeMetrics()

    def now(self) -> float:
        """Seconds since the epoch by the cloud's own clock."""
        return time.time() + self.settings.clock_offset
