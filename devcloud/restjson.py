"""REST-JSON by the service's own model: requests into parameters, results into replies."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from devcloud.errors import AwsError
from devcloud.restxml import labels
from devcloud.wire import Reply, Request

if TYPE_CHECKING:
    from botocore.model import OperationModel


def parse(request: Request, operation: "OperationModel") -> dict[str, Any]:
    """Return the parameters of a call as boto3 names them.

    Raises AwsError SerializationException for a body that is no JSON object, and ValidationException for a required
    parameter that is missing or a value of the wrong kind.
    """
    shape: Any = operation.input_shape
    members = shape.members if shape is not None else {}
    in_path = labels(operation.http["requestUri"], request.raw_path)
    in_query = parse_qs(request.raw_query, keep_blank_values=True)
    body = _body(request) if request.body else {}
    params = {}
    for name, member in members.items():
        value = _raw(member, name, in_path, in_query, body)
        if value is not None:
            params[name] = _value(member, name, value)
    missing = [name for name in (shape.required_members if members else ()) if name not in params]
    if missing:
        raise _invalid(f"Value null at '{missing[0]}' failed to satisfy constraint: Member must not be null")
    return params


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise _no_json() from error
    if not isinstance(body, dict):
        raise _no_json()
    return body


def _raw(
    member: Any,
    name: str,
    in_path: Mapping[str, str],
    in_query: Mapping[str, list[str]],
    body: Mapping[str, Any],
) -> Any:
    where, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
    if where == "uri":
        return in_path[wire_name]
    if where == "querystring":
        values = in_query.get(wire_name)
        return values if values is None or member.type_name == "list" else values[-1]
    return body.get(wire_name) if where is None else None


def _value(shape: Any, name: str, value: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        known = {each: member.serialization.get("name", each) for each, member in shape.members.items()}
        return {
            each: _value(shape.members[each], each, value[wire])
            for each, wire in known.items()
            if value.get(wire) is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_value(shape.member, name, each) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _value(shape.value, key, each) for key, each in value.items()}
    return _scalar(shape, name, value)


def _scalar(shape: Any, name: str, value: Any) -> Any:
    try:
        if shape.type_name in ("integer", "long"):
            return int(value)
        if shape.type_name == "blob":
            return base64.b64decode(value, validate=True)
    except (ValueError, TypeError, binascii.Error) as error:
        raise _invalid(f"Value at '{name}' is no {shape.type_name}") from error
    kind = {"boolean": bool, "string": str}.get(shape.type_name, object)
    if not isinstance(value, kind) or (
        shape.type_name == "string" and shape.enum and value not in shape.enum
    ):
        raise _invalid(f"Value '{value}' at '{name}' failed to satisfy constraint: {shape.name}")
    return value


def _invalid(reason: str) -> AwsError:
    return AwsError("ValidationException", 400, f"1 validation error detected: {reason}")


def _no_json() -> AwsError:
    return AwsError("SerializationException", 400, "The body is no JSON object.")


def render(operation: "OperationModel", result: Mapping[str, Any]) -> Reply:
    """Return the reply for a result given as boto3 would show it; a payload is the body as it is."""
    status = int(operation.http.get("responseCode", 200))
    shape = operation.output_shape
    if shape is None or status == 204:
        return Reply(status)
    if payload := shape.serialization.get("payload"):
        return Reply(status, result[payload], {"content-type": result.get("contentType", "application/json")})
    body = json.dumps(_shown(shape, result)).encode()
    return Reply(status, body, {"content-type": "application/json"})


def _shown(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure":
        return {
            member.serialization.get("name", name): _shown(member, value[name])
            for name, member in shape.members.items()
            if "location" not in member.serialization and value.get(name) is not None
        }
    if shape.type_name == "list":
        return [_shown(shape.member, each) for each in value]
    if shape.type_name == "map":
        return {key: _shown(shape.value, each) for key, each in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value
