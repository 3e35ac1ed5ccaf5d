"""Where the address of an API leads, in the emulated cloud and as AWS's model has it."""

from collections.abc import Iterator

import pytest

from aws import errors
from aws.access import Account
from aws.api_address import Place, domain_names, find_api
from tests.aws.conftest import SANDBOX, Ledger
from tests.aws.scripted import Script
from tests.cloud import CloudProcess

REST, HTTP = "k0y33bw7t8", "a1b2c3d4e5"
DOMAIN = "api.tim-combo.com"
PLACE = {"account": SANDBOX, "region": "us-east-2"}
WHERE = f"account {SANDBOX}, us-east-2"


@pytest.fixture
def versions(account: Account) -> Iterator[tuple[Script, Script]]:
    found = Script(account, "apigateway"), Script(account, "apigatewayv2")
    yield found
    for script in found:
        script.end()


@pytest.fixture
def cloud_with_apis(worker: CloudProcess) -> CloudProcess:
    """A REST API with the stages `prod` and `beta`, and an HTTP API."""
    worker.control("POST", "/apigateway/http", {"id": HTTP, "targets": [], **PLACE})
    worker.control("POST", "/apigateway/stage", {"api": REST, "stage": "beta"})
    return worker


def put_domain(cloud: CloudProcess, *mappings: tuple[str, str, str], name: str = DOMAIN, **more: str) -> None:
    shown = [{"path": path, "api": api, "stage": stage} for path, api, stage in mappings]
    cloud.control("POST", "/apigateway/domain", {"name": name, "mappings": shown, **PLACE, **more})


@pytest.mark.parametrize(
    ("path", "stages"), [("/prod", ("prod", "$default")), ("/", ("$default",)), ("/a/b", ("a", "$default"))]
)
def test_an_apis_own_address_needs_no_call(
    sandbox: Account, ledger: Ledger, path: str, stages: tuple[str, ...]
) -> None:
    known = len(ledger.calls)
    assert find_api(sandbox, f"https://{REST}.execute-api.us-east-2.amazonaws.com{path}") == Place(
        REST, stages
    )
    assert len(ledger.calls) == known


SINGLE = [("", REST, "prod"), ("orders", HTTP, "$default")]
SEVERAL = [*SINGLE, ("orders/v1/items", REST, "beta")]


@pytest.mark.parametrize(
    ("mappings", "path", "found"),
    [
        (SINGLE, "", Place(REST, ("prod",))),
        (SINGLE, "/orders", Place(HTTP, ("$default",))),
        (SINGLE, "/orders/v1/items/", Place(HTTP, ("$default",))),
        (SINGLE, "/ordersandmore", Place(REST, ("prod",))),
        (SEVERAL, "/customers", Place(REST, ("prod",))),
        (SEVERAL, "/orders", Place(HTTP, ("$default",))),
        (SEVERAL, "/orders/v1", Place(HTTP, ("$default",))),
        (SEVERAL, "/orders/v1/items/123", Place(REST, ("beta",))),
        (SEVERAL, "/ordersandmore", Place(HTTP, ("$default",))),
    ],
)
def test_the_mapping_is_the_one_that_aws_goes_by(
    cloud_with_apis: CloudProcess,
    sandbox: Account,
    mappings: list[tuple[str, str, str]],
    path: str,
    found: Place,
) -> None:
    """AWS: the longest that the path begins with, as soon as one has several segments; else the first segment itself."""
    put_domain(cloud_with_apis, *mappings)
    assert find_api(sandbox, f"https://{DOMAIN}{path}") == found


@pytest.mark.parametrize("endpoint", ["REGIONAL", "EDGE"])
@pytest.mark.parametrize(("path", "stages"), [("/base/prod", ("prod",)), ("/base", ())])
def test_a_mapping_without_a_stage_leaves_it_to_the_address(
    worker: CloudProcess, sandbox: Account, endpoint: str, path: str, stages: tuple[str, ...]
) -> None:
    put_domain(worker, ("base", REST, ""), endpoint=endpoint)
    assert find_api(sandbox, f"https://{DOMAIN}{path}") == Place(REST, stages)


def test_a_domain_while_it_changes_its_kind_is_read_by_version_1(
    account: Account, versions: tuple[Script, Script]
) -> None:
    """AWS: it has both kinds then, and the edge-optimized one takes nothing that version 1 does not know. `(none)` says
    that there is no path, or no stage."""
    domain = {"domainName": DOMAIN, "endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}}
    mappings = [{"basePath": "(none)", "restApiId": REST, "stage": "(none)"}]
    versions[0].answer("get_domain_name", domain, domainName=DOMAIN)
    versions[0].answer("get_base_path_mappings", {"items": mappings}, domainName=DOMAIN, limit=500)
    assert find_api(account, f"https://{DOMAIN}/prod") == Place(REST, ("prod",))


def test_mappings_are_read_page_by_page(account: Account, versions: tuple[Script, Script]) -> None:
    first, second = versions
    edge = {"domainName": DOMAIN, "endpointConfiguration": {"types": ["EDGE"]}}
    page = {"items": [{"basePath": "a", "restApiId": "aaa", "stage": "prod"}], "position": "next"}
    last = {"items": [{"basePath": "b", "restApiId": "bbb", "stage": "prod"}]}
    first.answer("get_domain_name", edge, domainName=DOMAIN)
    first.answer("get_base_path_mappings", page, domainName=DOMAIN, limit=500)
    first.answer("get_base_path_mappings", last, domainName=DOMAIN, limit=500, position="next")
    assert find_api(account, f"https://{DOMAIN}/b") == Place("bbb", ("prod",))
    regional = {**edge, "endpointConfiguration": {"types": ["REGIONAL"]}}
    more = {"Items": [{"ApiMappingKey": "a", "ApiId": "aaa", "Stage": "prod"}], "NextToken": "next"}
    end = {"Items": [{"ApiMappingKey": "b", "ApiId": "bbb", "Stage": "$default"}]}
    first.answer("get_domain_name", regional, domainName=DOMAIN)
    second.answer("get_api_mappings", more, DomainName=DOMAIN)
    second.answer("get_api_mappings", end, DomainName=DOMAIN, NextToken="next")
    assert find_api(account, f"https://{DOMAIN}/b") == Place("bbb", ("$default",))


def test_a_wildcard_serves_names_that_have_no_domain_of_their_own(
    cloud_with_apis: CloudProcess, sandbox: Account
) -> None:
    put_domain(cloud_with_apis, ("", REST, "beta"), name="*.tim-combo.com")
    assert find_api(sandbox, f"https://{DOMAIN}") == Place(REST, ("beta",))
    put_domain(cloud_with_apis, ("", REST, "prod"))
    assert find_api(sandbox, f"https://{DOMAIN.upper()}") == Place(REST, ("prod",))


@pytest.mark.parametrize(
    ("origin", "names"),
    [
        (f"https://{DOMAIN}/base", (DOMAIN, "*.tim-combo.com")),
        ("https://tim-combo.com", ("tim-combo.com",)),
        (f"https://{REST}.execute-api.us-east-2.amazonaws.com/prod", ()),
        ("", ()),
    ],
)
def test_which_domains_may_serve_an_address(origin: str, names: tuple[str, ...]) -> None:
    assert domain_names(origin) == names


@pytest.mark.parametrize(
    "origin",
    [
        f"https://{DOMAIN}/prod",
        f"https://{REST}.execute-api.eu-west-1.amazonaws.com/prod",
        f"https://{REST}.execute-api.us-east-2.amazonaws.com.example.com",
    ],
)
def test_an_address_that_leads_to_no_api_here_is_said_with_what_to_do(
    worker: CloudProcess, sandbox: Account, origin: str
) -> None:
    put_domain(worker, account="532595801838")
    with pytest.raises(errors.Unresolved) as caught:
        find_api(sandbox, origin)
    assert str(caught.value) == (
        f"{origin} leads to no API in {WHERE}: it is neither https://<id>.execute-api.us-east-2.amazonaws.com/<stage> "
        "nor below a custom domain name that API Gateway has there. Correct the API origin or the back end's account in "
        "the environment's settings, or create the domain name in AWS."
    )


def test_a_path_that_is_not_mapped_is_said_with_those_that_are(
    worker: CloudProcess, sandbox: Account
) -> None:
    put_domain(worker, *((f"p{number}", REST, "prod") for number in range(7)))
    with pytest.raises(errors.Unresolved) as caught:
        find_api(sandbox, f"https://{DOMAIN}/base")
    assert str(caught.value) == (
        f"The custom domain name {DOMAIN} in {WHERE}, maps no API to /base, which https://{DOMAIN}/base names; it maps "
        "/p0, /p1, /p2, /p3, /p4 and 2 more. Add the mapping in AWS, or correct the API origin in the environment's "
        "settings."
    )
    put_domain(worker)
    with pytest.raises(errors.Unresolved, match="it maps nothing at all"):
        find_api(sandbox, f"https://{DOMAIN}")


@pytest.mark.parametrize("routing", ["ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_API_MAPPING"])
def test_a_domain_with_rules_is_not_guessed_at(worker: CloudProcess, sandbox: Account, routing: str) -> None:
    """AWS: rules go before mappings, and may choose by the headers of each call."""
    put_domain(worker, ("", REST, "prod"), routing=routing)
    with pytest.raises(
        errors.Unresolved, match=r"has the routing mode ROUTING_RULE_.*: rules choose the API"
    ):
        find_api(sandbox, f"https://{DOMAIN}")


def test_a_missing_right_is_not_taken_for_a_missing_domain(worker: CloudProcess, sandbox: Account) -> None:
    put_domain(worker, ("", REST, "prod"))
    fault = {"code": "AccessDeniedException", "status": 403, "count": 1}
    worker.faults("apigateway", "GetDomainName", "error", **fault)
    with pytest.raises(errors.AccessDenied, match=f"API Gateway GetDomainName on {DOMAIN}"):
        find_api(sandbox, f"https://{DOMAIN}")
