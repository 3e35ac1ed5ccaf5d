"""Errors as AWS words them, in the four forms its services speak."""

import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from devcloud.wire import Reply, Request

CLOUDFRONT_XMLNS = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
STS_XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"
JSON_SERVICES = frozenset(
    {"lambda", "acm", "apigateway", "logs", "monitoring", "wafv2", "secretsmanager", "ssm"}
)


class AwsError(Exception):
    """A refusal that the caller sees: AWS error code, HTTP status, message, extra fields and headers."""

    def __init__(
        self,
        code: str,
        status: int,
        message: str,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})


def not_implemented(service: str, operation: str) -> AwsError:
    """What an operation answers that the emulated cloud does not have."""
    return AwsError(
        "NotImplemented",
        501,
        f"The emulated cloud has no {service} {operation}. Add it to devcloud, or run this against AWS.",
    )


def speaks_json(request: Request) -> bool:
    """Whether a call is in JSON. AWS: CloudWatch takes forms, the query protocol, too."""
    form = (request.header("content-type") or "").startswith("application/x-www-form-urlencoded")
    return request.service in JSON_SERVICES and not (request.service == "monitoring" and form)


def render(error: AwsError, request: Request) -> Reply:
    """Return the error as the service's own protocol spells it."""
    service, request_id = request.service, request.request_id
    if service == "s3":
        return _s3(error, request_id)
    if speaks_json(request):
        text = {"__type": error.code, "message": error.message, "Message": error.message}
        headers = {"content-type": "application/json", "x-amzn-ErrorType": error.code}
        return Reply(error.status, json.dumps(text | error.fields).encode(), headers | error.headers)
    namespace = STS_XMLNS if service == "sts" else CLOUDFRONT_XMLNS
    kind = "Sender" if error.status < 500 else "Receiver"
    inner = f"<Type>{kind}</Type><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
    body = (
        f'<?xml version="1.0"?>\n<ErrorResponse xmlns="{namespace}"><Error>{inner}</Error>'
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Reply(error.status, body.encode(), {"content-type": "text/xml"} | error.headers)


def _s3(error: AwsError, request_id: str) -> Reply:
    if error.status == 304:
        return Reply(304, b"", error.headers)
    fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in error.fields.items())
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{error.code}</Code>'
        f"<Message>{escape(error.message)}</Message>{fields}<RequestId>{request_id}</RequestId>"
        f"<HostId>{host_id(request_id)}</HostId></Error>"
    )
    return Reply(error.status, body.encode(), {"content-type": "application/xml"} | error.headers)


def host_id(request_id: str) -> str:
    """The `x-amz-id-2` that goes with an S3 request id."""
    return f"devcloud/{request_id}+edge=="
