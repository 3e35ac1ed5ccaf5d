"""Which of AWS's answers end a step, and which are left to the runner's next attempt."""

import pytest

from aws import errors
from aws.errors import AwsError, Subject
from aws.fanout import TransferFailed
from aws.jobs import Delete
from products.door import aws_step
from runs.context import StepContext
from runs.steps import Done, StepFailed, Wait

JOB = Delete(bucket="b", owner="0", key="k")


def _ends(error: Exception) -> BaseException | Wait:
    """What becomes of an error inside a step."""

    @aws_step
    def step(context: StepContext) -> Done | Wait:
        raise error

    try:
        answer = step(None)  # type: ignore[arg-type]
    except Exception as raised:
        return raised
    assert isinstance(answer, Wait)
    return answer


def _error(kind: type[AwsError]) -> AwsError:
    return kind(Subject("s3", "PutObject", "855652006097", "bucket/key"), code="Code", message="words")


@pytest.mark.parametrize("kind", [errors.AccessDenied, errors.WrongAccount, errors.Untrusted])
def test_what_no_retry_can_help_ends_the_step(kind: type[AwsError], db: None) -> None:
    for error in (_error(kind), TransferFailed(_error(kind), JOB, [])):
        ended = _ends(error)
        assert isinstance(ended, StepFailed)
        assert "bucket/key" in str(ended)


def test_what_may_pass_is_left_to_the_next_attempt() -> None:
    error = _error(errors.Unavailable)
    assert _ends(error) is error
    assert _ends(TransferFailed(error, JOB, [])) is error


def test_a_refused_fenced_write_looks_again_at_once_while_others_are_written() -> None:
    from aws.jobs import Written

    refused = _error(errors.PreconditionFailed)
    assert _ends(TransferFailed(refused, JOB, [])) is refused
    assert isinstance(_ends(TransferFailed(refused, JOB, [Written(JOB, "", "id")])), Wait)
