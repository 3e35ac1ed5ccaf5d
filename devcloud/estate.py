"""What the emulated cloud holds when it starts: read from the same estate file as the console reads."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

CALL_LATEST = frozenset({"n2eqji12v4"})
"""The APIs whose integrations name no alias; the document's development account has one."""

OWN_ADDRESS = re.compile(r"[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com")


@dataclass(frozen=True)
class Role:
    """A role that the console's workers may assume. `purpose` is read, deploy, dns, estate or access."""

    arn: str
    account: str
    purpose: str
    external_id: str


@dataclass(frozen=True)
class Site:
    """One environment's front end: the bucket, and the distribution that serves it."""

    product: str
    domain: str
    environment: str
    kind: str
    account: str
    region: str
    hostnames: tuple[str, ...]
    bucket: str
    distribution_id: str
    distribution_domain: str
    cache_profile: str
    api_origin: str | None


@dataclass(frozen=True)
class Domain:
    """A product's domain, and the hosted zone that holds it."""

    name: str
    account: str
    zone_id: str


@dataclass(frozen=True)
class ArtifactBucket:
    """Where releases are kept."""

    name: str
    account: str
    region: str


@dataclass(frozen=True)
class Backend:
    """One environment's back end: the functions behind its API, and the bucket that their code is loaded from.

    An address of a custom `domain` has an API of its own, made up, below `base_path`.
    """

    environment: str
    account: str
    region: str
    prefix: str
    code_bucket: str
    api_id: str
    stage: str
    domain: str = ""
    base_path: str = ""

    @property
    def by_alias(self) -> bool:
        """Whether the API calls an alias of each function, or its newest code."""
        return self.api_id not in CALL_LATEST


@dataclass(frozen=True)
class Estate:
    """Accounts by name, and what to make in them; `handlers` are the names of all functions without a prefix."""

    accounts: Mapping[str, str]
    roles: tuple[Role, ...]
    sites: tuple[Site, ...]
    artifacts: tuple[ArtifactBucket, ...]
    backends: tuple[Backend, ...] = ()
    handlers: tuple[str, ...] = ()
    sources: tuple[ArtifactBucket, ...] = ()
    domains: tuple[Domain, ...] = ()


def read_estate(path: Path, without: Collection[str] = ()) -> Estate:
    """Read an estate file; of the products named in `without` no site and no domain is there yet.

    Raises OSError when it cannot be read and KeyError when a field that the seed needs is missing: the console
    checks the file properly when it imports it.
    """
    document = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    accounts = {account["name"]: account for account in document["accounts"]}
    products = document["products"]
    for product in products:
        if product["slug"] in without:
            _unmake(product)
    return Estate(
        accounts={name: account["aws_id"] for name, account in accounts.items()},
        roles=tuple(role for account in accounts.values() for role in _roles(account)),
        sites=tuple(
            _site(product, environment, accounts)
            for product in products
            for environment in product["environments"]
            if (environment["frontend"] or {}).get("distribution_id")
        ),
        artifacts=_artifacts(products, accounts),
        backends=_backends(products, accounts),
        handlers=_handlers(path),
        sources=_sources(products, accounts),
        domains=_domains(products, accounts),
    )


def _backends(products: list[Any], accounts: Mapping[str, Any]) -> tuple[Backend, ...]:
    environments = [environment for product in products for environment in product["environments"]]
    return tuple(
        _backend(environment["name"], environment["backend"], accounts[environment["backend"]["account"]])
        for environment in environments
        if (environment["backend"] or {}).get("function_prefix")
    )


def _backend(environment: str, given: Mapping[str, Any], account: Mapping[str, Any]) -> Backend:
    return Backend(
        environment=environment,
        account=account["aws_id"],
        region=account["region"],
        prefix=given["function_prefix"],
        code_bucket=given.get("code_bucket", ""),
        **_api(given.get("api_origin", "")),
    )


def _api(api_origin: str) -> dict[str, str]:
    address = urlsplit(api_origin)
    host, path = address.hostname or "", address.path.strip("/")
    if not host or OWN_ADDRESS.fullmatch(host):
        return {"api_id": host.partition(".")[0], "stage": path}
    made_up = sha256(f"{host}/{path}".encode()).hexdigest()[:10]
    return {"api_id": made_up, "stage": "prod", "domain": host, "base_path": path}


def _handlers(path: Path) -> tuple[str, ...]:
    """The names beside the estate file, one in a line; none where there is no such file."""
    names = path.with_suffix(".handlers.txt")
    return tuple(names.read_text().split()) if names.exists() else ()


def _sources(products: list[Any], accounts: Mapping[str, Any]) -> tuple[ArtifactBucket, ...]:
    """Where products keep the zips of their handlers first."""
    given = [product["handlers"] for product in products if product.get("handlers")]
    found = {one["bucket"]: accounts[one["account"]] for one in given}
    return tuple(ArtifactBucket(name, each["aws_id"], each["region"]) for name, each in found.items())


def _roles(account: Mapping[str, Any]) -> list[Role]:
    return [
        Role(role["role_arn"], account["aws_id"], purpose, role["external_id"])
        for purpose, role in account["roles"].items()
    ]


def _unmake(product: dict[str, Any]) -> None:
    """As it is in the file before anything was made in AWS."""
    product["hosted_zone"] = None
    for environment in product["environments"]:
        environment["frontend"]["distribution_id"] = ""


def _domains(products: list[Any], accounts: Mapping[str, Any]) -> tuple[Domain, ...]:
    """Those whose zone is known."""
    zones = {product["domain"]: product.get("hosted_zone") or {} for product in products}
    return tuple(
        Domain(name, accounts[zone["account"]]["aws_id"], zone["zone_id"])
        for name, zone in zones.items()
        if zone.get("zone_id")
    )


def _site(product: Mapping[str, Any], environment: Mapping[str, Any], accounts: Mapping[str, Any]) -> Site:
    frontend = environment["frontend"]
    account = accounts[frontend["account"]]
    return Site(
        product=product["slug"],
        domain=product["domain"],
        environment=environment["name"],
        kind=environment["kind"],
        account=account["aws_id"],
        region=account["region"],
        hostnames=tuple(environment["hostnames"]),
        bucket=frontend["bucket"],
        distribution_id=frontend["distribution_id"],
        distribution_domain=frontend["distribution_domain"],
        cache_profile=environment["cache_profile"],
        api_origin=(environment["backend"] or {}).get("api_origin"),
    )


def _artifacts(products: list[Any], accounts: Mapping[str, Any]) -> tuple[ArtifactBucket, ...]:
    places = {
        product["artifacts"]["bucket"]: accounts[product["artifacts"]["account"]] for product in products
    }
    return tuple(
        ArtifactBucket(name, account["aws_id"], account["region"]) for name, account in places.items()
    )
