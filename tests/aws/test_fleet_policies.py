"""The policies for back ends: what each lets a role do, and on what."""

import json
from dataclasses import replace
from typing import Any

from aws.fleet_policies import FleetReach, fleet_deploy_policy, fleet_read_policy, source_policy

REACH = FleetReach(
    "222222222222",
    "us-east-2",
    prefixes=("tim-sb-",),
    apis=("k0y33bw7t8",),
    code_buckets=("tim-sb-be-live",),
    sources=("tim-dev-lambda",),
)


def statements(policy: str) -> dict[str, Any]:
    return {each["Sid"]: each for each in json.loads(policy)["Statement"]}


def test_looking_changes_nothing() -> None:
    actions = [action for each in statements(fleet_read_policy(REACH)).values() for action in each["Action"]]
    assert all(action.split(":")[1].startswith(("Get", "List", "GET")) for action in actions)


def test_deploying_reaches_our_functions_and_their_code_only() -> None:
    found = statements(fleet_deploy_policy(REACH))
    place = "arn:aws:lambda:us-east-2:222222222222:function:tim-sb-"
    assert found["DeployCode"]["Resource"] == [f"{place}*", f"{place}*:*"]
    assert found["Code"]["Resource"] == ["arn:aws:s3:::tim-sb-be-live/handlers/*"]
    assert found["Sources"]["Resource"] == ["arn:aws:s3:::tim-dev-lambda/handlers/*"]
    assert "Incoming" not in found
    actions = {action for each in found.values() for action in each["Action"]}
    forbidden = (
        "lambda:UpdateFunctionConfiguration",
        "lambda:AddPermission",
        "iam:PassRole",
    )
    assert actions.isdisjoint(forbidden)
    assert not any("*" in action for action in actions)


def test_what_an_api_calls_is_read_with_the_variables_of_its_stages() -> None:
    """AWS: GetRestApi, GetApi, GetStage, GetExport and ExportApi are `GET` on these."""
    found = statements(fleet_read_policy(REACH))
    place = "arn:aws:apigateway:us-east-2::"
    assert found["Apis"]["Action"] == ["apigateway:GET"]
    assert found["Apis"]["Resource"] == [
        f"{place}/restapis/k0y33bw7t8",
        f"{place}/restapis/k0y33bw7t8/stages/*",
        f"{place}/apis/k0y33bw7t8",
        f"{place}/apis/k0y33bw7t8/stages/*",
        f"{place}/apis/k0y33bw7t8/exports/*",
    ]
    assert "Domains" not in found


def test_a_custom_domain_is_read_and_may_lead_to_any_api_of_the_region() -> None:
    """Which one is only known to who may ask."""
    reach = replace(REACH, domains=("api.tim-combo.com", "*.tim-combo.com"))
    for policy in (fleet_read_policy(reach), fleet_deploy_policy(reach)):
        found = statements(policy)
        place = "arn:aws:apigateway:us-east-2::"
        assert found["Domains"]["Action"] == ["apigateway:GET"]
        assert found["Domains"]["Resource"] == [
            f"{place}/domainnames/{name}{rest}"
            for name in ("api.tim-combo.com", "*.tim-combo.com")
            for rest in ("", "/basepathmappings", "/apimappings")
        ]
        assert f"{place}/apis/*/stages/*" in found["Apis"]["Resource"]
        assert not any("k0y33bw7t8" in each for each in found["Apis"]["Resource"])


def test_an_account_that_only_keeps_handlers() -> None:
    found = statements(fleet_deploy_policy(FleetReach("1" * 12, "us-east-2", kept=("tim-dev-lambda",))))
    assert set(found) == {"CodeBuckets", "Code", "Incoming"}
    assert not FleetReach("1" * 12, "us-east-2")


def test_a_source_lets_the_deploying_roles_read_handlers() -> None:
    roles = ["arn:aws:iam::222222222222:role/deploy-console-deploy"]
    (statement,) = json.loads(source_policy("tim-dev-lambda", roles))["Statement"]
    assert statement["Principal"] == {"AWS": roles}
    assert statement["Resource"] == ["arn:aws:s3:::tim-dev-lambda/handlers/*"]
