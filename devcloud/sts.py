"""AWS STS: GetCallerIdentity and AssumeRole with its external id."""

import re
from collections.abc import Mapping
from time import gmtime, strftime
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from devcloud.errors import STS_XMLNS, AwsError, not_implemented
from devcloud.iam.rights import may_be_taken
from devcloud.iam.state import Roles
from devcloud.identity import Identities, Keys
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

MAX_SESSION = 3600
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def handle(request: Request, identities: Identities, roles: Roles, settings: Settings) -> Reply:
    """Carry out one STS call. Raises AwsError for every refusal."""
    if not request.principal.account:
        raise AwsError("MissingAuthenticationToken", 403, "Request is missing Authentication Token")
    if request.operation == "GetCallerIdentity":
        return _reply(request, _identity(request))
    if request.operation == "AssumeRole":
        params = dict(request.query) | dict(parse_qsl(request.body.decode()))
        return _reply(request, _assume(request, params, identities, roles, settings))
    raise not_implemented("sts", request.operation)


def _reply(request: Request, result: str) -> Reply:
    name = request.operation
    body = (
        f'<{name}Response xmlns="{STS_XMLNS}"><{name}Result>{result}</{name}Result>'
        f"<ResponseMetadata><RequestId>{request.request_id}</RequestId></ResponseMetadata></{name}Response>"
    )
    return Reply(200, body.encode(), {"content-type": "text/xml"})


def _identity(request: Request) -> str:
    principal = request.principal
    return f"<Arn>{principal.arn}</Arn><UserId>AIDADEVCLOUD</UserId><Account>{principal.account}</Account>"


def _assume(
    request: Request, params: Mapping[str, str], identities: Identities, roles: Roles, settings: Settings
) -> str:
    """AWS: what the role's trust policy does not allow is AccessDenied, and so is a role that does not exist."""
    role_arn, name = params.get("RoleArn", ""), params.get("RoleSessionName", "")
    seconds = _duration(params)
    if _SESSION_NAME.fullmatch(name) is None:
        raise _validation(
            f"Value '{name}' at 'roleSessionName' failed to satisfy constraint: [\\w+=,.@-]{{2,64}}"
        )
    if "Policy" in params or any(key.startswith("PolicyArns.") for key in params):
        raise not_implemented("sts", "AssumeRole with a session policy")
    role, source = roles.by_arn.get(role_arn), "SourceIdentity" in params
    told = {"sts:externalid": params["ExternalId"]} if "ExternalId" in params else {}
    rights = role.in_force(request.now) if role else None
    if not may_be_taken(rights, request.principal, role_arn, told, source=source):
        message = f"User: {request.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        raise AwsError("AccessDenied", 403, message)
    expires = request.now + min(seconds, settings.session_seconds)
    return _credentials(identities.assume(role_arn, name, expires)) + _source_identity(params)


def _duration(params: Mapping[str, str]) -> int:
    """AWS: 900 seconds at least, and not above the role's maximum, which is an hour unless it was raised."""
    text = params.get("DurationSeconds", str(MAX_SESSION))
    if not text.isdigit() or int(text) < 900:
        raise _validation(f"Value '{text}' at 'durationSeconds' failed to satisfy constraint: at least 900")
    if int(text) > MAX_SESSION:
        raise _validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return int(text)


def _validation(message: str) -> AwsError:
    return AwsError("ValidationError", 400, message)


def _credentials(keys: Keys) -> str:
    expiration = strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(keys.expires))
    return (
        f"<AssumedRoleUser><Arn>{keys.principal.arn}</Arn><AssumedRoleId>AROADEVCLOUD:session</AssumedRoleId>"
        f"</AssumedRoleUser><Credentials><AccessKeyId>{keys.key_id}</AccessKeyId>"
        f"<SecretAccessKey>{keys.secret}</SecretAccessKey><SessionToken>{keys.token}</SessionToken>"
        f"<Expiration>{expiration}</Expiration></Credentials>"
    )


def _source_identity(params: Mapping[str, str]) -> str:
    given = params.get("SourceIdentity")
    return f"<SourceIdentity>{escape(given)}</SourceIdentity>" if given else ""


def role_of(request: Request) -> str:
    """The role that an AssumeRole names; empty for other calls."""
    return (dict(request.query) | dict(parse_qsl(request.body.decode(errors="replace")))).get("RoleArn", "")
