"""What a back-end artifact holds, handler by handler: all that the plan of a fleet needs to know about it."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple, Self

from deployments.canonical import canonical_json

HANDLERS_FILE = "handlers.yaml"
# AWS: the values of a function's Architectures.
ARCHITECTURES = ("x86_64", "arm64")
VERSION = 1


class Handler(NamedTuple):
    """The code of one function. `name` is the function's without the fleet's prefix, `file` the zip's path.

    `sha256` is of the zip (AWS: a function's CodeSha256, which is the same in base64), `content` of its files: path,
    whether it may be executed, and bytes. Zips packed at other times differ in the first only. Both in hexadecimal;
    `size` and `unpacked` in bytes.
    """

    name: str
    file: str
    architecture: str
    sha256: str
    content: str
    size: int
    unpacked: int


@dataclass(frozen=True)
class Handlers:
    """The handlers of an artifact, sorted by name."""

    all: tuple[Handler, ...]

    @classmethod
    def of(cls, handlers: Iterable[Handler]) -> Self:
        """In any order; raises ValueError when two names are equal once case is folded."""
        ordered = sorted(handlers)
        for one, other in pairwise(sorted(handler.name.casefold() for handler in ordered)):
            if one == other:
                raise ValueError(f"The artifact names the handler {one} twice; a handler has one zip.")
        return cls(tuple(ordered))

    @cached_property
    def by_name(self) -> Mapping[str, Handler]:
        return {handler.name: handler for handler in self.all}

    @cached_property
    def size(self) -> int:
        """Bytes of all zips together."""
        return sum(handler.size for handler in self.all)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all of it as `to_bytes` writes it, before compression; equal handlers have equal digests."""
        return sha256(self._written()).hexdigest()

    def __len__(self) -> int:
        return len(self.all)

    def to_bytes(self) -> bytes:
        """Compressed canonical JSON."""
        return zlib.compress(self._written())

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """The handlers that `to_bytes` wrote; raises ValueError when the bytes are not theirs."""
        try:
            stored = json.loads(zlib.decompress(body))
            if stored["version"] != VERSION:
                raise ValueError(f"version {stored['version']} is not {VERSION}")
            return cls(tuple(Handler(*row) for row in stored["handlers"]))
        except (zlib.error, ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"The stored list of handlers cannot be read ({error}); register the release again."
            ) from error

    def _written(self) -> bytes:
        return canonical_json({"version": VERSION, "handlers": self.all})
