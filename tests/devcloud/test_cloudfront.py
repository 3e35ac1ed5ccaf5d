"""Distributions: ETags, references, states, aliases, and configurations that come back whole."""

import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import MEDIA, Refused

DEV = "E1TIMCDEV00000"


def wait_for(what: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def read(cdn: Any, distribution: str = DEV) -> tuple[dict[str, Any], str]:
    answer = cdn.get_distribution_config(Id=distribution)
    return answer["DistributionConfig"], answer["ETag"]


@pytest.fixture
def config(cdn: Any) -> dict[str, Any]:
    """A configuration for a new distribution."""
    wish = deepcopy(read(cdn)[0])
    return wish | {"CallerReference": "new", "Aliases": {"Quantity": 1, "Items": ["new.tim-combo.com"]}}


def test_the_estates_distributions_are_there(cdn: Any) -> None:
    listed = cdn.list_distributions()["DistributionList"]
    assert listed["Quantity"] == 10
    dev = cdn.get_distribution(Id=DEV)["Distribution"]
    assert (dev["Status"], dev["DomainName"]) == ("Deployed", "d1timcdev0000.cloudfront.net")
    assert dev["ARN"] == f"arn:aws:cloudfront::{MEDIA}:distribution/{DEV}"
    behaviors = dev["DistributionConfig"]["CacheBehaviors"]["Items"]
    assert [each["PathPattern"] for each in behaviors] == ["/api/*"]
    origins = dev["DistributionConfig"]["Origins"]["Items"]
    assert origins[0]["DomainName"] == "tim-app-dev-855652006097.s3.us-east-2.amazonaws.com"
    assert origins[0]["OriginAccessControlId"]


def test_a_configuration_comes_back_whole(cdn: Any, config: dict[str, Any]) -> None:
    """AWS: GetDistributionConfig gives back everything: origin access control, functions, both origins."""
    made = cdn.create_distribution(DistributionConfig=config)
    kept, etag = read(cdn, made["Distribution"]["Id"])
    assert kept == config
    assert etag == made["ETag"]
    functions = kept["DefaultCacheBehavior"]["FunctionAssociations"]["Items"]
    assert functions[0]["FunctionARN"].endswith("app-routing")


def test_what_is_left_out_gets_a_default(cdn: Any, config: dict[str, Any]) -> None:
    """AWS: the answer names every field, also those that were not given."""
    small = {
        name: config[name]
        for name in ("CallerReference", "Origins", "DefaultCacheBehavior", "Comment", "Enabled")
    }
    made = cdn.create_distribution(DistributionConfig=small)["Distribution"]["DistributionConfig"]
    assert (made["PriceClass"], made["HttpVersion"]) == ("PriceClass_All", "http2")
    assert made["Aliases"] == {"Quantity": 0}
    assert made["ViewerCertificate"]["CloudFrontDefaultCertificate"]


def test_an_update_needs_the_newest_etag(cdn: Any, refused: Refused) -> None:
    """AWS: IfMatch must be the newest ETag (412), must be there (400), and every update makes a new one."""
    config, etag = read(cdn)
    with refused("InvalidIfMatchVersion", 400):
        cdn.update_distribution(Id=DEV, DistributionConfig=config)
    updated = cdn.update_distribution(
        Id=DEV, DistributionConfig=config | {"Comment": "changed"}, IfMatch=etag
    )
    assert updated["ETag"] != etag
    with refused("PreconditionFailed", 412):
        cdn.update_distribution(Id=DEV, DistributionConfig=config, IfMatch=etag)
    assert read(cdn) == (config | {"Comment": "changed"}, updated["ETag"])


def test_an_update_is_in_progress_until_it_is_deployed(cloud: CloudProcess, cdn: Any) -> None:
    """AWS: an update answers InProgress and is Deployed later."""
    cloud.settings(deploy_seconds=0.2)
    config, etag = read(cdn)
    answer = cdn.update_distribution(Id=DEV, DistributionConfig=config, IfMatch=etag)
    assert answer["Distribution"]["Status"] == "InProgress"
    wait_for(lambda: cdn.get_distribution(Id=DEV)["Distribution"]["Status"] == "Deployed")


def test_the_caller_reference_is_used_once(cdn: Any, config: dict[str, Any], refused: Refused) -> None:
    """AWS: a caller reference that exists is 409 DistributionAlreadyExists, and it never changes."""
    made = cdn.create_distribution(DistributionConfig=config)
    again = config | {"Aliases": {"Quantity": 0}}
    with refused("DistributionAlreadyExists", 409):
        cdn.create_distribution(DistributionConfig=again)
    where = {"Id": made["Distribution"]["Id"], "IfMatch": made["ETag"]}
    with refused("IllegalUpdate", 400):
        cdn.update_distribution(**where, DistributionConfig=config | {"CallerReference": "other"})


def test_an_alias_belongs_to_one_distribution(
    cloud: CloudProcess, cdn: Any, config: dict[str, Any], refused: Refused
) -> None:
    """AWS: an alias that is taken, also in another account, is 409 CNAMEAlreadyExists."""
    taken = {"Quantity": 1, "Items": ["dev.tim-combo.com"]}
    with refused("CNAMEAlreadyExists", 409):
        cdn.create_distribution(DistributionConfig=config | {"Aliases": taken})
    elsewhere = cloud.client("cloudfront", "sandbox")
    foreign = deepcopy(config)
    foreign["Origins"]["Items"][0]["OriginAccessControlId"] = ""
    del foreign["DefaultCacheBehavior"]["FunctionAssociations"]
    foreign["ViewerCertificate"] = {"CloudFrontDefaultCertificate": True}
    with refused("CNAMEAlreadyExists", 409):
        elsewhere.create_distribution(DistributionConfig=foreign | {"Aliases": taken})
    assert elsewhere.create_distribution(DistributionConfig=foreign | {"Aliases": {"Quantity": 0}})
    own, etag = read(cdn)
    assert cdn.update_distribution(Id=DEV, DistributionConfig=own, IfMatch=etag)


def test_only_a_disabled_distribution_is_deleted(
    cloud: CloudProcess, cdn: Any, config: dict[str, Any], refused: Refused
) -> None:
    """AWS: DeleteDistribution of an enabled one, or before its disabling is Deployed, is 409."""
    cloud.settings(deploy_seconds=0.3)
    made = cdn.create_distribution(DistributionConfig=config)
    where = {"Id": made["Distribution"]["Id"]}
    wait_for(lambda: cdn.get_distribution(**where)["Distribution"]["Status"] == "Deployed")
    with refused("DistributionNotDisabled", 409):
        cdn.delete_distribution(**where, IfMatch=made["ETag"])
    off = cdn.update_distribution(
        **where, IfMatch=made["ETag"], DistributionConfig=config | {"Enabled": False}
    )
    with refused("DistributionNotDisabled", 409):
        cdn.delete_distribution(**where, IfMatch=off["ETag"])
    wait_for(lambda: cdn.get_distribution(**where)["Distribution"]["Status"] == "Deployed")
    with refused("PreconditionFailed", 412):
        cdn.delete_distribution(**where, IfMatch=made["ETag"])
    cdn.delete_distribution(**where, IfMatch=off["ETag"])
    with refused("NoSuchDistribution", 404):
        cdn.get_distribution(**where)


def test_another_accounts_distribution_is_not_there(cloud: CloudProcess, refused: Refused) -> None:
    assert cloud.client("cloudfront").get_distribution(Id=DEV)
    with refused("NoSuchDistribution", 404):
        cloud.client("cloudfront", "sandbox").get_distribution(Id=DEV)


def _wrong_quantity(config: dict[str, Any]) -> None:
    config["Aliases"]["Quantity"] = 2


def _unknown_origin(config: dict[str, Any]) -> None:
    config["DefaultCacheBehavior"]["TargetOriginId"] = "nowhere"


def _unknown_access_control(config: dict[str, Any]) -> None:
    config["Origins"]["Items"][0]["OriginAccessControlId"] = "E0NOTTHERE"


def _slash_before_root(config: dict[str, Any]) -> None:
    config["DefaultRootObject"] = "/index.html"


def _website_endpoint(config: dict[str, Any]) -> None:
    config["Origins"]["Items"][0]["DomainName"] = "bucket.s3-website.us-east-2.amazonaws.com"


def _no_cache_policy(config: dict[str, Any]) -> None:
    del config["DefaultCacheBehavior"]["CachePolicyId"]


@pytest.mark.parametrize(
    ("spoil", "code", "status"),
    [
        (_wrong_quantity, "InconsistentQuantities", 400),
        (_unknown_origin, "NoSuchOrigin", 404),
        (_unknown_access_control, "InvalidOriginAccessControl", 400),
        (_slash_before_root, "InvalidDefaultRootObject", 400),
        (_website_endpoint, "InvalidOrigin", 400),
        (_no_cache_policy, "InvalidArgument", 400),
    ],
)
def test_a_wrong_configuration_is_refused(
    cdn: Any, config: dict[str, Any], refused: Refused, spoil: Callable[..., None], code: str, status: int
) -> None:
    """AWS: counts must fit, origins and access controls must exist, S3 origins are REST endpoints."""
    wrong = deepcopy(config)
    spoil(wrong)
    with refused(code, status):
        cdn.create_distribution(DistributionConfig=wrong)
    assert cdn.create_distribution(DistributionConfig=config)


def test_distributions_are_listed_in_pages(cdn: Any) -> None:
    pages = list(cdn.get_paginator("list_distributions").paginate(PaginationConfig={"PageSize": 4}))
    assert [page["DistributionList"]["Quantity"] for page in pages] == [4, 4, 2]


def test_tags(cdn: Any, config: dict[str, Any]) -> None:
    tags = {"Items": [{"Key": "product", "Value": "tim-combo"}]}
    made = cdn.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": tags}
    )
    arn = made["Distribution"]["ARN"]
    cdn.tag_resource(Resource=arn, Tags={"Items": [{"Key": "env", "Value": "dev"}]})
    cdn.untag_resource(Resource=arn, TagKeys={"Items": ["product"]})
    assert cdn.list_tags_for_resource(Resource=arn)["Tags"]["Items"] == [{"Key": "env", "Value": "dev"}]


def test_an_origin_access_control_has_a_life_of_its_own(cdn: Any, refused: Refused) -> None:
    """AWS: names are unique, IfMatch is needed, and one that is in use cannot be deleted."""
    wish = {
        "Name": "new",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = cdn.create_origin_access_control(OriginAccessControlConfig=wish)
    access_id = made["OriginAccessControl"]["Id"]
    with refused("OriginAccessControlAlreadyExists", 409):
        cdn.create_origin_access_control(OriginAccessControlConfig=wish)
    read_back = cdn.get_origin_access_control_config(Id=access_id)
    assert read_back["OriginAccessControlConfig"] == wish
    changed = cdn.update_origin_access_control(
        Id=access_id,
        IfMatch=made["ETag"],
        OriginAccessControlConfig=wish | {"SigningBehavior": "no-override"},
    )
    with refused("PreconditionFailed", 412):
        cdn.delete_origin_access_control(Id=access_id, IfMatch=made["ETag"])
    cdn.delete_origin_access_control(Id=access_id, IfMatch=changed["ETag"])
    used = cdn.list_origin_access_controls()["OriginAccessControlList"]["Items"][0]["Id"]
    with refused("OriginAccessControlInUse", 409):
        cdn.delete_origin_access_control(Id=used, IfMatch=cdn.get_origin_access_control(Id=used)["ETag"])


def test_policies_can_be_read(cdn: Any) -> None:
    found = cdn.list_cache_policies()["CachePolicyList"]["Items"]
    names = {each["CachePolicy"]["CachePolicyConfig"]["Name"] for each in found}
    assert {"console-short", "console-medium", "console-long"} <= names
    policy_id = read(cdn)[0]["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    assert cdn.get_response_headers_policy(Id=policy_id)["ResponseHeadersPolicy"]["Id"] == policy_id
