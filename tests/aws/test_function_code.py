"""Getting back the zip that a function runs."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from aws import errors
from aws.access import Access, Account, connect
from aws.function_code import fetch_code
from aws.lease import Unleased
from tests.aws.conftest import SANDBOX, Ledger
from tests.aws.scripted import Script
from tests.cloud import REGION, CloudProcess

NAME = "tim-sb-accounts-create"


@pytest.fixture
def sandbox(worker: CloudProcess, ledger: Ledger) -> Account:
    role = worker.accounts["sandbox"]["roles"]["deploy"]
    access = Access(SANDBOX, REGION, role["role_arn"], role["external_id"])
    return connect(access, session_name="tests", lease=Unleased(), record=ledger)


@pytest.fixture
def there(worker: CloudProcess) -> dict[str, Any]:
    """The function as AWS describes it."""
    found: dict[str, Any] = worker.client("lambda", "sandbox").get_function(FunctionName=NAME)
    return found


@pytest.fixture
def script(sandbox: Account) -> Iterator[Script]:
    found = Script(sandbox, "lambda")
    yield found
    found.end()


def digest(there: dict[str, Any]) -> str:
    return base64.b64decode(there["Configuration"]["CodeSha256"]).hex()


def test_the_zip_of_a_function_is_fetched_whole(
    sandbox: Account, there: dict[str, Any], ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "code.zip"
    assert fetch_code(sandbox, NAME, digest(there), path)
    assert sha256(path.read_bytes()).hexdigest() == digest(there)
    (call,) = ledger.of("GetObject")
    assert (call.resource, call.writes, call.status) == (f"the code of {NAME}", False, 200)


def test_other_code_than_was_meant_is_left_where_it_is(sandbox: Account, tmp_path: Path) -> None:
    path = tmp_path / "code.zip"
    assert not fetch_code(sandbox, NAME, "0" * 64, path)
    assert not path.exists()
    with pytest.raises(errors.NotFound):
        fetch_code(sandbox, "tim-sb-nobody", "0" * 64, path)


def test_other_bytes_than_lambda_names_are_refused(
    sandbox: Account, script: Script, there: dict[str, Any], tmp_path: Path
) -> None:
    wrong = there["Configuration"] | {"CodeSha256": base64.b64encode(b"\0" * 32).decode()}
    script.answer("get_function", {**there, "Configuration": wrong}, FunctionName=NAME)
    with pytest.raises(errors.OtherContent, match=f"not those that Lambda names for {NAME}"):
        fetch_code(sandbox, NAME, "0" * 64, tmp_path / "code.zip")


def test_an_address_that_is_too_old_is_an_error_in_words(
    sandbox: Account, script: Script, there: dict[str, Any], tmp_path: Path
) -> None:
    old = {"Location": there["Code"]["Location"].replace("expires=", "expires=1")}
    script.answer("get_function", {**there, "Code": old}, FunctionName=NAME)
    with pytest.raises(errors.AwsError, match=f"the code of {NAME} in account {SANDBOX}"):
        fetch_code(sandbox, NAME, digest(there), tmp_path / "code.zip")


def test_a_container_image_has_no_zip(
    sandbox: Account, script: Script, there: dict[str, Any], tmp_path: Path
) -> None:
    image = there["Configuration"] | {"PackageType": "Image", "CodeSha256": "0" * 64}
    script.answer("get_function", {"Configuration": image, "Code": {}}, FunctionName=NAME)
    assert not fetch_code(sandbox, NAME, "0" * 64, tmp_path / "code.zip")
