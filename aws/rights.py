"""What a role can really do, found out by trying."""

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from aws.access import Access, Account
from aws.alarms import list_alarms
from aws.bindings import bindings
from aws.boto import translated
from aws.cloudfront import get_distribution
from aws.errors import AccessDenied, AwsError, NotFound, PreconditionFailed, RoleRefused, Subject
from aws.metrics import Series, ask
from aws.policies import Reach
from aws.s3 import check_bucket
from aws.sessions import Identity, Role, RoleSession

NOWHERE = "console-check"
NOT_TRIED = (
    "Not tried: only a real invalidation would prove it. An empty one was not refused for a missing right. "
    "The policy below includes it."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One right: `ok`, or the `error` that AWS answered. `ok` None: it could not be tried, and `error` says why."""

    action: str
    resource: str
    ok: bool | None
    error: str = ""


def whoami(account: Account) -> str:
    """The ARN that the credentials act as."""
    arn: str = account.read("sts", "GetCallerIdentity", account.access.role_arn)["Arn"]
    return arn


def needs_external_id(access: Access, identity: Identity) -> bool:
    """Whether the role is refused to who does not know the external id, as it must be.

    Raises AwsError when STS cannot be asked.
    """
    session = RoleSession(identity, Role(access.role_arn, "", access.region, NOWHERE))
    try:
        with translated(Subject("sts", "AssumeRole", access.account_id, access.role_arn), identity.profile):
            session.credentials()
    except RoleRefused:
        return True
    return False


def try_rights(account: Account, reach: Reach, *, writes: bool) -> list[Finding]:
    """Each right that work on `reach` needs, tried without changing anything; with `writes` those to read and write objects too.

    AWS: permission is judged before conditions, and a PutObject or DeleteObject with If-Match on a key that does not
    exist answers 404: who gets that far has the right, and nothing was stored.
    """
    return list(_findings(account, reach, writes))


def try_numbers(account: Account) -> list[Finding]:
    """Whether numbers can be asked for, and alarms listed."""
    now = account.clock.now()
    series = Series(
        "AWS/CloudFront", "Requests", "Sum", 60, (("DistributionId", NOWHERE), ("Region", "Global"))
    )
    return [
        _tried(
            "cloudwatch:GetMetricData",
            "*",
            lambda: ask(account, "edge-metrics", [series], now - timedelta(minutes=1), now, series.namespace),
        ),
        _tried("cloudwatch:DescribeAlarms", "*", lambda: next(list_alarms(account, "edge-metrics"), None)),
    ]


def try_apis(account: Account, apis: Collection[tuple[str, str]]) -> list[Finding]:
    """Whether it can be told what each API calls, given by its address and the prefix of the functions that matter.

    An address that leads nowhere is a finding as much as a missing right.
    """
    return [
        _tried("apigateway:GET", origin, partial(bindings, account, origin, prefix))
        for origin, prefix in sorted(apis)
    ]


def try_roles(account: Account, names: Collection[str]) -> list[Finding]:
    """Whether these roles can be looked at; one that is not there yet can be."""
    return [_tried("iam:GetRole", name, partial(_role, account, name)) for name in names]


def _role(account: Account, name: str) -> None:
    with suppress(NotFound):
        account.read("iam", "GetRole", name, RoleName=name)


def _findings(account: Account, reach: Reach, writes: bool) -> Iterator[Finding]:
    yield _tried("sts:GetCallerIdentity", account.access.role_arn, lambda: whoami(account))
    for bucket in reach.buckets:
        yield from _on_bucket(account, bucket, ("Head", "Put", "Delete") if writes else ())
    if reach.artifact_bucket and reach.keeps_artifacts:
        yield from _on_bucket(account, reach.artifact_bucket, ("Head", "Put") if writes else (), "releases/")
    for each in reach.distributions:
        yield _tried("cloudfront:GetDistribution", each, partial(get_distribution, account, each))
        if writes:
            yield _invalidation(account, each)


def _on_bucket(account: Account, bucket: str, verbs: Collection[str], below: str = "") -> Iterator[Finding]:
    """What can be done to the bucket, and to objects whose keys begin like that."""
    owner, key = account.account_id, f"{below}{NOWHERE}/{secrets.token_hex(8)}"
    address = {"Bucket": bucket, "ExpectedBucketOwner": owner}
    yield _tried("s3:ListBucket", bucket, lambda: check_bucket(account, bucket, owner))
    yield _tried(
        "s3:GetBucketVersioning", bucket, lambda: account.read("s3", "GetBucketVersioning", bucket, **address)
    )
    for verb in verbs:
        condition = {} if verb == "Head" else {"IfMatch": '"never"'}
        call = account.read if verb == "Head" else account.write
        attempt = partial(_absent, call, f"{verb}Object", {**address, "Key": key, **condition})
        yield _tried(f"s3:{'Get' if verb == 'Head' else verb}Object", bucket, attempt)


def _invalidation(account: Account, distribution: str) -> Finding:
    """Ask for an invalidation of nothing, which none can come of.

    AWS: a batch without paths is refused. Whether before or after the permission is judged is written nowhere, so
    AccessDenied proves that the right is missing, and no other answer proves that it is there.
    """
    action, nothing = "cloudfront:CreateInvalidation", {"Quantity": 0, "Items": list[str]()}
    batch = {"CallerReference": f"{NOWHERE}-{secrets.token_hex(8)}", "Paths": nothing}
    try:
        account.write(
            "cloudfront",
            "CreateInvalidation",
            distribution,
            DistributionId=distribution,
            InvalidationBatch=batch,
        )
    except AccessDenied as error:
        return Finding(action, distribution, False, str(error))
    except AwsError:
        return Finding(action, distribution, None, NOT_TRIED)
    return Finding(action, distribution, True)


def _absent(call: Callable[..., object], operation: str, parameters: dict[str, str]) -> None:
    """Make a call on a key that does not exist; that it does not is the expected answer."""
    try:
        call("s3", operation, f"{parameters['Bucket']}/{parameters['Key']}", **parameters)
    except AwsError as error:
        if isinstance(error, PreconditionFailed) or (
            isinstance(error, NotFound) and error.code != "NoSuchBucket"
        ):
            return
        raise


def _tried(action: str, resource: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except AwsError as error:
        return Finding(action, resource, False, str(error))
    return Finding(action, resource, True)
