"""CloudFront distributions: found by their id, or by the caller reference that the console gave them."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws.access import Account as Door
from aws.errors import AwsError, NotFound
from provisioning.ids import Ids
from provisioning.kinds.certificate import require_issued
from provisioning.kinds.distribution_config import Names, document_of, shape_of
from provisioning.kinds.found import Found, NotReady, Refused
from provisioning.kinds.named import listed
from provisioning.shapes import Address, Distribution

AT_ONCE = 8
DEPLOYED = "Deployed"
SETTLING_SECONDS = 5.0
KIND = "distribution"
TAGS = {"Items": [{"Key": "managed-by", "Value": "tim-combo-console"}]}


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One call each, several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = dict(zip(names, threads.map(lambda name: _read(door, name, ids), names), strict=True))
    return {name: one for name, one in found.items() if one}


def _read(door: Door, name: str, ids: Ids) -> Found | None:
    address = Address(KIND, door.account_id, name)
    aws_id = ids.known.get(address)
    if aws_id is None:
        return None
    try:
        answer = door.read("cloudfront", "GetDistribution", aws_id, Id=aws_id)
    except NotFound:
        return None
    return _found(answer, door, ids)


def _found(answer: Mapping[str, Any], door: Door, ids: Ids) -> Found:
    told = answer["Distribution"]
    shape = shape_of(told["DistributionConfig"], Names(door.account_id, ids))
    waits = (
        ""
        if told["Status"] == DEPLOYED
        else f"Distribution {told['Id']} is on its way to all edge locations."
    )
    return Found(shape, told["Id"], {"domain": told["DomainName"]}, waits_for=waits)


def reference(name: str) -> str:
    """AWS: a caller reference is used once, so that making it again finds the first."""
    return f"console:{name}"


def create(door: Door, name: str, shape: Distribution, ids: Ids) -> Mapping[str, str]:
    """AWS: a caller reference that was used already is 409, and after a lost answer the distribution is ours."""
    config = document_of(shape, Names(door.account_id, ids), reference(name))
    if shape.certificate:
        require_issued(door, shape.certificate, ids)
    wish = {"DistributionConfig": config, "Tags": TAGS}
    try:
        answer = door.write("cloudfront", "CreateDistributionWithTags", name, DistributionConfigWithTags=wish)
    except AwsError as error:
        if error.code == "DistributionAlreadyExists":
            return {"id": _by_reference(door, name, shape)}
        _refuse_conflict(error, shape)
        raise
    return {"id": answer["Distribution"]["Id"]}


def _by_reference(door: Door, name: str, shape: Distribution) -> str:
    """AWS: the listing tells no caller reference, but the comment that ours have."""
    for item in listed(door, "ListDistributions", "DistributionList"):
        if item["Comment"] == shape.comment:
            config = door.read("cloudfront", "GetDistributionConfig", item["Id"], Id=item["Id"])
            if config["DistributionConfig"]["CallerReference"] == reference(name):
                return str(item["Id"])
    raise Refused(
        f"A distribution was made with the caller reference {reference(name)} and is not there any more, or its comment is "
        f"no longer “{shape.comment}”. Enter its id in the environment's settings, then look again."
    )


def update(door: Door, name: str, found: Found, shape: Distribution, ids: Ids) -> None:
    """AWS: the configuration is replaced as a whole, on condition of the ETag just read."""
    answer = door.read("cloudfront", "GetDistributionConfig", found.aws_id, Id=found.aws_id)
    names = Names(door.account_id, ids)
    before = answer["DistributionConfig"]
    if shape_of(before, names) == shape:
        return
    config = document_of(shape, names, before["CallerReference"], before)
    if shape.certificate and config["ViewerCertificate"] != before.get("ViewerCertificate"):
        require_issued(door, shape.certificate, ids)
    try:
        _put(door, found.aws_id, answer["ETag"], config)
    except AwsError as error:
        _refuse_conflict(error, shape)
        raise


def _put(door: Door, aws_id: str, etag: str, config: dict[str, Any]) -> None:
    door.write("cloudfront", "UpdateDistribution", aws_id, Id=aws_id, IfMatch=etag, DistributionConfig=config)


def delete(door: Door, name: str, found: Found, ids: Ids) -> None:
    """AWS: only one that is disabled everywhere can be deleted. Raises NotReady until it is."""
    try:
        answer = door.read("cloudfront", "GetDistribution", found.aws_id, Id=found.aws_id)
        told = answer["Distribution"]
        if told["DistributionConfig"]["Enabled"]:
            _put(door, found.aws_id, answer["ETag"], told["DistributionConfig"] | {"Enabled": False})
            raise NotReady(
                SETTLING_SECONDS, f"Distribution {found.aws_id} is being disabled before it is deleted."
            )
        if told["Status"] != DEPLOYED:
            raise NotReady(SETTLING_SECONDS, f"Distribution {found.aws_id} is not disabled everywhere yet.")
        door.write("cloudfront", "DeleteDistribution", found.aws_id, Id=found.aws_id, IfMatch=answer["ETag"])
    except NotFound:
        return


def _refuse_conflict(error: AwsError, shape: Distribution) -> None:
    """AWS: an alias belongs to one distribution over all accounts."""
    if error.code == "CNAMEAlreadyExists":
        raise Refused(
            f"One of {', '.join(shape.aliases)} is an alias of another distribution, perhaps of another AWS account. "
            "Remove it there, or move it with AWS's AssociateAlias, then go on."
        ) from error
    if error.code == "InvalidViewerCertificate":
        raise Refused(
            f"The certificate {shape.certificate or 'of CloudFront itself'} does not cover all of "
            f"{', '.join(shape.aliases)}, or is not valid any more. A certificate for a domain covers the domain and names of "
            "one more label. Choose other hostnames, or renew the certificate."
        ) from error
