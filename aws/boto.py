"""How this package uses botocore: one attempt a call, short time-outs, and typed errors instead of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from aws.errors import AwsError, NoCredentials, SignInExpired, Subject, Unavailable, Untrusted, error_from

CONNECT_SECONDS, READ_SECONDS = 3, 10
ATTEMPT_SECONDS = CONNECT_SECONDS + READ_SECONDS
CONNECTIONS = 64
"""More than the threads that use one client at a time; a connection is opened only when it is needed."""
AGENT = "timcombo-console"
NO_ANSWER = (ConnectionError, HTTPClientError, IncompleteReadError)
SIGN_IN_ENDED = (SSOError, TokenRetrievalError, LoginError)
NO_IDENTITY = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, ProfileNotFound)


def config(attempts: int) -> Config:
    """Settings of a client that makes `attempts` attempts a call.

    Checksums are sent where a call names one. S3 buckets are addressed as botocore does by itself.
    """
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        user_agent_extra=AGENT,
    )


def request_id(answer: Mapping[str, Any]) -> str:
    """The id under which AWS knows this request."""
    return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))


def _from_client_error(subject: Subject, error: ClientError) -> AwsError:
    if error.operation_name == "AssumeRole" != subject.operation:
        subject = replace(subject, service="sts", operation="AssumeRole")
    said = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(said.get("Code", ""))
    return error_from(
        subject,
        status=status,
        # A HEAD has no body, so botocore gives its status in place of a code.
        code="" if code == str(status) else code,
        message=str(said.get("Message", "")),
        request_id=request_id(error.response),
    )


def _from_botocore(subject: Subject, profile: str, error: BotoCoreError) -> AwsError:
    name, words = type(error).__name__, str(error)
    if isinstance(error, SIGN_IN_ENDED):
        return SignInExpired(profile or "default", words)
    if isinstance(error, NO_IDENTITY):
        return NoCredentials(subject, code=name, message=words)
    # botocore tells a certificate that it does not trust from a broken connection only in words.
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in words:
        return Untrusted(subject, code=name, message=words)
    kind = Unavailable if isinstance(error, NO_ANSWER) else AwsError
    return kind(subject, code=name, message=words)


@contextmanager
def translated(subject: Subject, profile: str = "") -> Iterator[None]:
    """Raise AwsError in place of botocore's errors."""
    try:
        yield
    except ClientError as error:
        raise _from_client_error(subject, error) from error
    except BotoCoreError as error:
        raise _from_botocore(subject, profile, error) from error
