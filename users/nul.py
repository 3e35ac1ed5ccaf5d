"""The character NUL: PostgreSQL stores no text with it, nor compares with one, so no request may hold it."""

from collections.abc import Iterable
from urllib.parse import unquote

from django.http import HttpRequest

ESCAPED_IN_JSON = b"\\u0000"


def in_address(request: HttpRequest) -> bool:
    """Whether the path or the query holds NUL."""
    return "\0" in request.path + unquote(request.META.get("QUERY_STRING", ""))


def in_fields(request: HttpRequest) -> bool:
    """Whether a form field or its name does. Reads the body."""
    texts = (text for name, values in request.POST.lists() for text in (name, *values))
    return in_any(texts) or in_any(request.FILES)


def in_any(texts: Iterable[str]) -> bool:
    return any("\0" in text for text in texts)
