"""The front door of AWS: who calls what, whether it goes wrong, which service answers, and the record of it."""

import asyncio
import secrets
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from devcloud import sts
from devcloud.acm import service as acm
from devcloud.apigateway import service as apigateway
from devcloud.cloud import Cloud
from devcloud.cloudfront import service as cloudfront
from devcloud.cloudwatch import service as cloudwatch
from devcloud.errors import AwsError, host_id, render
from devcloud.faults import Verdict
from devcloud.iam import service as iam
from devcloud.iam.needs import needs_of
from devcloud.iam.rights import Need, check_rights
from devcloud.lambdas import service as lambdas
from devcloud.lambdas.code import is_location
from devcloud.logs import service as logs
from devcloud.moto_backend import Moto
from devcloud.operations import UNKNOWN, operation_of
from devcloud.route53 import service as route53
from devcloud.s3 import service as s3
from devcloud.signature import Signed, read_signature, verify
from devcloud.sns import service as sns
from devcloud.wafv2 import service as wafv2
from devcloud.wire import Reply, Request

# What the emulated cloud does itself, strictly, by signing name; moto does the rest.
SERVICES: Mapping[str, Callable[[Request, Cloud], Reply]] = {
    "s3": lambda request, cloud: s3.handle(request, cloud.buckets, cloud.roles, cloud.settings),
    "sts": lambda request, cloud: sts.handle(request, cloud.identities, cloud.roles, cloud.settings),
    "cloudfront": lambda request, cloud: cloudfront.handle(request, cloud.cdn, cloud.settings, cloud),
    "lambda": lambda request, cloud: lambdas.handle(request, cloud.lambdas, cloud.buckets, cloud.settings),
    "apigateway": lambda request, cloud: apigateway.handle(request, cloud.gateways),
    "route53": lambda request, cloud: route53.handle(request, cloud.zones, cloud.settings),
    "acm": lambda request, cloud: acm.handle(
        request, cloud.certificates, cloud.resolve, cloud.used_by, cloud.settings
    ),
    "logs": lambda request, cloud: logs.handle(request, cloud.logs, cloud.cdn.distributions, cloud.buckets),
    "sns": lambda request, cloud: sns.handle(request, cloud.topics),
    "monitoring": lambda request, cloud: cloudwatch.handle(
        request, cloud.numbers, cloud.alarms, cloud.settings
    ),
    "iam": lambda request, cloud: iam.handle(request, cloud.roles, cloud.settings),
    "wafv2": lambda request, cloud: wafv2.handle(request, cloud.web_acls, cloud.used_by),
}


class LostReply(Exception):
    """The call was carried out and its answer must not arrive."""


@dataclass
class Gateway:
    """Answers every AWS request of the emulated cloud."""

    cloud: Cloud
    moto: Moto

    async def answer(self, request: Request) -> Reply:
        """Authenticate, judge, carry out and record one request. Raises LostReply when the answer is to get lost."""
        request.now = self.cloud.now()
        request.request_id = secrets.token_hex(8).upper()
        verdict, code = Verdict(), None
        needs: list[Need] = []
        try:
            self._identify(request)
            verdict = self._judge(request)
            if verdict.seconds:
                await self._travel(request, verdict.seconds)
            if verdict.error is not None:
                raise verdict.error
            needs = needs_of(request, self.cloud.roles)
            check_rights(request.principal, request.service, needs, self.cloud.roles, request.now)
            reply = await self._carry_out(request)
        except AwsError as error:
            code = error.code
            reply = render(error, request)
        except (
            Exception
        ):  # a fault of the emulator itself: whoever runs it must see it, the caller must be told
            traceback.print_exc()
            broken = AwsError(
                "InternalError", 500, "The emulated cloud failed. Its own log has the traceback."
            )
            code, reply = broken.code, render(broken, request)
        self._record(request, reply, code, needs, lost=verdict.lost)
        if verdict.lost:
            raise LostReply
        return replace(reply, headers={**_ids(request), **reply.headers})

    def _identify(self, request: Request) -> None:
        request.service, request.region = _guess_service(request), "us-east-1"
        signed: Signed | None = read_signature(request.headers, request.query)
        if signed is not None:
            request.service, request.region = signed.service, signed.region
        request.operation = operation_of(request)
        request.resource = resource_of(request)
        if signed is not None:
            request.principal = verify(request, signed, self.cloud.identities.find).principal

    def _judge(self, request: Request) -> Verdict:
        account = request.principal.account
        return self.cloud.faults.judge(request.service, request.operation, account, request.resource)

    async def _travel(self, request: Request, seconds: float) -> None:
        """Latency is on the way in: the request is judged by the clock of its arrival, so a late one has expired."""
        await asyncio.sleep(seconds)
        request.now = self.cloud.now()
        self._identify(request)

    async def _carry_out(self, request: Request) -> Reply:
        own = SERVICES.get(request.service)
        return await self.moto.handle(request) if own is None else own(request, self.cloud)

    def _record(
        self, request: Request, reply: Reply, code: str | None, needs: list[Need], *, lost: bool
    ) -> None:
        self.cloud.calls.add(
            request.now,
            request.principal.account,
            request.principal.arn,
            request.service,
            request.operation or UNKNOWN,
            request.resource,
            request.region,
            request.request_id,
            reply.status,
            code,
            lost,
            [f"{need.action} {need.resource}" for need in needs],
        )


def resource_of(request: Request) -> str:
    """What a call is about: `bucket/key` for S3, the role for AssumeRole, else the path."""
    if request.service == "s3":
        bucket, key = s3.locate(request)
        return f"{bucket}/{key}" if key else bucket
    if request.service == "sts":
        return sts.role_of(request)
    if request.service == "lambda" and "/functions/" in request.path:
        return request.path.partition("/functions/")[2].partition("/")[0]
    return request.path


def _guess_service(request: Request) -> str:
    """The service of an unsigned request: a post to the root is for STS, CloudFront and code of functions have their
    paths, the rest is S3."""
    if request.method == "POST" and request.raw_path in ("", "/"):
        return "sts"
    if is_location(request.raw_path):
        return "lambda"
    return "cloudfront" if request.raw_path.startswith("/2020-05-31/") else "s3"


def _ids(request: Request) -> Mapping[str, str]:
    if request.service == "s3":
        return {
            "x-amz-request-id": request.request_id,
            "x-amz-id-2": host_id(request.request_id),
            "server": "AmazonS3",
        }
    return {"x-amzn-requestid": request.request_id}
