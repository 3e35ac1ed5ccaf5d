"""Lambda functions: what is asked of AWS, and what its answers mean."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from aws import errors, functions
from aws.access import Account
from aws.functions import CodeStorage, Function
from tests.aws.conftest import Ledger
from tests.aws.scripted import Script

NAME = "tim-sb-orders"
CODE = sha256(b"zip").hexdigest()
TOLD = base64.b64encode(sha256(b"zip").digest()).decode()


@pytest.fixture
def script(account: Account) -> Iterator[Script]:
    found = Script(account, "lambda")
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


def test_an_alias_is_switched_for_all_traffic_if_it_is_as_it_was_seen(
    account: Account, script: Script
) -> None:
    script.answer("update_alias", {"FunctionVersion": "8"}, **SWITCH, RevisionId="a1")
    functions.switch_alias(account, NAME, "live", "8", revision="a1")
    script.refuse("update_alias", 412, "PreconditionFailedException", **SWITCH, RevisionId="a1")
    with pytest.raises(errors.PreconditionFailed):
        functions.switch_alias(account, NAME, "live", "8", revision="a1")
    script.answer("get_alias", {"RevisionId": "a2"}, FunctionName=NAME, Name="live")
    assert functions.alias_revision(account, NAME, "live") == "a2"


def test_a_missing_alias_is_made_unless_somebody_else_just_did(account: Account, script: Script) -> None:
    script.answer("create_alias", {"FunctionVersion": "8"}, **SWITCH)
    functions.switch_alias(account, NAME, "live", "8", revision="")
    script.refuse("create_alias", 409, "ResourceConflictException", **SWITCH)
    with pytest.raises(errors.StillChanging):
        functions.switch_alias(account, NAME, "live", "8", revision="")


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
