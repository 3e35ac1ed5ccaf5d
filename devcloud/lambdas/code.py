"""The code of functions: read from a request or from S3, checked, and given out again."""

import hashlib
import hmac
import secrets
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from devcloud.errors import AwsError
from devcloud.lambdas.call import LambdaCall, invalid
from devcloud.lambdas.state import Code, Failure, Function, Lambdas, Settings, Shown, Snapshot
from devcloud.s3.call import may
from devcloud.s3.store import Bucket, Version
from devcloud.wire import Reply, Request

MAX_DIRECT = 50 * 1024**2
MAX_UNZIPPED = 262_144_000
LOCATION_SECONDS = 600
_SECRET = secrets.token_bytes(32)


def update_function_code(call: LambdaCall) -> Shown:
    """AWS: new code is InProgress at first; DryRun changes nothing; Publish makes a version of it too."""
    function = call.idle_function()
    call.check_revision(function.latest.revision)
    code = read_code(call, call.params)
    check_storage(call, code.size)
    if call.params.get("DryRun"):
        return function.shown_whole(function.latest)
    _begin(call, function, code)
    if call.params.get("Publish") and function.update is not None and function.update.failure is None:
        version = function.publish(call.now)
        return function.shown_whole(version, version.number)
    return function.shown_whole(function.latest)


def _begin(call: LambdaCall, function: Function, code: Code) -> None:
    architectures = call.params.get("Architectures")
    settings = {
        **function.latest.settings,
        **({"Architectures": architectures} if architectures else {}),
    }
    failure = call.lambdas.next_failure(function) or broken(code)
    function.begin(Snapshot(code, settings, call.now), call.now + call.settings.update_seconds, failure)


def update_function_configuration(call: LambdaCall) -> Shown:
    """AWS: what is not named stays; the change is InProgress at first, as new code is."""
    function = call.idle_function()
    call.check_revision(function.latest.revision)
    wished = configuration(call.params)
    wanted = Snapshot(function.latest.code, {**function.latest.settings, **wished}, call.now)
    function.begin(wanted, call.now + call.settings.update_seconds, None)
    return function.shown_whole(function.latest)


def configuration(params: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a request names, as answers show them. AWS: memory is 128 to 10,240 MB."""
    not_settings = {"FunctionName", "RevisionId", "Code", "Publish", "Tags", "PackageType"}
    wished = {name: value for name, value in params.items() if name not in not_settings}
    if not 128 <= wished.get("MemorySize", 128) <= 10_240:
        raise invalid(f"MemorySize must be between 128 and 10240, not {wished['MemorySize']}.")
    if "Layers" in wished:
        wished["Layers"] = [{"Arn": arn, "CodeSize": 0} for arn in wished["Layers"]]
    return wished


def read_code(call: LambdaCall, source: Mapping[str, Any]) -> Code:
    """The code that a request carries or names.

    Raises AwsError InvalidParameterValueException, RequestEntityTooLargeException or AccessDeniedException.
    AWS: 50 MB at most in a request, everything larger by way of S3.
    """
    body = source.get("ZipFile")
    if body is None and not (source.get("S3Bucket") and source.get("S3Key")):
        raise invalid("Please provide a source for function code.")
    if body is None:
        return Code(_from_s3(call, source["S3Bucket"], source["S3Key"], source.get("S3ObjectVersion")))
    if len(body) > MAX_DIRECT:
        message = (
            f"Request must be smaller than {MAX_DIRECT} bytes for the {call.request.operation} operation"
        )
        raise AwsError("RequestEntityTooLargeException", 413, message, fields={"Type": "User"})
    return Code(body)


def _from_s3(call: LambdaCall, name: str, key: str, version_id: str | None) -> bytes:
    """AWS: the object is read with the caller's rights, and its bucket must be in the function's own Region."""
    bucket = call.buckets.get(name)
    if bucket is None:
        raise _s3_error("NoSuchBucket", "The specified bucket does not exist")
    if bucket.region != call.request.region:
        where = f"The bucket is in this region: {bucket.region}. Please use this region to retry the request"
        raise _s3_error("PermanentRedirect", where)
    action = "s3:GetObjectVersion" if version_id else "s3:GetObject"
    if not may(call.request.principal, bucket, action, f"{bucket.arn}/{key}"):
        raise _s3_denied(name, key)
    return _object(bucket, key, version_id).body


def _object(bucket: Bucket, key: str, version_id: str | None) -> Version:
    found = bucket.version(key, version_id) if version_id else bucket.current(key)
    if found is None and version_id:
        raise _s3_error("NoSuchVersion", "The specified version does not exist.")
    if found is None or found.deleted:
        raise _s3_error("NoSuchKey", "The specified key does not exist.")
    return found


def _s3_error(code: str, message: str) -> AwsError:
    return invalid(f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}")


def _s3_denied(bucket: str, key: str) -> AwsError:
    message = (
        "Your access has been denied by S3, please make sure your request credentials have permission to "
        f"GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
    )
    return AwsError("AccessDeniedException", 403, message, fields={"Type": "User"})


def broken(code: Code) -> Failure | None:
    """Why an update to this code fails. AWS: 250 MB at most when unzipped."""
    try:
        with zipfile.ZipFile(BytesIO(code.body)) as archive:
            unzipped = sum(each.file_size for each in archive.infolist())
    except zipfile.BadZipFile:
        return Failure("InvalidZipFileException", "Could not unzip uploaded file. Please check your file.")
    if unzipped > MAX_UNZIPPED:
        reason = f"Unzipped size must be smaller than {MAX_UNZIPPED} bytes"
        return Failure("InvalidZipFileException", reason)
    return None


def used_bytes(call: LambdaCall) -> int:
    """AWS: the code of every version counts, and `$LATEST` too."""
    return sum(each.code.size for function in call.functions.values() for each in function.snapshots)


def check_storage(call: LambdaCall, more: int) -> None:
    if used_bytes(call) + more > call.settings.lambda_storage_bytes:
        raise AwsError(
            "CodeStorageExceededException", 400, "Code storage limit exceeded.", fields={"Type": "User"}
        )


def location(call: LambdaCall, function: Function, snapshot: Snapshot) -> str:
    """Where the code can be fetched without a signature. AWS: for ten minutes."""
    host = call.request.header("host") or "127.0.0.1"
    expires = int(call.now) + LOCATION_SECONDS
    path = (
        f"/awslambda-{function.region}-tasks/snapshots/{function.account}/{function.name}/{snapshot.number}"
    )
    return f"http://{host}{path}?expires={expires}&signature={_signature(path, expires)}"


def _signature(path: str, expires: int) -> str:
    return hmac.new(_SECRET, f"{path}?{expires}".encode(), hashlib.sha256).hexdigest()


def is_location(path: str) -> bool:
    return path.startswith("/awslambda-")


def download(request: Request, lambdas: Lambdas) -> Reply:
    """Give out the code that a `location` names. Raises AwsError AccessDeniedException when it is old or not ours."""
    text = request.query.get("expires", "")
    expires = int(text) if text.isdigit() else 0
    given = request.query.get("signature", "")
    if request.now > expires or not hmac.compare_digest(_signature(request.path, expires), given):
        raise AwsError("AccessDeniedException", 403, "Request has expired")
    account, name, number = request.path.rsplit("/", 3)[1:]
    region = request.path.removeprefix("/awslambda-").partition("-tasks/")[0]
    function = lambdas.of(account, region).get(name)
    if function is None:
        raise AwsError("ResourceNotFoundException", 404, f"Function not found: {name}")
    return Reply(200, function.snapshot(number).code.body, {"content-type": "application/zip"})


def create_function(call: LambdaCall) -> Shown:
    """Make a function, Active at once. AWS: a name that is taken is 409."""
    if call.name in call.functions:
        message = f"Function already exist: {call.name}"
        raise AwsError("ResourceConflictException", 409, message, fields={"Type": "User"})
    code = read_code(call, call.params["Code"])
    failure = broken(code)
    if failure is not None:
        raise invalid(failure.reason)
    check_storage(call, code.size)
    account, region = call.request.principal.account, call.request.region
    function = Function(account, region, call.name, code, Settings(memory=128, timeout=3), call.now)
    settings = {**function.latest.settings, **configuration(call.params)}
    function.latest = Snapshot(code, settings, call.now)
    call.functions[call.name] = function
    snapshot = function.publish(call.now) if call.params.get("Publish") else function.latest
    return function.shown_whole(snapshot)
