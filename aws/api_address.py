"""Where the address of an API leads: to which API of API Gateway, and to which of its stages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aws.access import Account
from aws.errors import NotFound, Subject, Unresolved

OWN = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
DEFAULT_STAGE = "$default"
NONE = "(none)"
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Place:
    """An API by its id, and the names of the stages that the address may mean, the likeliest first."""

    api_id: str
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a custom domain name does with calls below the path `key`: `stage` is "" when callers name it themselves."""

    key: str
    api_id: str
    stage: str


def own_api(api_origin: str) -> tuple[str, str] | None:
    """The id and the Region of the API whose own address it is.

    AWS: the address that API Gateway itself gives an API begins with its id and names its Region.
    """
    own = OWN.fullmatch(_host(api_origin))
    return (own["api"], own["region"]) if own else None


def domain_names(api_origin: str) -> tuple[str, ...]:
    """The custom domain names that may serve the address, the closest first; none for an API's own address.

    AWS: a wildcard stands for the first label, and a name that says it all goes before.
    """
    host = _host(api_origin)
    if not host or OWN.fullmatch(host):
        return ()
    above = host.partition(".")[2]
    return (host, f"*.{above}") if "." in above else (host,)


def find_api(account: Account, api_origin: str) -> Place:
    """The API that calls to this address reach.

    AWS: a custom domain name, whether Regional or edge-optimized, is a resource of one account and Region, the same as
    the APIs it is mapped to; only the certificate of an edge-optimized one is in us-east-1. Raises Unresolved when the
    address leads to no API of the account in its Region, or when that cannot be told.
    """
    own = own_api(api_origin)
    if own and own[1] == account.region:
        return Place(own[0], (*_first(_path(api_origin)), DEFAULT_STAGE))
    domain = _domain(account, api_origin)
    mapping = _mapping(account, api_origin, domain)
    rest = _path(api_origin).removeprefix(mapping.key).strip("/")
    return Place(mapping.api_id, (mapping.stage,) if mapping.stage else _first(rest))


def _host(api_origin: str) -> str:
    return urlsplit(api_origin).hostname or ""


def _path(api_origin: str) -> str:
    return urlsplit(api_origin).path.strip("/")


def _first(path: str) -> tuple[str, ...]:
    return (path.partition("/")[0],) if path else ()


def _domain(account: Account, api_origin: str) -> dict[str, Any]:
    """The custom domain name of the address. AWS: version 1 of the service knows those made by version 2, too."""
    for name in domain_names(api_origin):
        try:
            return account.read("apigateway", "GetDomainName", name, domainName=name)
        except NotFound:
            continue
    raise _unresolved(account, api_origin, _no_address(account, api_origin))


def _mapping(account: Account, api_origin: str, domain: dict[str, Any]) -> Mapping:
    """The mapping that calls to the address go by. AWS: without a routing mode, or with that of mappings only, no rules
    choose before."""
    name, mode = domain["domainName"], domain.get("routingMode", "")
    if mode and not mode.endswith("MAPPING_ONLY"):
        raise _unresolved(account, api_origin, _ruled(account, name, mode))
    mappings = list(_mappings(account, domain))
    if serving := _serving(mappings, _path(api_origin)):
        return serving
    raise _unresolved(account, api_origin, _unmapped(account, name, api_origin, mappings))


def _mappings(account: Account, domain: dict[str, Any]) -> Iterator[Mapping]:
    """AWS: only version 2 of the service knows mappings to HTTP APIs and those of several segments, and it refuses
    edge-optimized domains, which can have neither."""
    if domain.get("endpointConfiguration", {}).get("types") == ["REGIONAL"]:
        return _api_mappings(account, domain["domainName"])
    return _base_path_mappings(account, domain["domainName"])


def _api_mappings(account: Account, name: str) -> Iterator[Mapping]:
    page: dict[str, Any] = {"DomainName": name}
    while True:
        answer = account.read("apigatewayv2", "GetApiMappings", name, **page)
        for each in answer.get("Items", ()):
            yield Mapping(_given(each.get("ApiMappingKey")), each["ApiId"], _given(each.get("Stage")))
        if not answer.get("NextToken"):
            return
        page["NextToken"] = answer["NextToken"]


def _base_path_mappings(account: Account, name: str) -> Iterator[Mapping]:
    """AWS: at most 500 a page."""
    page: dict[str, Any] = {"domainName": name, "limit": 500}
    while True:
        answer = account.read("apigateway", "GetBasePathMappings", name, **page)
        for each in answer.get("items", ()):
            yield Mapping(_given(each.get("basePath")), each["restApiId"], _given(each.get("stage")))
        if not answer.get("position"):
            return
        page["position"] = answer["position"]


def _given(value: str | None) -> str:
    """AWS: `(none)` is the empty path; as a stage it is the one that callers name after the path."""
    return "" if value is None or value == NONE else value


def _serving(mappings: Sequence[Mapping], path: str) -> Mapping | None:
    """The mapping that calls below this path go by.

    AWS: the longest one that the path begins with as text, when a mapping of the domain has several segments; else the
    one that is its first segment. The empty one is for the rest.
    """
    several = any("/" in each.key for each in mappings)
    first = path.partition("/")[0]
    fitting = [
        each for each in mappings if (path.startswith(each.key) if several else each.key in ("", first))
    ]
    return max(fitting, key=lambda each: len(each.key), default=None)


def _unresolved(account: Account, api_origin: str, text: str) -> Unresolved:
    return Unresolved(Subject("apigateway", "GetDomainName", account.account_id, api_origin), message=text)


def place_of(account: Account) -> str:
    """The account and its Region in words."""
    return f"account {account.account_id}, {account.region}"


def listed(texts: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(texts) - MOST_NAMED
    return ", ".join(texts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _no_address(account: Account, api_origin: str) -> str:
    return (
        f"{api_origin or 'An empty address'} leads to no API in {place_of(account)}: it is neither "
        f"https://<id>.execute-api.{account.region}.amazonaws.com/<stage> nor below a custom domain name that API Gateway "
        "has there. Correct the API origin or the back end's account in the environment's settings, or create the domain "
        "name in AWS."
    )


def _ruled(account: Account, name: str, mode: str) -> str:
    return (
        f"The custom domain name {name} in {place_of(account)}, has the routing mode {mode}: rules choose the API for "
        "each call, also by its headers, so the address does not tell which one is called. Set the API origin in the "
        f"environment's settings to the API's own address, https://<id>.execute-api.{account.region}.amazonaws.com/<stage>."
    )


def _unmapped(account: Account, name: str, api_origin: str, mappings: Sequence[Mapping]) -> str:
    there = listed(sorted(f"/{each.key}" for each in mappings))
    return (
        f"The custom domain name {name} in {place_of(account)}, maps no API to /{_path(api_origin)}, which "
        f"{api_origin} names; it maps {there or 'nothing at all'}. Add the mapping in AWS, or correct the API origin in "
        "the environment's settings."
    )
