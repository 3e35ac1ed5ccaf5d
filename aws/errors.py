"""What can go wrong with an AWS call, by what the caller can do about it.

Every text says which call on what in which account failed, AWS's own code and words, the request id that
AWS support asks for, and what to do next.
"""

from dataclasses import dataclass
from typing import ClassVar

NAMES = {
    "s3": "S3",
    "s3-regions": "S3",
    "cloudfront": "CloudFront",
    "sts": "STS",
    "lambda": "Lambda",
    "apigateway": "API Gateway",
    "apigatewayv2": "API Gateway",
    "cloudwatch": "CloudWatch",
    "edge-metrics": "CloudWatch",
    "route53": "Route 53",
    "acm": "ACM",
    "wafv2": "AWS WAF",
    "sns": "SNS",
    "logs": "CloudWatch Logs",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Which call an error is about."""

    service: str
    operation: str
    account_id: str = ""
    resource: str = ""


class AwsError(Exception):
    """AWS refused a call, or did not answer it.

    `code` and `message` are AWS's; `status` is the HTTP status, 0 without an answer; `request_id` may be empty.
    """

    advice: ClassVar[str] = "Look the code up in the AWS documentation of this call."
    may_pass: ClassVar[bool] = False
    """Whether the same call may succeed when it is simply made again."""
    throttled: ClassVar[bool] = False

    def __init__(
        self, subject: Subject, *, code: str = "", message: str = "", request_id: str = "", status: int = 0
    ) -> None:
        self.subject = subject
        self.service, self.operation = subject.service, subject.operation
        self.account_id, self.resource = subject.account_id, subject.resource
        self.code, self.message, self.request_id, self.status = code, message, request_id, status
        super().__init__(self._text())

    def _text(self) -> str:
        call = f"{NAMES.get(self.service, self.service)} {self.operation}"
        where = f" on {self.resource}" if self.resource else ""
        account = f" in account {self.account_id}" if self.account_id else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        words = ": ".join(part for part in (self.code, self.message.strip().rstrip(".")) if part)
        return f"{call}{where}{account} failed: {words or 'no answer'}{request}. {self.advice}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.subject, self.code, self.message, self.request_id, self.status)


def _rebuild(
    kind: type[AwsError], subject: Subject, code: str, message: str, request_id: str, status: int
) -> AwsError:
    return kind(subject, code=code, message=message, request_id=request_id, status=status)


class NotFound(AwsError):
    """The thing does not exist in that account."""

    advice = "Check the name on the environment's page and that nobody removed it in AWS."


class Unresolved(NotFound):
    """What is in AWS does not say what was asked: the message says what is missing where, and what to do about it."""

    def _text(self) -> str:
        return self.message


BOUNDED = "The account's owner installs the boundary that the accounts page shows, then try again."


class AccessDenied(AwsError):
    """The role may not do this, or the resource belongs to somebody else."""

    advice = "Compare the role's policy with the one that the accounts page shows for it, then try again."

    def _text(self) -> str:
        """AWS names what refused it: a role's own policy, or the boundary that its owner set."""
        text = super()._text()
        return text.replace(self.advice, BOUNDED) if "permissions boundary" in self.message else text


class RoleRefused(AccessDenied):
    """STS did not hand out the role."""

    advice = (
        "Check the role's ARN, and that its trust policy names the workers' principal and exactly this "
        "account's external id; the accounts page shows the policy to install."
    )


class WrongAccount(AwsError):
    """The credentials act in another account than the one that was meant."""

    advice = "Nothing was written. Correct the role's ARN of this account on the accounts page."


class WrongBucketOwner(AccessDenied):
    """The bucket is not known to belong to the expected account."""

    advice = (
        "Either the bucket belongs to another account than the one it is registered with, or the role may "
        "not list it. Check both before anything is written."
    )


class Throttled(AwsError):
    """AWS asks for fewer calls."""

    advice = "The call was repeated with growing pauses without effect. Try again in some minutes."
    may_pass = True
    throttled = True


class Unavailable(AwsError):
    """No answer, or an answer that AWS itself calls an internal error."""

    advice = (
        "The call was repeated without effect. Check the network and the AWS health page, then try again."
    )
    may_pass = True


class Untrusted(AwsError):
    """The certificate that was shown is signed by nobody known, or is another host's. Nothing was sent."""

    advice = (
        "Nothing was sent. Where a proxy or an own endpoint signs its certificate itself, AWS_CA_BUNDLE must name "
        "the file with its certificate authority."
    )


class PreconditionFailed(AwsError):
    """The thing is no longer in the state that the call was conditional on."""

    advice = "Somebody changed it in between. Look again before writing."


class OtherContent(PreconditionFailed):
    """An object has other content than it was to have: a write-once one that exists already, or a copy."""

    advice = "It was written by something else than this release. Register the build under a new version."


class ConditionalConflict(AwsError):
    """Another write of the same object was under way."""

    advice = "Look at the object again before writing."


class ExpiredCredentials(AwsError):
    """The temporary credentials are no longer valid."""

    advice = "New ones were asked for without effect. Check that the workers' own identity is still valid."


class SignatureExpired(AwsError):
    """A signature ended before AWS received the call: AWS refused a late write."""

    advice = "Nothing was written. The work goes on under a new lease."


class ClockSkewed(AwsError):
    """This machine's clock and AWS's differ by more than AWS allows."""

    advice = "Set this machine's clock, for instance by NTP."


class SignInExpired(AwsError):
    """The person's sign-in on this laptop has ended."""

    def __init__(self, profile: str, message: str) -> None:
        self.profile = profile
        self.advice = f"Run `aws sso login --profile {profile}` and try again."  # type: ignore[misc]
        super().__init__(Subject("sts", "sign-in"), code="SignInExpired", message=message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.profile, self.message)


class NoCredentials(AwsError):
    """This process has no AWS identity, or one that it must not have."""

    advice = "Give the workers a role of their host, a web identity or keys in the environment."


class TooManyInvalidations(AwsError):
    """The distribution has as many invalidations in progress as AWS allows."""

    advice = "It is asked again when earlier ones have completed."


class StillChanging(AwsError):
    """Another change of the function is under way, or something else still stands in the way of this one."""

    advice = "Look at the function again before writing."


class CodeStorageFull(AwsError):
    """All versions of all functions together have as much code as AWS allows in the account and Region."""

    advice = "Prune old versions of functions, or have AWS raise the account's limit, then try again."


THROTTLES = frozenset(
    {
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "PriorRequestNotComplete",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "EC2ThrottledException",
        "TransactionInProgressException",
    }
)
BY_CODE: dict[str, type[AwsError]] = {
    **dict.fromkeys(THROTTLES, Throttled),
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidClientTokenId"),
        ExpiredCredentials,
    ),
    # A key that AWS no longer knows: the role's session was revoked.
    **dict.fromkeys(("InvalidAccessKeyId", "UnrecognizedClientException"), ExpiredCredentials),
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestInTheFuture"), ClockSkewed),
    # AWS: S3 answers 400 RequestTimeout when the body came too slowly; nothing was stored.
    **dict.fromkeys(("RequestTimeout", "RequestTimeoutException", "InternalError"), Unavailable),
    # AWS: services that speak JSON answer 400 for what is not there, Lambda 404.
    **dict.fromkeys(("ResourceNotFoundException", "WAFNonexistentItemException"), NotFound),
    "PreconditionFailed": PreconditionFailed,
    "ConditionalRequestConflict": ConditionalConflict,
    "TooManyInvalidationsInProgress": TooManyInvalidations,
    # AWS: Lambda's names for 409, 412 and a limit of 75 GB.
    "ResourceConflictException": StillChanging,
    "PreconditionFailedException": PreconditionFailed,
    "CodeStorageExceededException": CodeStorageFull,
}
BY_STATUS: dict[int, type[AwsError]] = {
    403: AccessDenied,
    404: NotFound,
    412: PreconditionFailed,
    429: Throttled,
}


def kind_of(operation: str, status: int, code: str, message: str) -> type[AwsError]:
    """The class of error for AWS's answer.

    AWS: S3 answers a query signature whose X-Amz-Expires has passed with 403 AccessDenied "Request has expired";
    STS and CloudFront answer a signature that is five minutes off with 403 "Signature expired: …".
    """
    if status == 403 and "Request has expired" in message:
        return SignatureExpired
    if status == 403 and ("Signature expired" in message or "Signature not yet current" in message):
        return ClockSkewed
    if status >= 500 and code not in BY_CODE:
        return Unavailable
    if status == 400 and not code:
        # AWS: the answer to a HEAD has no body, so an expired token shows there as a bare 400.
        return ExpiredCredentials
    kind = BY_CODE.get(code) or BY_STATUS.get(status, AwsError)
    return RoleRefused if kind is AccessDenied and operation == "AssumeRole" else kind


def error_from(subject: Subject, *, status: int, code: str, message: str, request_id: str) -> AwsError:
    """The typed error for AWS's answer."""
    kind = kind_of(subject.operation, status, code, message)
    return kind(subject, code=code, message=message, request_id=request_id, status=status)
