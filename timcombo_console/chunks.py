"""Bodies sent in chunks, without a length: read to their end, and counted while they are read.

Django reads as many bytes as Content-Length names, so of a body without one it reads none. WSGI servers that set
`wsgi.input_terminated` end the stream where the last chunk ends (RFC 9112 section 7.1), so it is enough to name the
most that may come, and to refuse what is longer instead of cutting it off.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import RequestDataTooBig

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class Stream(Protocol):
    """What Django reads of `wsgi.input`."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Counted:
    """A stream of at most `most` bytes. Raises RequestDataTooBig when one more follows."""

    def __init__(self, stream: Stream, most: int) -> None:
        self._stream, self._left = stream, most

    def read(self, size: int, /) -> bytes:
        return self._count(self._stream.read(size))

    def readline(self, size: int, /) -> bytes:
        return self._count(self._stream.readline(size))

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0 or (self._left == 0 and self._stream.read(1)):
            raise RequestDataTooBig("The request is longer than it may be.")
        return data


def reading_chunks(application: Application) -> Application:
    """The application, which now reads bodies in chunks, too."""

    def call(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if _in_chunks(environ):
            most = _most(environ)
            environ["wsgi.input"] = Counted(environ["wsgi.input"], most)
            environ["CONTENT_LENGTH"] = str(most)
        return application(environ, start_response)

    return call


def _in_chunks(environ: Environ) -> bool:
    sent_so = environ.get("HTTP_TRANSFER_ENCODING", "").lower().strip() == "chunked"
    return sent_so and bool(environ.get("wsgi.input_terminated")) and not environ.get("CONTENT_LENGTH")


def _most(environ: Environ) -> int:
    """Bytes that a body may have: only one with files may be larger than memory should hold."""
    files = environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
    return int(settings.LARGEST_UPLOAD if files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
