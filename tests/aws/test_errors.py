"""AWS's answers as typed errors."""

import pickle

import pytest

from aws import errors
from aws.errors import AwsError, SignInExpired, Subject, error_from

ON = Subject("s3", "PutObject", "855652006097", "bucket/index.html")


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (404, "NoSuchKey", "", errors.NotFound),
        (404, "NoSuchDistribution", "", errors.NotFound),
        (404, "", "Not Found", errors.NotFound),
        (403, "AccessDenied", "Access Denied", errors.AccessDenied),
        (403, "", "Forbidden", errors.AccessDenied),
        (403, "AccessDenied", "Request has expired", errors.SignatureExpired),
        (403, "RequestTimeTooSkewed", "", errors.ClockSkewed),
        (403, "SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", errors.ClockSkewed),
        (403, "SignatureDoesNotMatch", "The request signature", errors.AccessDenied),
        (400, "ExpiredToken", "", errors.ExpiredCredentials),
        (403, "ExpiredTokenException", "", errors.ExpiredCredentials),
        (400, "", "Bad Request", errors.ExpiredCredentials),
        (403, "InvalidAccessKeyId", "", errors.ExpiredCredentials),
        (403, "InvalidClientTokenId", "", errors.ExpiredCredentials),
        (412, "PreconditionFailed", "", errors.PreconditionFailed),
        (412, "", "Precondition Failed", errors.PreconditionFailed),
        (409, "ConditionalRequestConflict", "", errors.ConditionalConflict),
        (409, "CNAMEAlreadyExists", "", AwsError),
        (503, "SlowDown", "", errors.Throttled),
        (400, "Throttling", "Rate exceeded", errors.Throttled),
        (400, "ThrottlingException", "", errors.Throttled),
        (429, "TooManyRequestsException", "", errors.Throttled),
        (429, "", "", errors.Throttled),
        (500, "InternalError", "", errors.Unavailable),
        (503, "ServiceUnavailable", "", errors.Unavailable),
        (502, "", "", errors.Unavailable),
        (400, "RequestTimeout", "", errors.Unavailable),
        (400, "TooManyInvalidationsInProgress", "", errors.TooManyInvalidations),
        (409, "ResourceConflictException", "", errors.StillChanging),
        (412, "PreconditionFailedException", "", errors.PreconditionFailed),
        (400, "CodeStorageExceededException", "", errors.CodeStorageFull),
        (404, "ResourceNotFoundException", "", errors.NotFound),
        (400, "ResourceNotFoundException", "Could not find certificate", errors.NotFound),
        (400, "WAFNonexistentItemException", "", errors.NotFound),
        (400, "PriorRequestNotComplete", "", errors.Throttled),
        (400, "InvalidParameterValueException", "", AwsError),
        (500, "ServiceException", "", errors.Unavailable),
        (400, "InvalidArgument", "", AwsError),
    ],
)
def test_the_kind_follows_what_the_caller_can_do(
    status: int, code: str, message: str, kind: type[AwsError]
) -> None:
    error = error_from(ON, status=status, code=code, message=message, request_id="ID1")
    assert type(error) is kind
    assert error.may_pass == (kind in (errors.Throttled, errors.Unavailable))
    assert error.throttled == (kind is errors.Throttled)


def test_a_refused_role_is_told_from_other_refusals() -> None:
    on = Subject("sts", "AssumeRole", "855652006097", "arn:aws:iam::855652006097:role/deploy")
    error = error_from(on, status=403, code="AccessDenied", message="not authorized", request_id="ID1")
    assert type(error) is errors.RoleRefused
    assert "external id" in str(error)


def test_the_text_says_what_where_why_and_what_next() -> None:
    error = error_from(ON, status=403, code="AccessDenied", message="Access Denied.", request_id="ID1")
    assert str(error) == (
        "S3 PutObject on bucket/index.html in account 855652006097 failed: AccessDenied: Access Denied "
        "(request id ID1). Compare the role's policy with the one that the accounts page shows for it, then try again."
    )


def test_an_error_without_an_answer_says_so() -> None:
    assert "failed: no answer. The call was repeated" in str(errors.Unavailable(ON))


def test_an_expired_sign_in_names_the_command() -> None:
    assert "Run `aws sso login --profile tim` and try again." in str(
        SignInExpired("tim", "Token has expired")
    )


@pytest.mark.parametrize(
    "error",
    [
        error_from(ON, status=412, code="PreconditionFailed", message="m", request_id="ID1"),
        SignInExpired("tim", "Token has expired"),
    ],
)
def test_errors_survive_pickling(error: AwsError) -> None:
    """Worker pools send exceptions between processes."""
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.request_id) == (type(error), str(error), error.request_id)
