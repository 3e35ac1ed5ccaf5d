"""Distributions: create, read, change, delete, tag."""

from collections.abc import Iterable
from typing import Any

from devcloud.cloudfront.call import CdnCall, Result
from devcloud.cloudfront.config import behaviors, completed
from devcloud.cloudfront.state import Distribution, new_id
from devcloud.cloudfront.viewers import check_viewers
from devcloud.errors import AwsError

SUMMARY_FIELDS = (
    "Aliases",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
)


def create_distribution(call: CdnCall) -> Result:
    return _create(call, call.params["DistributionConfig"], [])


def create_distribution_with_tags(call: CdnCall) -> Result:
    wish = call.params["DistributionConfigWithTags"]
    return _create(call, wish["DistributionConfig"], wish["Tags"].get("Items", []))


def _create(call: CdnCall, wish: dict[str, Any], tags: Iterable[dict[str, str]]) -> Result:
    """AWS: a caller reference that was used before is 409 DistributionAlreadyExists."""
    config = completed(wish)
    for each in call.cdn.distributions.values():
        if each.account == call.account and each.config["CallerReference"] == config["CallerReference"]:
            message = f"The caller reference that you are using to create a distribution is associated with {each.id}."
            raise AwsError("DistributionAlreadyExists", 409, message)
    check_aliases(call.cdn.distributions.values(), config, None)
    check_viewers(call, config)
    _check_references(call, config)
    distribution = Distribution(
        id=new_id("E"),
        account=call.account,
        domain=f"d{new_id('', 13).lower()}.cloudfront.net",
        config=config,
        modified=call.now,
        deployed=call.now + call.settings.deploy_seconds,
        tags={tag["Key"]: tag.get("Value", "") for tag in tags},
    )
    call.cdn.distributions[distribution.id] = distribution
    location = f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{distribution.id}"
    return {"Distribution": distribution.shown(call.now), "ETag": distribution.etag, "Location": location}


def check_aliases(distributions: Iterable[Distribution], config: dict[str, Any], own_id: str | None) -> None:
    """AWS: an alias belongs to one distribution over all accounts, else 409 CNAMEAlreadyExists."""
    taken = {alias: each.id for each in distributions if each.id != own_id for alias in each.aliases}
    for alias in config["Aliases"].get("Items", []):
        if alias in taken:
            message = (
                "One or more of the CNAMEs you provided are already associated with a different resource."
            )
            raise AwsError("CNAMEAlreadyExists", 409, message)


def _check_references(call: CdnCall, config: dict[str, Any]) -> None:
    """AWS: an origin access control must exist in the distribution's account, and a function be published there."""
    live = {each.arn for each in call.cdn.functions.values() if each.live and each.account == call.account}
    for behavior in behaviors(config):
        for each in behavior["FunctionAssociations"].get("Items", []):
            if each["FunctionARN"] not in live:
                message = "The function that is associated does not exist or was not published."
                raise AwsError("InvalidFunctionAssociation", 400, message)
    known = call.cdn.named.get("OriginAccessControl", {})
    for origin in config["Origins"]["Items"]:
        wanted = origin["OriginAccessControlId"]
        if wanted and (wanted not in known or known[wanted].account != call.account):
            raise AwsError("InvalidOriginAccessControl", 400, "The origin access control is not valid.")


def get_distribution(call: CdnCall) -> Result:
    found = call.distribution(call.params["Id"])
    return {"Distribution": found.shown(call.now), "ETag": found.etag}


def get_distribution_config(call: CdnCall) -> Result:
    found = call.distribution(call.params["Id"])
    return {"DistributionConfig": found.config, "ETag": found.etag}


def update_distribution(call: CdnCall) -> Result:
    """AWS: the whole configuration is replaced, IfMatch is needed, the caller reference cannot change."""
    found = call.distribution(call.params["Id"])
    call.check_etag(found.etag)
    config = completed(call.params["DistributionConfig"])
    if config["CallerReference"] != found.config["CallerReference"]:
        raise AwsError("IllegalUpdate", 400, "The caller reference of a distribution cannot be changed.")
    check_aliases(call.cdn.distributions.values(), config, found.id)
    check_viewers(call, config)
    _check_references(call, config)
    found.update(config, call.now, call.now + call.settings.deploy_seconds)
    return {"Distribution": found.shown(call.now), "ETag": found.etag}


def delete_distribution(call: CdnCall) -> Result:
    """AWS: only a disabled distribution whose disabling is deployed can be deleted."""
    found = call.distribution(call.params["Id"])
    call.check_etag(found.etag)
    if found.config["Enabled"] or found.status(call.now) != "Deployed":
        message = "The distribution you are trying to delete has not been disabled."
        raise AwsError("DistributionNotDisabled", 409, message)
    del call.cdn.distributions[found.id]
    return {}


def list_distributions(call: CdnCall) -> Result:
    mine = [each for each in call.cdn.distributions.values() if each.account == call.account]
    return {"DistributionList": call.page([(each.id, _summary(each, call.now)) for each in mine])}


def list_conflicting_aliases(call: CdnCall) -> Result:
    """AWS: only who has a distribution with a certificate for the name is told, and ids and accounts are hidden in part.

    Wildcards over the name are told, too.
    """
    own, alias = call.distribution(call.params["DistributionId"]), call.params["Alias"]
    arn = own.config["ViewerCertificate"].get("ACMCertificateArn", "")
    certificate = call.neighbours.certificate(arn) if arn else None
    if certificate is None or not certificate.covers(alias):
        message = "The specified distribution has no certificate that covers the alias."
        raise AwsError("InvalidArgument", 400, message)
    over = f"*.{alias.partition('.')[2]}"
    items = [
        {"Alias": name, "DistributionId": _hidden(each.id), "AccountId": _hidden(each.account)}
        for each in call.cdn.distributions.values()
        for name in each.aliases
        if each.id != own.id and name in (alias, over)
    ]
    return {"ConflictingAliasesList": {"MaxItems": 100, "Quantity": len(items), "Items": items}}


def _hidden(text: str) -> str:
    return "*" * (len(text) - 5) + text[-5:]


def _summary(distribution: Distribution, now: float) -> dict[str, Any]:
    shown = distribution.shown(now)
    summary = {name: shown[name] for name in ("Id", "ARN", "Status", "LastModifiedTime", "DomainName")}
    return (
        summary | {"ETag": distribution.etag} | {name: distribution.config[name] for name in SUMMARY_FIELDS}
    )


def tag_resource(call: CdnCall) -> Result:
    found = _tagged(call)
    found.tags |= {tag["Key"]: tag.get("Value", "") for tag in call.params["Tags"].get("Items", [])}
    return {}


def untag_resource(call: CdnCall) -> Result:
    found = _tagged(call)
    for key in call.params["TagKeys"].get("Items", []):
        found.tags.pop(key, None)
    return {}


def list_tags_for_resource(call: CdnCall) -> Result:
    tags = [{"Key": key, "Value": value} for key, value in _tagged(call).tags.items()]
    return {"Tags": {"Items": tags}}


def _tagged(call: CdnCall) -> Distribution:
    distribution_id = call.params["Resource"].rsplit("/", 1)[-1]
    found = call.cdn.distributions.get(distribution_id)
    if found is None or found.account != call.account or found.arn != call.params["Resource"]:
        raise AwsError("NoSuchResource", 404, "The specified resource does not exist.")
    return found
