"""What is known of a product, as plain data for `desired`: no Django, no AWS."""

from dataclasses import dataclass

from provisioning.shapes import Statement


@dataclass(frozen=True, kw_only=True)
class Account:
    """An AWS account by its 12 digits, its Region, and the ARN of the role that deploys there, "" without one.

    `replicator` is the name of the role that S3 takes there to copy buckets.
    """

    id: str
    region: str
    deployer: str = ""
    replicator: str = ""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A place where the product runs; `code_bucket` and `backend` only of one with a back end.

    `price_class` is AWS's name of where the edge is; `web_acl` is what its rules do: count, block, or "" without any.
    """

    name: str
    kind: str
    account: Account
    bucket: str
    hostnames: tuple[str, ...]
    cache_profile: str
    price_class: str = "PriceClass_100"
    web_acl: str = ""
    origin_shield: bool = False
    replicated: bool = False
    extra_metrics: bool = False
    alarms: bool = False
    api_origin: str = ""
    backend: Account | None = None
    code_bucket: str = ""


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product with its environments in order, the archive of its releases and the store of its handlers.

    Several products may share these: `…_readers` are the accounts of all of them that read there. `zone_account` holds the
    hosted zone of its domain, None where another provider does. `logs` is the bucket of its access logs, "" without any.
    S3 copies the archive, and what is `replicated`, to `replica_region`, "" without one.
    """

    slug: str
    domain: str
    environments: tuple[Environment, ...]
    archive: str
    archive_account: Account
    archive_readers: tuple[Account, ...] = ()
    handlers: str = ""
    handlers_account: Account | None = None
    handlers_readers: tuple[Account, ...] = ()
    zone_account: Account | None = None
    logs: str = ""
    logs_account: Account | None = None
    replica_region: str = ""

    @property
    def accounts(self) -> frozenset[str]:
        """The 12 digits of all accounts in which it has something."""
        places = (one for each in self.environments for one in (each.account, each.backend))
        shared = (self.archive_account, self.handlers_account, self.zone_account, self.logs_account)
        return frozenset(one.id for one in (*places, *shared) if one)


@dataclass(frozen=True, kw_only=True)
class KeptRole:
    """A role that the console keeps in an account: who takes it, within which boundary, and what it must be able to do.

    `account` is the 12 digits; a role that `deploys` names distributions, which must be there first.
    """

    account: str
    name: str
    path: str
    boundary: str
    trust: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    deploys: bool
