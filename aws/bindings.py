"""API Gateway: which functions an API calls, and by which version or alias."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from aws.access import Account
from aws.errors import NotFound, Subject
from aws.functions import LATEST

ADDRESS = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
FUNCTION = re.compile(r":function:(?P<name>[\w-]+)(:(?P<qualifier>[^/:]+))?(/invocations)?$")


def bindings(account: Account, api_origin: str) -> dict[str, str]:
    """What the API at this address calls: by a function's name the qualifier, empty for `$LATEST`.

    A function that is called by several is under the first of them, `$LATEST` before any alias. AWS: for a REST API this
    is its present design, and a stage serves the design of its last deployment. Raises NotFound when the account has
    no API there.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for uri in _integrations(account, _api_id(account, api_origin)):
        if function := FUNCTION.search(uri):
            found[function["name"]].add((function["qualifier"] or "").replace(LATEST, ""))
    return {name: min(qualifiers) for name, qualifiers in found.items()}


def _api_id(account: Account, api_origin: str) -> str:
    """AWS: the address that API Gateway itself gives an API begins with its id and names its Region."""
    address = ADDRESS.fullmatch(urlsplit(api_origin).hostname or "")
    if address and address["region"] == account.region:
        return address["api"]
    raise NotFound(
        Subject("apigateway", "GetResources", account.account_id, api_origin),
        message=f"the address is not that of an API in {account.region}, https://<id>.execute-api.{account.region}.amazonaws.com/<stage>",
    )


def _integrations(account: Account, api_id: str) -> Iterator[str]:
    """The targets of a REST API, or else of an HTTP API: AWS has them in two services, which know only their own."""
    try:
        yield from _rest(account, api_id)
    except NotFound:
        yield from _http(account, api_id)


def _rest(account: Account, api_id: str) -> Iterator[str]:
    """AWS: at most 500 resources a page; their methods are told only when asked for."""
    page: dict[str, Any] = {"restApiId": api_id, "embed": ["methods"], "limit": 500}
    while True:
        answer = account.read("apigateway", "GetResources", api_id, **page)
        for resource in answer.get("items", ()):
            for method in resource.get("resourceMethods", {}).values():
                yield method.get("methodIntegration", {}).get("uri", "")
        if not answer.get("position"):
            return
        page["position"] = answer["position"]


def _http(account: Account, api_id: str) -> Iterator[str]:
    page: dict[str, Any] = {"ApiId": api_id}
    while True:
        answer = account.read("apigatewayv2", "GetIntegrations", api_id, **page)
        for integration in answer.get("Items", ()):
            yield integration.get("IntegrationUri", "")
        if not answer.get("NextToken"):
            return
        page["NextToken"] = answer["NextToken"]
