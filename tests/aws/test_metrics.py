"""What asking CloudWatch for values costs, page by page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aws import errors
from aws.access import Account
from aws.metrics import Search, ask
from tests.aws.scripted import Script

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
END = START + timedelta(minutes=5)
ERRORS = Search("AWS/Lambda", "FunctionName", ("tim", "sb"), "Errors", "Sum", 300)


@pytest.fixture
def cloudwatch(account: Account) -> Iterator[Script]:
    found = Script(account, "cloudwatch")
    yield found
    found.end()


def asked(**token: str) -> dict[str, Any]:
    return {
        "MetricDataQueries": [{"Id": "m0", **ERRORS.asked()}],
        "StartTime": START,
        "EndTime": END,
        **token,
    }


def page(*functions: str, **token: str) -> dict[str, Any]:
    """A page on which the search found these."""
    found = [{"Id": "m0", "Label": one, "Timestamps": [START], "Values": [1.0]} for one in functions]
    return {"MetricDataResults": found, **token}


def test_each_call_is_billed_for_what_was_not_found_before(account: Account, cloudwatch: Script) -> None:
    cloudwatch.answer("get_metric_data", page("a", "b", NextToken="next"), **asked())
    cloudwatch.answer("get_metric_data", page("b", "c"), **asked(NextToken="next"))
    billed: list[int] = []
    (found,) = ask(account, "cloudwatch", [ERRORS], START, END, "AWS/Lambda", bill=billed.append)
    assert sorted(found.by_label) == ["a", "b", "c"]
    assert billed == [2, 1]


def test_a_page_that_came_is_billed_also_when_the_next_one_does_not(
    account: Account, cloudwatch: Script
) -> None:
    cloudwatch.answer("get_metric_data", page("a", "b", NextToken="next"), **asked())
    cloudwatch.refuse("get_metric_data", 403, "AccessDenied", **asked(NextToken="next"))
    billed: list[int] = []
    with pytest.raises(errors.AccessDenied):
        ask(account, "cloudwatch", [ERRORS], START, END, "AWS/Lambda", bill=billed.append)
    assert billed == [2]


def test_what_finds_nothing_is_billed_too(account: Account, cloudwatch: Script) -> None:
    cloudwatch.answer("get_metric_data", page(), **asked())
    billed: list[int] = []
    ask(account, "cloudwatch", [ERRORS], START, END, "AWS/Lambda", bill=billed.append)
    assert billed == [1]
