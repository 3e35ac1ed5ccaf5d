"""REST-XML by the service's own model: requests into parameters, results into replies."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree

from devcloud.errors import AwsError
from devcloud.operations import path_pattern
from devcloud.wire import Reply, Request

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape


def parse(request: Request, operation: "OperationModel") -> dict[str, Any]:
    """Return the parameters of a call as boto3 names them.

    Raises AwsError MalformedXML or InvalidArgument where the request does not fit the model: a missing required
    member, an unknown enum value, text that is no number.
    """
    shape: Any = operation.input_shape
    in_path = labels(operation.http["requestUri"], request.raw_path)
    params: dict[str, Any] = {}
    for name, member in (shape.members if shape is not None else {}).items():
        where = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if where == "uri":
            params[name] = in_path[wire_name]
        elif where == "querystring" and wire_name in request.query:
            params[name] = _scalar(member, request.query[wire_name])
        elif where == "header" and wire_name.lower() in request.headers:
            params[name] = request.headers[wire_name.lower()]
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is not None:
        params[payload] = _value(shape.members[payload], _root(request.body))
    elif request.body and shape is not None:
        params |= _in_body(shape, _root(request.body))
    return params


def _in_body(shape: Any, root: ElementTree.Element) -> dict[str, Any]:
    """The members that stand in the body beside each other, where none of them is the body itself."""
    children = {_local(each): each for each in root}
    members = {
        name: m.serialization.get("name", name)
        for name, m in shape.members.items()
        if "location" not in m.serialization
    }
    return {
        name: _value(shape.members[name], children[wire])
        for name, wire in members.items()
        if wire in children
    }


def labels(template: str, path: str) -> dict[str, str]:
    """The decoded values of a model's path labels, by name."""
    match = path_pattern(template.partition("?")[0]).fullmatch(path)
    return {name: unquote(value) for name, value in match.groupdict().items()} if match else {}


def _root(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - from tests and the demo on loopback
    except ElementTree.ParseError as error:
        raise AwsError("MalformedXML", 400, "The XML document you provided is not well-formed.") from error


def _local(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _value(shape: "Shape", element: ElementTree.Element) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, element)
    if shape.type_name == "list":
        return [_value(shape.member, each) for each in element]  # type: ignore[attr-defined]
    return _scalar(shape, element.text or "")


def _structure(shape: Any, element: ElementTree.Element) -> dict[str, Any]:
    children = {_local(each): each for each in element}
    value = {}
    for name, member in shape.members.items():
        child = children.pop(member.serialization.get("name", name), None)
        if child is not None:
            value[name] = _value(member, child)
    missing = [name for name in shape.required_members if name not in value]
    if missing:
        raise AwsError("MalformedXML", 400, f"{shape.name} needs {', '.join(missing)}.")
    if children:
        raise AwsError("MalformedXML", 400, f"{shape.name} has no {', '.join(children)}.")
    return value


def _scalar(shape: "Shape", text: str) -> Any:
    try:
        return _convert(shape, text)
    except ValueError as error:
        message = f"1 validation error detected: Value '{text}' does not fit {shape.name}."
        raise AwsError("InvalidArgument", 400, message) from error


def _convert(shape: Any, text: str) -> Any:
    if shape.type_name == "boolean":
        return {"true": True, "false": False}[text] if text in ("true", "false") else _refuse(text)
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name in ("float", "double"):
        return float(text)
    if shape.type_name == "blob":
        return base64.b64decode(text, validate=True)
    if shape.type_name == "string" and shape.enum and text not in shape.enum:
        return _refuse(text)
    return text


def _refuse(text: str) -> Any:
    raise ValueError(text)


def render(operation: "OperationModel", result: Mapping[str, Any]) -> Reply:
    """Return the reply for a result given as boto3 would show it."""
    status = int(operation.http.get("responseCode", 200))
    shape: Any = operation.output_shape
    if shape is None:
        return Reply(status)
    headers = {
        member.serialization["name"]: str(result[name])
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header" and name in result
    }
    payload = shape.serialization.get("payload")
    if payload is None:
        return _members_reply(operation, status, headers, result)
    if shape.members[payload].type_name == "blob":
        return Reply(status, result[payload], headers)
    root = element(shape.members[payload], shape.members[payload].name, result[payload])
    return _document(operation, status, headers, root)


def _members_reply(
    operation: "OperationModel", status: int, headers: Mapping[str, str], result: Mapping[str, Any]
) -> Reply:
    """Of an answer whose members stand in the body beside each other; no body where there are none."""
    shape: Any = operation.output_shape
    shown = {name: m for name, m in shape.members.items() if "location" not in m.serialization}
    if not shown:
        return Reply(status, b"", headers)
    root = ElementTree.Element(shape.name)
    for name, member in shown.items():
        if result.get(name) is not None:
            root.append(element(member, member.serialization.get("name", name), result[name]))
    return _document(operation, status, headers, root)


def _document(
    operation: "OperationModel", status: int, headers: Mapping[str, str], root: ElementTree.Element
) -> Reply:
    root.set("xmlns", operation.service_model.metadata.get("xmlNamespace", _namespace(operation)))
    body = b'<?xml version="1.0"?>\n' + ElementTree.tostring(root)
    return Reply(status, body, {**headers, "content-type": "text/xml"})


def _namespace(operation: "OperationModel") -> str:
    metadata = operation.service_model.metadata
    return f"http://{metadata['endpointPrefix']}.amazonaws.com/doc/{metadata['apiVersion']}/"


def element(shape: Any, tag: str, value: Any) -> ElementTree.Element:
    """A value spelled as its shape says, below this tag."""
    found = ElementTree.Element(tag)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                found.append(element(member, member.serialization.get("name", name), value[name]))
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        found.extend(element(shape.member, item, each) for each in value)
    elif shape.type_name == "map":
        for name, one in value.items():
            entry = ElementTree.SubElement(found, "entry")
            ElementTree.SubElement(entry, "key").text = name
            ElementTree.SubElement(entry, "value").text = _text(one)
    else:
        found.text = _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return str(value)
