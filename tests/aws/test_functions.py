"""Lambda functions: what is asked of AWS, and what its answers mean."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from aws import errors, functions
from aws.access import Account
from aws.functions import CodeStorage, Function, Sums
from tests.aws.conftest import Ledger
from tests.aws.scripted import Script

NAME = "tim-sb-orders"
CODE = sha256(b"zip").hexdigest()
TOLD = base64.b64encode(sha256(b"zip").digest()).decode()
SINCE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def script(account: Account) -> Iterator[Script]:
    found = Script(account, "lambda")
    yield found
    found.end()


@pytest.fixture
def metrics(account: Account) -> Iterator[Script]:
    found = Script(account, "cloudwatch")
    yield found
    found.end()


def shown(name: str = NAME, **options: Any) -> dict[str, Any]:
    """A function as AWS describes it."""
    return {
        "FunctionName": name,
        "Version": "$LATEST",
        "CodeSha256": TOLD,
        "CodeSize": 3,
        "Runtime": "python3.12",
        "MemorySize": 128,
        "Architectures": ["arm64"],
        "Environment": {"Variables": {"TABLE": "secret", "A_KEY": "secret"}},
        "RevisionId": "r1",
        **options,
    }


FUNCTION = Function(
    NAME, "$LATEST", CODE, 3, "python3.12", 128, "arm64", ("A_KEY", "TABLE"), "r1", "Successful", ""
)


def test_a_function_is_known_by_its_code_and_the_names_of_its_variables(
    account: Account, script: Script
) -> None:
    script.answer("get_function", {"Configuration": shown(LastUpdateStatus="Successful")}, FunctionName=NAME)
    assert functions.get_function(account, NAME) == FUNCTION


def test_a_version_is_found_by_what_an_alias_names(account: Account, script: Script, ledger: Ledger) -> None:
    script.answer("get_function", {"Configuration": shown(Version="7")}, FunctionName=NAME, Qualifier="live")
    assert functions.get_function(account, NAME, "live").version == "7"
    assert ledger.calls[-1].resource == f"{NAME}:live"
    script.refuse("get_function", 404, "ResourceNotFoundException", FunctionName=NAME)
    with pytest.raises(errors.NotFound, match=f"Lambda GetFunction on {NAME} in account"):
        functions.get_function(account, NAME)


def test_a_failed_update_says_why(account: Account, script: Script) -> None:
    failed = shown(
        LastUpdateStatus="Failed",
        LastUpdateStatusReasonCode="InvalidZipFileException",
        LastUpdateStatusReason="Could not unzip",
    )
    script.answer("get_function", {"Configuration": failed}, FunctionName=NAME)
    found = functions.get_function(account, NAME)
    assert (found.status, found.reason) == ("Failed", "InvalidZipFileException: Could not unzip")


def test_what_aws_leaves_out_is_left_out(account: Account, script: Script) -> None:
    """AWS: a container image has no runtime, and its hash is in hex."""
    image = shown(PackageType="Image", CodeSha256=CODE)
    for name in ("Runtime", "Environment", "Architectures"):
        del image[name]
    script.answer("get_function", {"Configuration": image}, FunctionName=NAME)
    found = functions.get_function(account, NAME)
    assert (found.sha256, found.runtime, found.keys, found.architecture) == (CODE, "", (), "x86_64")


def test_functions_are_listed_page_by_page_by_prefix(account: Account, script: Script) -> None:
    names = [f"tim-sb-{number}" for number in range(50)]
    script.answer("list_functions", {"Functions": [*map(shown, names)], "NextMarker": "next"})
    script.answer("list_functions", {"Functions": [shown("other"), shown("tim-sb-x")]}, Marker="next")
    found = list(functions.list_functions(account, "tim-sb-"))
    assert [each.name for each in found] == [*names, "tim-sb-x"]
    assert found[0].status == ""


def test_code_is_replaced_by_an_objects_version_only(
    account: Account, script: Script, ledger: Ledger
) -> None:
    expected = {
        "FunctionName": NAME,
        "S3Bucket": "tim-sb-be-live",
        "S3Key": "k",
        "S3ObjectVersion": "v",
        "Architectures": ["arm64"],
        "Publish": False,
    }
    script.answer("update_function_code", shown(LastUpdateStatus="InProgress"), **expected, RevisionId="r0")
    found = update(account, "r0")
    assert (found.status, found.sha256) == ("InProgress", CODE)
    assert ledger.calls[-1].writes
    script.answer("update_function_code", shown(), **expected)
    update(account, "")


def update(account: Account, revision: str) -> Function:
    return functions.update_code(
        account,
        NAME,
        bucket="tim-sb-be-live",
        key="k",
        version_id="v",
        architecture="arm64",
        revision=revision,
    )


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (409, "ResourceConflictException", errors.StillChanging),
        (412, "PreconditionFailedException", errors.PreconditionFailed),
        (400, "CodeStorageExceededException", errors.CodeStorageFull),
        (404, "ResourceNotFoundException", errors.NotFound),
        (400, "InvalidParameterValueException", errors.AwsError),
    ],
)
def test_a_refused_write_is_raised_at_once_as_what_it_is(
    account: Account, script: Script, ledger: Ledger, status: int, code: str, kind: type[errors.AwsError]
) -> None:
    expected = {"FunctionName": NAME, "CodeSha256": TOLD, "Description": "1.1.0", "RevisionId": "r1"}
    script.refuse("publish_version", status, code, **expected)
    with pytest.raises(kind, match=code) as caught:
        functions.publish_version(account, NAME, sha256=CODE, revision="r1", description="1.1.0")
    assert type(caught.value) is kind
    assert len(ledger.of("PublishVersion")) == 1


def test_a_version_is_published_of_the_code_that_was_meant(account: Account, script: Script) -> None:
    script.answer(
        "publish_version", shown(Version="8"), FunctionName=NAME, CodeSha256=TOLD, Description="1.1.0"
    )
    found = functions.publish_version(account, NAME, sha256=CODE, revision="", description="1.1.0")
    assert (found.version, found.sha256) == ("8", CODE)


SWITCH = {
    "FunctionName": NAME,
    "Name": "live",
    "FunctionVersion": "8",
    "RoutingConfig": {"AdditionalVersionWeights": {}},
}


def test_an_alias_is_switched_by_one_call_and_for_all_traffic(account: Account, script: Script) -> None:
    script.answer("update_alias", {"FunctionVersion": "8"}, **SWITCH)
    functions.switch_alias(account, NAME, "live", "8")


def test_a_missing_alias_is_made(account: Account, script: Script) -> None:
    script.refuse("update_alias", 404, "ResourceNotFoundException", **SWITCH)
    script.answer("create_alias", {"FunctionVersion": "8"}, **SWITCH)
    functions.switch_alias(account, NAME, "live", "8")


def test_an_alias_that_somebody_else_just_made_is_switched(account: Account, script: Script) -> None:
    """So is one that this call made when its answer was lost."""
    script.refuse("update_alias", 404, "ResourceNotFoundException", **SWITCH)
    script.refuse("create_alias", 409, "ResourceConflictException", **SWITCH)
    script.answer("update_alias", {"FunctionVersion": "8"}, **SWITCH)
    functions.switch_alias(account, NAME, "live", "8")


def test_versions_and_what_aliases_name_of_them(account: Account, script: Script) -> None:
    script.answer(
        "list_versions_by_function",
        {"Versions": [shown(), shown(Version="1")], "NextMarker": "n"},
        FunctionName=NAME,
    )
    script.answer(
        "list_versions_by_function", {"Versions": [shown(Version="2")]}, FunctionName=NAME, Marker="n"
    )
    assert [each.version for each in functions.list_versions(account, NAME)] == ["$LATEST", "1", "2"]
    weighted = {"FunctionVersion": "3", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}}}
    script.answer("list_aliases", {"Aliases": [{"FunctionVersion": "1"}, weighted]}, FunctionName=NAME)
    assert functions.aliased_versions(account, NAME) == {"1", "2", "3"}


def test_a_version_is_deleted_by_its_number(account: Account, script: Script) -> None:
    script.answer("delete_function", {}, FunctionName=NAME, Qualifier="12")
    functions.delete_version(account, NAME, "12")
    script.refuse("delete_function", 404, "ResourceNotFoundException", FunctionName=NAME, Qualifier="12")
    functions.delete_version(account, NAME, "12")
    script.refuse("delete_function", 409, "ResourceConflictException", FunctionName=NAME, Qualifier="12")
    with pytest.raises(errors.StillChanging):
        functions.delete_version(account, NAME, "12")


@pytest.mark.parametrize("version", ["", "$LATEST", "live", "0", "-1", "1 ", "1\n", "٣", "1,2"])
def test_a_whole_function_cannot_be_deleted(
    account: Account, script: Script, ledger: Ledger, version: str
) -> None:
    """AWS: DeleteFunction without a version's number deletes the function with all that it has."""
    with pytest.raises(ValueError, match="nothing was deleted"):
        functions.delete_version(account, NAME, version)
    assert not ledger.of("DeleteFunction")


def test_code_storage_is_told(account: Account, script: Script) -> None:
    script.answer(
        "get_account_settings",
        {"AccountLimit": {"TotalCodeSize": 80_530_636_800}, "AccountUsage": {"TotalCodeSize": 5_000_000_000}},
    )
    assert functions.code_storage(account) == CodeStorage(5_000_000_000, 80_530_636_800)


def result(number: int, *values: float, status: str = "Complete") -> dict[str, Any]:
    return {"Id": f"m{number}", "Values": list(values), "StatusCode": status}


def queries(*names: str) -> list[dict[str, Any]]:
    wanted = [(name, metric) for name in names for metric in functions.METRICS]
    return [functions._query(f"m{number}", *each) for number, each in enumerate(wanted)]


def told(metrics: Script, page: list[dict[str, Any]], names: list[str], **options: Any) -> None:
    """One page of the answer to the question for these functions."""
    token = {"NextToken": options.pop("given")} if "given" in options else {}
    answer = {"MetricDataResults": page, **options}
    times = {"StartTime": SINCE, "EndTime": SINCE + timedelta(minutes=1)}
    metrics.answer("get_metric_data", answer, MetricDataQueries=queries(*names), **times, **token)


@pytest.fixture
def noon(account: Account) -> None:
    """AWS's clock stands before the time that is asked about, so the question ends a minute after it began."""
    account.clock.observe("Sun, 01 Mar 2026 11:00:00 GMT")


def test_errors_are_summed_over_pages_and_no_traffic_is_not_zero(
    account: Account, metrics: Script, noon: None
) -> None:
    names = ["a", "b", "c"]
    first = [result(0, 1, 2, status="PartialData"), result(2, 9), result(3), result(4), result(5)]
    told(metrics, first, names, NextToken="next")
    told(metrics, [result(0, 4), result(6), result(7), result(8, 3)], names, given="next")
    assert functions.recent_errors(account, names, SINCE) == {"a": Sums(7, 0, 9), "c": Sums(0, 0, 3)}


def test_a_partial_answer_is_no_answer(account: Account, metrics: Script, noon: None) -> None:
    told(metrics, [result(0, 1, status="PartialData"), result(1, 0)], ["a"])
    with pytest.raises(errors.Unavailable, match=r"CloudWatch GetMetricData .* PartialData: 1 of 2 metrics"):
        functions.recent_errors(account, ["a"], SINCE)


def test_metrics_are_asked_for_by_five_hundred(
    account: Account, metrics: Script, ledger: Ledger, noon: None
) -> None:
    names = [f"tim-sb-{number}" for number in range(311)]
    whole = queries(*names)
    times = {"StartTime": SINCE, "EndTime": SINCE + timedelta(minutes=1)}
    for start in (0, 500):
        batch = [{**query, "Id": f"m{number}"} for number, query in enumerate(whole[start : start + 500])]
        page = {"MetricDataResults": [result(number, 1) for number in range(len(batch))]}
        metrics.answer("get_metric_data", page, MetricDataQueries=batch, **times)
    assert functions.recent_errors(account, names, SINCE) == dict.fromkeys(names, Sums(1, 1, 1))
    assert len(ledger.of("GetMetricData")) == 2
    assert functions.recent_errors(account, [], SINCE) == {}
