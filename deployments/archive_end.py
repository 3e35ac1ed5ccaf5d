"""Where a zip's entries are listed: its end record, with or without zip64, and nothing behind it.

Rules of the format are those of PKWARE's APPNOTE 6.3.10, section 4.3.
"""

import os
import struct
from typing import BinaryIO, NamedTuple

from deployments.reasons import BadArchive, Reason

# Twenty thousand entries with names of 1,024 bytes; it is read in one piece.
MOST_DIRECTORY = 32 * 1024 * 1024

_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")


class Directory(NamedTuple):
    """Where the central directory lies, and how many entries it has."""

    start: int
    end: int
    entries: int


def bad(text: str) -> BadArchive:
    """The refusal of a whole archive for one reason."""
    return BadArchive([Reason(None, text)])


def read_at(file: BinaryIO, at: int, length: int) -> bytes:
    """Up to `length` bytes from there; fewer at the end of the file."""
    return os.pread(file.fileno(), length, at) if at >= 0 else b""


def find_directory(file: BinaryIO, size: int) -> Directory:
    """The central directory of a file of `size` bytes; raises BadArchive unless all end records agree about it."""
    at, record = _end_record(file, size)
    _, disk, first_disk, here, count, length, start, _ = record
    if disk not in (0, 0xFFFF) or first_disk not in (0, 0xFFFF):
        raise bad("The archive is one part of several; send it as one file.")
    locator = read_at(file, at - _LOCATOR.size, _LOCATOR.size)
    if locator.startswith(b"PK\6\7") and len(locator) == _LOCATOR.size:
        at, here, count, length, start = _end64(file, at - _LOCATOR.size, locator, record)
    if here != count:
        raise bad("The archive's end record names two different numbers of entries.")
    if length > MOST_DIRECTORY:
        raise bad(f"The central directory has {length} bytes; at most {MOST_DIRECTORY} are accepted.")
    if start + length != at:
        raise bad("The central directory does not end where the end record begins; build the archive again.")
    return Directory(start, at, count)


def _end_record(file: BinaryIO, size: int) -> tuple[int, tuple[int, ...]]:
    tail_at = max(0, size - _END.size - 0xFFFF)
    tail = read_at(file, tail_at, size - tail_at)
    found = []
    at = tail.find(b"PK\5\6")
    while at >= 0:
        if at + _END.size <= len(tail):
            found.append((at, _END.unpack_from(tail, at)))
        at = tail.find(b"PK\5\6", at + 1)
    fitting = [(at, record) for at, record in found if at + _END.size + record[-1] == len(tail)]
    if not found:
        raise bad("This is not a zip archive, or the upload broke off: it has no end record.")
    if not fitting:
        raise bad("The archive has bytes after its end, or the upload broke off; build the archive again.")
    if len(fitting) > 1 or found[-1] != fitting[0]:
        raise bad("The archive has more than one end record, so readers would see different files.")
    return tail_at + fitting[0][0], fitting[0][1]


def _end64(
    file: BinaryIO, locator_at: int, locator: bytes, record: tuple[int, ...]
) -> tuple[int, int, int, int, int]:
    _, disk, at, disks = _LOCATOR.unpack(locator)
    raw = read_at(file, at, _END64.size) if at + _END64.size == locator_at else b""
    if not raw.startswith(b"PK\6\6") or disk or disks > 1:
        raise bad("The archive's zip64 end record is not where its locator says.")
    _, length, _, _, own_disk, first_disk, here, count, size, start = _END64.unpack(raw)
    if length != _END64.size - 12 or own_disk or first_disk:
        raise bad("The archive's zip64 end record is not one of an archive in one part.")
    short = zip(
        record[3:7], (here, count, size, start), (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True
    )
    if any(old not in (new, unset) for old, new, unset in short):
        raise bad("The archive's two end records do not agree, so readers would see different files.")
    return at, here, count, size, start
