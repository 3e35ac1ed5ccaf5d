"""Web ACLs of the emulated cloud, as AWS answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud import CloudProcess

SEEN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
GROUP = {
    "Name": "common",
    "Priority": 0,
    "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}},
    "OverrideAction": {"Count": {}},
    "VisibilityConfig": SEEN,
}
WISH = {"Name": "shop", "Scope": "CLOUDFRONT", "DefaultAction": {"Allow": {}}, "VisibilityConfig": SEEN}


def waf(cloud: CloudProcess, region: str = "us-east-1") -> Any:
    return cloud.client("wafv2", "media", "estate", region=region)


def test_it_is_made_read_changed_and_deleted_by_its_token(cloud: CloudProcess) -> None:
    own = waf(cloud)
    made = own.create_web_acl(**WISH, Rules=[GROUP])["Summary"]
    which = {"Name": "shop", "Id": made["Id"], "Scope": "CLOUDFRONT"}
    answer = own.get_web_acl(**which)
    assert answer["WebACL"]["Rules"][0]["OverrideAction"] == {"Count": {}}
    changed = {**which, "DefaultAction": {"Allow": {}}, "VisibilityConfig": SEEN}
    own.update_web_acl(**changed, LockToken=answer["LockToken"], Rules=[])
    with pytest.raises(ClientError, match="WAFOptimisticLockException"):
        own.delete_web_acl(**which, LockToken=answer["LockToken"])
    own.delete_web_acl(**which, LockToken=own.get_web_acl(**which)["LockToken"])
    assert own.list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([GROUP, GROUP], "Duplicate"),
        ([{**GROUP, "OverrideAction": None, "Action": {"Block": {}}}], "override action"),
    ],
)
def test_rules_are_checked(cloud: CloudProcess, rules: list[dict[str, Any]], said: str) -> None:
    rules = [{name: value for name, value in rule.items() if value is not None} for rule in rules]
    with pytest.raises(ClientError, match=said):
        waf(cloud).create_web_acl(**WISH, Rules=rules)


def test_names_are_unique_and_the_scope_is_of_us_east_1(cloud: CloudProcess) -> None:
    waf(cloud).create_web_acl(**WISH)
    with pytest.raises(ClientError, match="WAFDuplicateItemException"):
        waf(cloud).create_web_acl(**WISH)
    with pytest.raises(ClientError, match="scope is not valid"):
        waf(cloud, "us-east-2").create_web_acl(**WISH)


def test_a_distribution_names_one_that_exists_and_then_it_is_in_use(cloud: CloudProcess) -> None:
    edge = cloud.client("cloudfront", "media", "estate")
    answer = edge.get_distribution_config(Id="E1TIMCDEV00000")
    config = answer["DistributionConfig"]
    config["WebACLId"] = "arn:aws:wafv2:us-east-1:855652006097:global/webacl/none/1"
    with pytest.raises(ClientError, match="InvalidWebACLId"):
        edge.update_distribution(Id="E1TIMCDEV00000", IfMatch=answer["ETag"], DistributionConfig=config)
    made = waf(cloud).create_web_acl(**WISH)["Summary"]
    config["WebACLId"] = made["ARN"]
    edge.update_distribution(Id="E1TIMCDEV00000", IfMatch=answer["ETag"], DistributionConfig=config)
    with pytest.raises(ClientError, match="WAFAssociatedItemException"):
        waf(cloud).delete_web_acl(Name="shop", Id=made["Id"], Scope="CLOUDFRONT", LockToken=made["LockToken"])
