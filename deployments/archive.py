"""Open an uploaded zip as hostile input: every reader of it must see the same files, and no more of them than allowed.

The whole structure is checked before the first byte is unpacked: end record, central directory and local headers
must agree and cover the file without gaps or overlaps. Rules of the format are those of PKWARE's APPNOTE.
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deployments.archive_names import check_names, is_ignored
from deployments.archive_structure import DEFLATED, Member, read_members
from deployments.reasons import BadArchive, Reason

__all__ = ["LIMITS", "Archive", "BadArchive", "Entry", "Limits", "open_archive"]

MB = 1024 * 1024
CHUNK = 256 * 1024
# An archive this small is no bomb, however well it is packed.
SMALL = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """Bytes of the archive and of its files, number of entries (folders too), unpacked bytes per packed byte,
    bytes of a key in UTF-8 (AWS: an object key has up to 1,024)."""

    packed: int = 200 * MB
    unpacked: int = 1024 * MB
    entries: int = 20_000
    ratio: int = 100
    key: int = 1024


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive: size in bytes, CRC-32, where its packed bytes lie, whether somebody may execute it."""

    path: str
    size: int
    crc: int
    packed: int
    offset: int
    deflated: bool
    executable: bool


class Archive:
    """An open archive whose structure was checked; `entries` are its files in the order of the central directory.

    Folders, `__MACOSX/` and `.DS_Store` are not among them. May be read from several threads.
    """

    def __init__(self, file: BinaryIO, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self._file = file

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The unpacked bytes in chunks of at most 256 KB.

        Raises BadArchive as soon as they are more than the headers say, and at the end when size or CRC-32 is wrong.
        """
        size = crc = 0
        for chunk in self._unpacked(entry):
            size += len(chunk)
            if size > entry.size:
                raise _wrong(entry, f"unpacks to more than the {entry.size} bytes that its header names")
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if size != entry.size:
            raise _wrong(entry, f"unpacks to {size} bytes, but its header names {entry.size}")
        if crc != entry.crc:
            raise _wrong(entry, "its bytes do not have the CRC-32 that its header names")

    def _unpacked(self, entry: Entry) -> Iterator[bytes]:
        if not entry.deflated:
            yield from self._packed(entry)
            return
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for packed in self._packed(entry):
                if inflate.eof:
                    break
                while packed:
                    yield inflate.decompress(packed, CHUNK)
                    packed = inflate.unconsumed_tail
            else:
                while chunk := b"" if inflate.eof else inflate.decompress(b"", CHUNK):
                    yield chunk
                if inflate.eof and not inflate.unused_data:
                    return
        except zlib.error as error:
            raise _wrong(entry, f"its compressed bytes are damaged ({error})") from error
        raise _wrong(entry, "its compressed bytes do not end where its header says")

    def _packed(self, entry: Entry) -> Iterator[bytes]:
        at, end = entry.offset, entry.offset + entry.packed
        while at < end:
            chunk = os.pread(self._file.fileno(), min(CHUNK, end - at), at)
            if not chunk:
                raise _wrong(entry, "the archive ends in the middle of it")
            at += len(chunk)
            yield chunk


def _wrong(entry: Entry, text: str) -> BadArchive:
    return BadArchive([Reason(entry.path, text[0].upper() + text[1:] + ". Build the archive again.")])


@contextmanager
def open_archive(
    path: Path | str, limits: Limits = LIMITS, *, key_prefix: str = "", one_folder: bool = False
) -> Iterator[Archive]:
    """Open and check the zip at `path`; `key_prefix` is what stands before each file's key in the archive bucket.

    `one_folder`: all files may be inside one folder, as the code of a function may.

    Raises BadArchive with every reason found, and OSError when the file cannot be read.
    """
    with open(path, "rb") as file:
        members = read_members(file, packed=limits.packed, entries=limits.entries)
        reasons = [
            *_check_sizes(members, limits),
            *check_names(members, limits.key - len(key_prefix.encode()), one_folder=one_folder),
        ]
        if reasons:
            raise BadArchive(reasons)
        yield Archive(file, tuple(_entry(member) for member in members if not is_ignored(member.name)))


def _entry(member: Member) -> Entry:
    return Entry(
        path=member.name,
        size=member.size,
        crc=member.crc,
        packed=member.packed,
        offset=member.data,
        deflated=member.method == DEFLATED,
        executable=member.executable,
    )


def _check_sizes(members: list[Member], limits: Limits) -> Iterator[Reason]:
    size, packed = sum(m.size for m in members), sum(m.packed for m in members)
    if size > limits.unpacked:
        yield Reason(None, f"The archive unpacks to {size} bytes; at most {limits.unpacked} are accepted.")
    if size > max(packed, 1) * limits.ratio and size > SMALL:
        yield Reason(None, f"The archive unpacks to more than {limits.ratio} times its size.")
    for member in members:
        if member.size > MB and member.size > member.packed * limits.ratio:
            yield Reason(member.name, f"It unpacks to more than {limits.ratio} times its packed size.")
