"""All state of the emulated cloud, and its clock."""

import time
from collections import defaultdict

from devcloud.acm.metrics import DaysToExpiry
from devcloud.acm.state import Certificate, Certificates
from devcloud.apigateway.seed import seeded_gateways
from devcloud.apigateway.state import Gateways
from devcloud.calls import Calls
from devcloud.cloudfront.state import Cdn
from devcloud.cloudwatch.numbers import DAY, Numbers
from devcloud.cloudwatch.state import Alarms
from devcloud.edge.cache import EdgeCache
from devcloud.estate import Estate
from devcloud.faults import Faults
from devcloud.iam.state import Roles
from devcloud.identity import Identities
from devcloud.inbox import Inbox
from devcloud.lambdas.metrics import Told
from devcloud.lambdas.seed import seeded_lambdas
from devcloud.lambdas.state import Lambdas
from devcloud.logs.service import Logs
from devcloud.route53.state import Zones
from devcloud.s3.metrics import BucketSizes
from devcloud.s3.store import Bucket
from devcloud.seed import seeded_buckets, seeded_cdn
from devcloud.seed_domains import seeded_certificates, seeded_zones
from devcloud.seed_roles import seeded_roles
from devcloud.settings import Settings
from devcloud.sns.service import Topics
from devcloud.traffic.history import DAYS, History
from devcloud.wafv2.service import WebAcls


class Cloud:
    """One emulated cloud. Everything runs in one thread, so nothing here is locked."""

    buckets: dict[str, Bucket]
    cdn: Cdn
    lambdas: Lambdas
    gateways: Gateways
    zones: Zones
    certificates: Certificates
    web_acls: WebAcls
    logs: Logs
    roles: Roles
    topics: Topics
    alarms: Alarms
    numbers: Numbers

    def __init__(self, estate: Estate, *, sample: bool = False) -> None:
        """With `sample`, what is there from the beginning has been there for some time and has numbers of it."""
        self.estate = estate
        self.sample = sample
        self.settings = Settings()
        self.calls = Calls()
        self.reset()

    def reset(self, handlers: int | None = None) -> None:
        """Back to the fresh seed: settings, faults, keys and the record of calls too. With only the first `handlers`."""
        self.handlers = self.estate.handlers[:handlers]
        self.settings = Settings()
        self.faults = Faults()
        self.calls = Calls(first=self.calls.next)
        self.identities = Identities()
        self.roles = seeded_roles(self.estate)
        self.buckets = seeded_buckets(self.estate, self.now() - (DAYS * DAY if self.sample else 0))
        self.cdn = seeded_cdn(self.estate, self.now())
        self.lambdas = seeded_lambdas(self.estate.backends, self.handlers, self.now())
        self.gateways = seeded_gateways(self.estate.backends, self.handlers)
        self.zones = seeded_zones(self.estate)
        self.certificates = seeded_certificates(self.estate, self.now())
        self.web_acls = {}
        self.logs = Logs()
        self.topics = {}
        self.alarms = Alarms()
        self.inboxes: dict[str, Inbox] = defaultdict(Inbox)
        self.cache = EdgeCache()
        self.numbers = Numbers(
            self.settings, [Told(self.lambdas), BucketSizes(self.buckets), DaysToExpiry(self.certificates)]
        )
        if self.sample:
            self.numbers.sources.append(History(dict(self.cdn.distributions), self.now()))

    def now(self) -> float:
        """Seconds since the epoch by the cloud's own clock."""
        return time.time() + self.settings.clock_offset

    def resolve(self, name: str, kind: str) -> list[str]:
        """The values of a record as the world sees them."""
        return list(self.zones.answers(name, kind))

    def certificate(self, arn: str) -> Certificate | None:
        """The certificate with its state as of now."""
        found = self.certificates.get(arn)
        if found:
            found.settle(self.now(), self.resolve)
        return found

    def has_web_acl(self, account: str, arn: str) -> bool:
        found = self.web_acls.get(arn)
        return found is not None and found.account == account

    def used_by(self, arn: str) -> list[str]:
        """The distributions that name a certificate or a web ACL."""
        configs = [(each.arn, each.config) for each in self.cdn.distributions.values()]
        return [
            used
            for used, config in configs
            if arn in (config["ViewerCertificate"].get("ACMCertificateArn"), config["WebACLId"])
        ]
