"""Bodies of calls, read more strictly than Python and pydantic read JSON, and what is said of one that does not hold."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.http import HttpRequest
from ninja import Schema
from ninja.parser import Parser
from ninja.types import DictStrAny
from pydantic import ConfigDict
from pydantic_core import from_json

from users.refusals import Invalid

PARAMETERS = frozenset({"given", "wanted"})
"""What our functions call a body or a query as a whole. Callers never wrote it, so no error names it."""


class Strict(Schema):
    """A body that holds the fields named and no others, each of its own type: `true` is no number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> DictStrAny:
        return cast(DictStrAny, read(request.body))


def read(body: bytes) -> Any:
    """The JSON of a body. Raises ValueError for what is none, Invalid for a name that is there twice.

    Half a character (a lone surrogate) is no JSON, nor is what is nested without end.
    """
    from_json(body)
    return json.loads(body, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            text = f"{name[:100]!r} is there twice. Send it once."
            raise Invalid(text, errors={name[:100]: [text]})
        found[name] = value
    return found


def errors_of(found: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """pydantic's errors as texts by the name of the field; those about the whole are under `body`."""
    errors: dict[str, list[str]] = {}
    for one in found:
        path = one["loc"][1:] if one["loc"][:1] in (("body",), ("query",), ("path",)) else one["loc"]
        field = path[1:] if path and path[0] in PARAMETERS else path
        errors.setdefault(".".join(map(str, field)) or "body", []).append(one["msg"])
    return errors


def in_words(errors: Mapping[str, list[str]]) -> str:
    return " ".join(f"{field}: {' '.join(texts)}." for field, texts in errors.items())
