"""The query protocol by the service's own model: form fields into parameters, results into replies."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from devcloud.errors import AwsError
from devcloud.restxml import element
from devcloud.wire import Reply, Request

if TYPE_CHECKING:
    from botocore.model import OperationModel

NUMBERS = ("integer", "long", "float", "double")


def fields(request: Request) -> dict[str, str]:
    """The form of a call, as it was sent."""
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)) | dict(
        request.query
    )


def parse(request: Request, operation: "OperationModel") -> dict[str, Any]:
    """Return the parameters of a call as boto3 names them. Raises AwsError ValidationError for one that is missing or too
    long."""
    form, shape = fields(request), operation.input_shape
    params = _structure(shape, form, "") if shape is not None else {}
    missing = [name for name in (shape.required_members if shape is not None else ()) if name not in params]
    if missing:
        raise _invalid(f"Value null at '{missing[0]}' failed to satisfy constraint: Member must not be null")
    return params


def _structure(shape: Any, form: Mapping[str, str], prefix: str) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        place = prefix + member.serialization.get("name", name)
        if any(key == place or key.startswith(f"{place}.") for key in form):
            found[name] = _value(member, form, place)
    return found


def _value(shape: Any, form: Mapping[str, str], place: str) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, form, f"{place}.")
    if shape.type_name == "list":
        inner = f"{place}.{shape.member.serialization.get('name', 'member')}"
        numbers = {
            int(key.removeprefix(f"{inner}.").partition(".")[0]) for key in form if key.startswith(inner)
        }
        return [_value(shape.member, form, f"{inner}.{number}") for number in sorted(numbers)]
    if shape.type_name == "map":
        return _map(form, f"{place}.entry")
    return _scalar(shape, form[place], place)


def _map(form: Mapping[str, str], inner: str) -> dict[str, str]:
    """AWS: a map of words is sent as numbered pairs."""
    numbers = {key.removeprefix(f"{inner}.").partition(".")[0] for key in form if key.startswith(f"{inner}.")}
    return {form[f"{inner}.{number}.key"]: form.get(f"{inner}.{number}.value", "") for number in numbers}


def _scalar(shape: Any, text: str, place: str) -> Any:
    longest, pattern = shape.metadata.get("max"), shape.metadata.get("pattern")
    if longest is not None and len(text) > longest:
        raise _invalid(f"Value at '{place}' failed to satisfy constraint: at most {longest} characters")
    if pattern and place.endswith("Name") and not re.fullmatch(pattern, text):
        raise _invalid(f"Value '{text}' at '{place}' failed to satisfy constraint: {pattern}")
    if shape.type_name == "boolean":
        return text == "true"
    return _number(shape, text, place) if shape.type_name in NUMBERS else text


def _number(shape: Any, text: str, place: str) -> float:
    try:
        return int(text) if shape.type_name in ("integer", "long") else float(text)
    except ValueError as error:
        raise _invalid(f"Value '{text}' at '{place}' is no {shape.type_name}") from error


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", 400, f"1 validation error detected: {message}")


def render(operation: "OperationModel", result: Mapping[str, Any], request_id: str) -> Reply:
    """Return the reply for a result given as boto3 would show it."""
    root = ElementTree.Element(f"{operation.name}Response", xmlns=operation.metadata["xmlNamespace"])
    shape: Any = operation.output_shape
    if shape is not None:
        root.append(element(shape, f"{operation.name}Result", result))
    ElementTree.SubElement(ElementTree.SubElement(root, "ResponseMetadata"), "RequestId").text = request_id
    return Reply(200, ElementTree.tostring(root), {"content-type": "text/xml"})
