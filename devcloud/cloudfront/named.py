"""Origin access controls and policies: an id, a configuration, an ETag, and a name unique in the account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from devcloud.cloudfront.call import CdnCall, Result
from devcloud.cloudfront.state import Config, Named, moment, new_id
from devcloud.errors import AwsError


@dataclass(frozen=True)
class Kind:
    """One kind of resource and how the API spells it; a `dated` one shows when it was changed."""

    name: str
    dated: bool = True

    @property
    def config_key(self) -> str:
        return f"{self.name}Config"

    @property
    def id_key(self) -> str:
        return f"{self.name}Id"


ORIGIN_ACCESS_CONTROL = Kind("OriginAccessControl", dated=False)
KINDS = (
    ORIGIN_ACCESS_CONTROL,
    Kind("CachePolicy"),
    Kind("ResponseHeadersPolicy"),
    Kind("OriginRequestPolicy"),
)


def _create(kind: Kind, call: CdnCall) -> Result:
    config = call.params[kind.config_key]
    _check_name(kind, call, config, None)
    resource_id = str(uuid4()) if kind.dated else new_id("E")
    resource = call.cdn.add_named(kind.name, Named(resource_id, call.account, config, call.now))
    location = f"https://cloudfront.amazonaws.com{call.request.raw_path}/{resource.id}"
    return _shown(kind, resource) | {"Location": location}


def _check_name(kind: Kind, call: CdnCall, config: Config, own_id: str | None) -> None:
    for each in _mine(kind, call):
        if each.id != own_id and each.config["Name"] == config["Name"]:
            message = f"A {kind.name} with the name {config['Name']} exists already."
            raise AwsError(f"{kind.name}AlreadyExists", 409, message)


def _mine(kind: Kind, call: CdnCall) -> list[Named]:
    return [each for each in call.cdn.named.get(kind.name, {}).values() if each.account == call.account]


def _find(kind: Kind, call: CdnCall) -> Named:
    for each in _mine(kind, call):
        if each.id == call.params["Id"]:
            return each
    raise AwsError(f"NoSuch{kind.name}", 404, f"The {kind.name} does not exist.")


def _shown(kind: Kind, resource: Named) -> Result:
    dated = {"LastModifiedTime": moment(resource.modified)} if kind.dated else {}
    body = {"Id": resource.id, kind.config_key: resource.config, **dated}
    return {kind.name: body, "ETag": resource.etag}


def _get(kind: Kind, call: CdnCall) -> Result:
    return _shown(kind, _find(kind, call))


def _get_config(kind: Kind, call: CdnCall) -> Result:
    found = _find(kind, call)
    return {kind.config_key: found.config, "ETag": found.etag}


def _update(kind: Kind, call: CdnCall) -> Result:
    found = _find(kind, call)
    call.check_etag(found.etag)
    config = call.params[kind.config_key]
    _check_name(kind, call, config, found.id)
    found.config, found.modified, found.etag = config, call.now, new_id("E")
    return _shown(kind, found)


def _delete(kind: Kind, call: CdnCall) -> Result:
    """AWS: a resource that a distribution names cannot be deleted."""
    found = _find(kind, call)
    call.check_etag(found.etag)
    if any(found.id in str(each.config) for each in call.cdn.distributions.values()):
        raise AwsError(f"{kind.name}InUse", 409, f"The {kind.name} is used by a distribution.")
    del call.cdn.named[kind.name][found.id]
    return {}


def _list(kind: Kind, call: CdnCall) -> Result:
    if kind is ORIGIN_ACCESS_CONTROL:
        items = [(each.id, {"Id": each.id, "Description": ""} | each.config) for each in _mine(kind, call)]
        return {"OriginAccessControlList": call.page(items)}
    shown = [
        (each.id, {"Type": "custom", kind.name: _shown(kind, each)[kind.name]}) for each in _mine(kind, call)
    ]
    page = call.page(shown)
    return {f"{kind.name}List": {name: page[name] for name in page if name not in ("Marker", "IsTruncated")}}


_VERBS: Mapping[str, Callable[[Kind, CdnCall], Result]] = {
    "Create{}": _create,
    "Get{}": _get,
    "Get{}Config": _get_config,
    "Update{}": _update,
    "Delete{}": _delete,
}


def operations() -> dict[str, Callable[[CdnCall], Result]]:
    """Every operation of every kind, by its API name."""
    found: dict[str, Callable[[CdnCall], Result]] = {}
    for kind in KINDS:
        for pattern, function in _VERBS.items():
            found[pattern.format(kind.name)] = _bound(function, kind)
        plural = kind.name.removesuffix("y") + "ies" if kind.name.endswith("y") else kind.name + "s"
        found[f"List{plural}"] = _bound(_list, kind)
    return found


def _bound(function: Callable[[Kind, CdnCall], Result], kind: Kind) -> Callable[[CdnCall], Result]:
    return lambda call: function(kind, call)
