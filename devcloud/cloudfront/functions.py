"""CloudFront functions: code in two stages. What viewers meet is the one in LIVE, which publishing puts there."""

from dataclasses import replace
from typing import Any

from devcloud.cloudfront.call import CdnCall, Result
from devcloud.cloudfront.state import EdgeFunction, FunctionStage, moment, new_id
from devcloud.errors import AwsError

DEVELOPMENT, LIVE = "DEVELOPMENT", "LIVE"
MOST_BYTES = 10_240


def create_function(call: CdnCall) -> Result:
    """AWS: a name is unique in the account; a new function is in DEVELOPMENT only."""
    name = call.params["Name"]
    if (call.account, name) in call.cdn.functions:
        raise AwsError("FunctionAlreadyExists", 409, f"A function with the name {name} exists already.")
    stage = _stage(call)
    made = EdgeFunction(name, call.account, stage)
    call.cdn.functions[call.account, name] = made
    location = f"https://cloudfront.amazonaws.com/2020-05-31/function/{made.arn}"
    return {"FunctionSummary": _summary(made, stage, DEVELOPMENT), "ETag": stage.etag, "Location": location}


def _stage(call: CdnCall) -> FunctionStage:
    """AWS: at most 10 KB of code."""
    code: bytes = call.params["FunctionCode"]
    if len(code) > MOST_BYTES:
        raise AwsError("FunctionSizeLimitExceeded", 413, "The function's code is larger than 10 KB.")
    return FunctionStage(call.params["FunctionConfig"], code, call.now)


def update_function(call: CdnCall) -> Result:
    """AWS: changes what is in DEVELOPMENT, on condition of its ETag."""
    found = _find(call)
    call.check_etag(found.development.etag)
    found.development = _stage(call)
    summary = _summary(found, found.development, DEVELOPMENT)
    return {"FunctionSummary": summary, "ETag": found.development.etag}


def publish_function(call: CdnCall) -> Result:
    """AWS: copies DEVELOPMENT to LIVE, for every distribution that names the function."""
    found = _find(call)
    call.check_etag(found.development.etag)
    found.live = replace(found.development, modified=call.now, etag=new_id("E"))
    return {"FunctionSummary": _summary(found, found.live, LIVE)}


def describe_function(call: CdnCall) -> Result:
    found, stage, name = _in_stage(call)
    return {"FunctionSummary": _summary(found, stage, name), "ETag": stage.etag}


def get_function(call: CdnCall) -> Result:
    _, stage, _ = _in_stage(call)
    return {"FunctionCode": stage.code, "ETag": stage.etag, "ContentType": "application/octet-stream"}


def list_functions(call: CdnCall) -> Result:
    """AWS: of one stage, or of DEVELOPMENT when none is asked for."""
    name = call.params.get("Stage", DEVELOPMENT)
    mine = [each for each in call.cdn.functions.values() if each.account == call.account]
    staged = [(each, stage) for each in mine if (stage := each.stage(name))]
    page = call.page([(each.name, _summary(each, stage, name)) for each, stage in staged])
    return {"FunctionList": {key: page[key] for key in page if key not in ("Marker", "IsTruncated")}}


def delete_function(call: CdnCall) -> Result:
    """AWS: not while a distribution names it."""
    found = _find(call)
    call.check_etag(found.development.etag)
    if any(found.arn in str(each.config) for each in call.cdn.distributions.values()):
        raise AwsError("FunctionInUse", 409, "The function is associated with a distribution.")
    del call.cdn.functions[call.account, found.name]
    return {}


def _find(call: CdnCall) -> EdgeFunction:
    found = call.cdn.functions.get((call.account, call.params["Name"]))
    if found is None:
        raise AwsError("NoSuchFunctionExists", 404, "The specified function does not exist.")
    return found


def _in_stage(call: CdnCall) -> tuple[EdgeFunction, FunctionStage, str]:
    """AWS: a function that was never published is not in LIVE."""
    found, name = _find(call), call.params.get("Stage", DEVELOPMENT)
    stage = found.stage(name)
    if stage is None:
        raise AwsError("NoSuchFunctionExists", 404, "The specified function does not exist in this stage.")
    return found, stage, name


def _summary(found: EdgeFunction, stage: FunctionStage, name: str) -> dict[str, Any]:
    return {
        "Name": found.name,
        "Status": "DEPLOYED" if name == LIVE else "UNPUBLISHED" if found.live is None else "DEPLOYED",
        "FunctionConfig": stage.config,
        "FunctionMetadata": {
            "FunctionARN": found.arn,
            "Stage": name,
            "CreatedTime": moment(stage.modified),
            "LastModifiedTime": moment(stage.modified),
        },
    }
