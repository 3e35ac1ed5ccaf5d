"""Versions never change; aliases name them; deleting one deletes nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import Refused
from tests.devcloud.lambdas import ARN, NAME, SANDBOX, configuration, settled, update


@pytest.fixture
def functions(cloud: CloudProcess) -> Any:
    cloud.settings(lambda_rate=0, update_seconds=0.0)
    return cloud.client("lambda", "sandbox")


def publish(functions: Any, text: str = "new") -> str:
    update(functions, text)
    return str(functions.publish_version(FunctionName=NAME)["Version"])


def test_an_unchanged_function_is_published_once(functions: Any) -> None:
    """AWS: unchanged code and configuration since the last version give that version again."""
    assert functions.publish_version(FunctionName=NAME, Description="again")["Version"] == "1"
    assert publish(functions) == "2"
    functions.update_function_configuration(FunctionName=NAME, MemorySize=512)
    settled(functions)
    assert functions.publish_version(FunctionName=NAME)["Version"] == "3"
    assert functions.publish_version(FunctionName=NAME)["Version"] == "3"


def test_a_version_keeps_code_and_configuration(functions: Any) -> None:
    """AWS: a version is an immutable copy of code and configuration, environment variables too."""
    before = configuration(functions, Qualifier="1")
    publish(functions)
    functions.update_function_configuration(FunctionName=NAME, Environment={"Variables": {}})
    assert configuration(functions, Qualifier="1") == before
    assert before["FunctionArn"] == f"{ARN}:1"


def test_only_the_code_that_is_named_is_published(functions: Any, refused: Refused) -> None:
    """AWS: CodeSha256 of PublishVersion must be that of $LATEST."""
    old = configuration(functions)["CodeSha256"]
    new = update(functions)["CodeSha256"]
    with refused("InvalidParameterValueException", 400) as caught:
        functions.publish_version(FunctionName=NAME, CodeSha256=old)
    assert "is different from current CodeSHA256 in $LATEST" in str(caught.value)
    assert functions.publish_version(FunctionName=NAME, CodeSha256=new)["Version"] == "2"


def test_an_update_may_publish(functions: Any) -> None:
    """AWS: Publish makes a version of the new code in the same call."""
    functions.update_function_code(FunctionName=NAME, ZipFile=b"no zip", Publish=True)
    assert update(functions, Publish=True)["Version"] == "$LATEST"
    numbers = [each["Version"] for each in functions.list_versions_by_function(FunctionName=NAME)["Versions"]]
    assert numbers == ["$LATEST", "1", "2"]


def test_versions_have_pages_of_fifty(functions: Any) -> None:
    """AWS: $LATEST first, then by number, 50 a page, without State."""
    for number in range(2, 53):
        publish(functions, str(number))
    first = functions.list_versions_by_function(FunctionName=NAME)
    assert [each["Version"] for each in first["Versions"]] == ["$LATEST", *map(str, range(1, 50))]
    assert "State" not in first["Versions"][1]
    rest = functions.list_versions_by_function(FunctionName=NAME, Marker=first["NextMarker"])
    assert [each["Version"] for each in rest["Versions"]] == ["50", "51", "52"]
    assert "NextMarker" not in rest


def test_an_alias_names_a_version_that_is_there(functions: Any, refused: Refused) -> None:
    """AWS: an alias names a version or $LATEST (404 for any other), and its own name is taken once (409)."""
    with refused("ResourceNotFoundException", 404):
        functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion="9")
    with refused("ResourceConflictException", 409):
        functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
    with refused("ResourceNotFoundException", 404):
        functions.create_alias(FunctionName=NAME, Name="next", FunctionVersion="9")
    with refused("InvalidParameterValueException", 400):
        functions.create_alias(FunctionName=NAME, Name="12", FunctionVersion="1")
    with refused("ResourceNotFoundException", 404):
        functions.get_alias(FunctionName=NAME, Name="next")
    functions.create_alias(FunctionName=NAME, Name="next", FunctionVersion="$LATEST")
    named = [each["Name"] for each in functions.list_aliases(FunctionName=NAME)["Aliases"]]
    assert named == ["live", "next"]
    one = functions.list_aliases(FunctionName=NAME, FunctionVersion="1")["Aliases"]
    assert [each["Name"] for each in one] == ["live"]


def test_an_alias_has_a_revision_of_its_own(functions: Any, refused: Refused) -> None:
    """AWS: every update of an alias makes a new RevisionId; another one is 412; the function's stays."""
    publish(functions)
    function = configuration(functions)["RevisionId"]
    before = functions.get_alias(FunctionName=NAME, Name="live")["RevisionId"]
    wish = {"FunctionName": NAME, "Name": "live", "FunctionVersion": "2", "RevisionId": before}
    assert functions.update_alias(**wish)["RevisionId"] != before
    with refused("PreconditionFailedException", 412):
        functions.update_alias(**wish)
    assert configuration(functions)["RevisionId"] == function
    assert configuration(functions, Qualifier="live")["Version"] == "2"


def test_a_version_that_an_alias_names_is_not_deleted(functions: Any, refused: Refused) -> None:
    """AWS: DeleteFunction with a number deletes that version, 409 while an alias names it, also by weight."""
    publish(functions)
    with refused("ResourceConflictException", 409):
        functions.delete_function(FunctionName=NAME, Qualifier="1")
    weights = {"AdditionalVersionWeights": {"1": 0.1}}
    functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion="2", RoutingConfig=weights)
    with refused("ResourceConflictException", 409):
        functions.delete_function(FunctionName=NAME, Qualifier="1")
    weights = {"AdditionalVersionWeights": {}}
    functions.update_alias(FunctionName=NAME, Name="live", RoutingConfig=weights)
    functions.delete_function(FunctionName=NAME, Qualifier="1")
    with refused("ResourceNotFoundException", 404):
        functions.delete_function(FunctionName=NAME, Qualifier="1")
    assert publish(functions, "newer") == "3"


def test_what_cannot_be_deleted_by_a_qualifier(functions: Any, refused: Refused) -> None:
    """AWS: neither $LATEST nor an alias is deleted by DeleteFunction."""
    for qualifier in ("$LATEST", "live"):
        with refused("InvalidParameterValueException", 400):
            functions.delete_function(FunctionName=NAME, Qualifier=qualifier)


def test_without_a_qualifier_the_whole_function_goes(functions: Any, refused: Refused) -> None:
    """AWS: DeleteFunction without a Qualifier deletes the function with all versions and aliases, for ever."""
    functions.delete_function(FunctionName=NAME)
    with refused("ResourceNotFoundException", 404):
        functions.get_function(FunctionName=NAME, Qualifier="1")


def sums(
    cloud: CloudProcess, metric: str = "Errors", name: str = NAME, since: datetime | None = None
) -> list[float]:
    """The values of the present minute, or of all since then."""
    now = datetime.now(UTC)
    about = {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": "FunctionName", "Value": name}],
    }
    answer = cloud.client("cloudwatch", "sandbox").get_metric_data(
        StartTime=since or now,
        EndTime=now + timedelta(minutes=1),
        MetricDataQueries=[{"Id": "a", "MetricStat": {"Metric": about, "Period": 60, "Stat": "Sum"}}],
    )
    return list(answer["MetricDataResults"][0]["Values"])


def test_errors_on_demand(cloud: CloudProcess, functions: Any) -> None:
    """AWS: AWS/Lambda has Errors and Throttles by FunctionName; a function that is not called has no values."""
    assert sums(cloud) == []
    wish = {"account": SANDBOX, "function": NAME, "errors": 3, "throttles": 1, "invocations": 9}
    cloud.control("POST", "/lambda/errors", wish)
    assert (sums(cloud), sums(cloud, "Throttles"), sums(cloud, "Invocations")) == ([3.0], [1.0], [9.0])
    assert sums(cloud, name="tim-sb-accounts-delete") == []


def test_errors_of_one_code_only(cloud: CloudProcess, functions: Any) -> None:
    """Callers of an alias meet new code when the alias names it, not when it is uploaded."""
    new = update(functions)["CodeSha256"]
    number = functions.publish_version(FunctionName=NAME)["Version"]
    wish = {"account": SANDBOX, "function": NAME, "errors": 3, "code_sha256": new}
    cloud.control("POST", "/lambda/errors", wish)
    assert sums(cloud) == []
    functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion=number)
    assert sums(cloud) == [3.0]


def test_errors_of_one_code_begin_when_it_came(cloud: CloudProcess, functions: Any) -> None:
    new = update(functions)["CodeSha256"]
    functions.update_alias(
        FunctionName=NAME,
        Name="live",
        FunctionVersion=functions.publish_version(FunctionName=NAME)["Version"],
    )
    wish = {"account": SANDBOX, "function": NAME, "errors": 3}
    cloud.control("POST", "/lambda/errors", wish | {"code_sha256": new})
    earlier = datetime.now(UTC) - timedelta(minutes=10)
    assert 1 <= len(sums(cloud, since=earlier)) <= 2
    cloud.control("POST", "/lambda/errors", wish)
    assert len(sums(cloud, since=earlier)) >= 10


def test_by_an_alias_get_function_tells_the_revision_of_the_alias(functions: Any, refused: Refused) -> None:
    def revision() -> str:
        found = functions.get_function(FunctionName=NAME, Qualifier="live")["Configuration"]
        return str(found["RevisionId"])

    seen, alias = revision(), {"FunctionName": NAME, "Name": "live"}
    assert seen == functions.get_alias(**alias)["RevisionId"]
    functions.update_alias(**alias, FunctionVersion="1", RevisionId=seen)
    with refused("PreconditionFailedException", 412):
        functions.update_alias(**alias, FunctionVersion="1", RevisionId=seen)
    assert revision() != seen
