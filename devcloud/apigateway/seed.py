"""The APIs that the estate's back ends have when the cloud starts."""

from collections.abc import Iterable

from devcloud.apigateway.state import REST, Api, Domain, Gateways, PathMapping, Stage
from devcloud.estate import Backend
from devcloud.lambdas.seed import ALIAS


def seeded_gateways(backends: Iterable[Backend], handlers: Iterable[str]) -> Gateways:
    """One REST API for each address in the estate, with a method for each function behind it."""
    held, names = Gateways(), tuple(handlers)
    for backend in backends:
        if backend.api_id and backend.api_id not in held.apis:
            held.apis[backend.api_id] = _api(backend, names)
            if backend.domain:
                _map(held, backend)
    return held


def _api(backend: Backend, names: Iterable[str]) -> Api:
    qualifier = f":{ALIAS}" if backend.by_alias else ""
    targets = {
        f"/{name}": target(backend.account, backend.region, f"{backend.prefix}{name}{qualifier}")
        for name in names
    }
    stages = {backend.stage: Stage(dict(targets))} if backend.stage else {}
    return Api(backend.api_id, REST, backend.account, backend.region, targets, stages)


def target(account: str, region: str, function: str) -> str:
    """How an integration writes the function that it calls; `function` with its qualifier, if any."""
    arn = f"arn:aws:lambda:{region}:{account}:function:{function}"
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"


def _map(held: Gateways, backend: Backend) -> None:
    place = backend.region, backend.domain
    domain = held.domains.setdefault(place, Domain(backend.domain, backend.account, backend.region))
    domain.mappings.append(PathMapping(backend.base_path, backend.api_id, backend.stage))
