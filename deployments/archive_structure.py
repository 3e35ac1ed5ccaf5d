"""The entries of a zip: central directory and local headers must tell one story and cover the file.

Rules of the format are those of PKWARE's APPNOTE 6.3.10; section numbers are its.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from deployments.archive_end import Directory, bad, find_directory, read_at
from deployments.archive_extra import BadExtra, name_in, read_extra, zip64_in
from deployments.archive_names import shown
from deployments.reasons import BadArchive, Reason

STORED, DEFLATED = 0, 8
NEWEST_VERSION = 63

_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_DESCRIPTOR = 0x0008
_PATCHED = 0x0020
_UTF8 = 0x0800
# The bits of two headers that must be the same; the others only say how hard the writer compressed.
_COMPARED = _ENCRYPTED | _DESCRIPTOR | _PATCHED | _UTF8

_DIRECTORY, _REGULAR, _TYPE = 0o040000, 0o100000, 0o170000
_EXECUTE = 0o111
_REPARSE_POINT = 0x400
# Where names are bytes that everybody takes for UTF-8, marked or not: Info-ZIP and macOS do not mark them.
_UNIX_HOSTS = (3, 19)


class Member(NamedTuple):
    """One entry of the central directory: sizes in bytes, `data` is where its packed bytes begin.

    `executable`: somebody may execute it.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int
    data: int
    executable: bool


class _Disagree(Exception):
    """One entry cannot be accepted; the text says why."""


def read_members(file: BinaryIO, *, packed: int, entries: int) -> list[Member]:
    """All entries, folders too, in the order of the central directory.

    Raises BadArchive when the file is larger than `packed` bytes, has more than `entries` entries, or its parts
    do not agree.
    """
    size = os.fstat(file.fileno()).st_size
    if size > packed:
        raise bad(f"The archive has {size} bytes; at most {packed} are accepted.")
    directory = find_directory(file, size)
    if directory.entries > entries:
        raise bad(f"The archive has {directory.entries} entries; at most {entries} are accepted.")
    members, reasons = [], []
    for raw_name, one in _central(file, directory):
        try:
            members.append(_member(raw_name, *one))
        except (_Disagree, BadExtra) as error:
            reasons.append(Reason(_printable(raw_name), str(error)))
    if reasons:
        raise BadArchive(reasons)
    return _placed(file, members, directory.start)


def _printable(raw_name: bytes) -> str:
    return shown(raw_name.decode(errors="backslashreplace"))


# The central directory


def _central(file: BinaryIO, directory: Directory) -> Iterator[tuple[bytes, tuple[tuple[int, ...], bytes]]]:
    raw = read_at(file, directory.start, directory.end - directory.start)
    at = 0
    for _ in range(directory.entries):
        if raw[at : at + 4] != b"PK\1\2" or at + _CENTRAL.size > len(raw):
            raise bad("The central directory has fewer entries than the end record names.")
        fields = _CENTRAL.unpack_from(raw, at)
        name_at = at + _CENTRAL.size
        extra_at = name_at + fields[10]
        comment_at = extra_at + fields[11]
        at = comment_at + fields[12]
        if at > len(raw):
            raise bad("The central directory ends in the middle of an entry.")
        yield raw[name_at:extra_at], (fields, raw[extra_at:comment_at])
    if at != len(raw):
        raise bad("The central directory has more entries than the end record names.")


def _member(raw_name: bytes, fields: tuple[int, ...], raw_extra: bytes) -> Member:
    _, made_by, version, flags, method, _, _, crc, packed, size, _, _, _, disk, _, attributes, header = fields
    if version & 0xFF > NEWEST_VERSION:
        raise _Disagree("It needs a newer version of the zip format than there is; build the archive again.")
    _check_flags(flags, method)
    extra = read_extra(raw_extra)
    size, packed, header = zip64_in(extra, size, packed, header)
    if disk not in (0, 0xFFFF):
        raise _Disagree("It lies in another part of the archive; send the archive as one file.")
    if method == STORED and packed != size:
        raise _Disagree("It is stored, but its packed and unpacked sizes differ.")
    _check_type(raw_name, attributes, size)
    name = name_in(extra, raw_name, utf8=bool(flags & _UTF8) or made_by >> 8 in _UNIX_HOSTS)
    executable = bool(attributes >> 16 & _EXECUTE)
    return Member(name, raw_name, flags, method, crc, packed, size, header, 0, executable)


def _check_flags(flags: int, method: int) -> None:
    if flags & _ENCRYPTED or method == 99:
        raise _Disagree("It is encrypted; builds are sent without a password.")
    if flags & _PATCHED:
        raise _Disagree("It is a patch to another file, not a file.")
    if method not in (STORED, DEFLATED):
        raise _Disagree(f"It is packed by method {method}; only stored and deflate are accepted.")


def _check_type(raw_name: bytes, attributes: int, size: int) -> None:
    mode = attributes >> 16 & _TYPE
    folder = raw_name.endswith(b"/")
    if mode not in (0, _DIRECTORY, _REGULAR) or (not mode and attributes & _REPARSE_POINT):
        raise _Disagree("It is a link or a device; only files and folders are accepted.")
    if mode == _DIRECTORY and not folder:
        raise _Disagree("Its attributes say folder, its name says file.")
    if folder and size:
        raise _Disagree("Its name says folder, but it holds bytes.")


# The local headers


def _placed(file: BinaryIO, members: list[Member], end: int) -> list[Member]:
    """The members with their data's place, once local headers were seen to cover the file up to the directory."""
    order = sorted(range(len(members)), key=lambda i: members[i].header)
    placed, at = list(members), 0
    for position, i in enumerate(order):
        member = members[i]
        following = members[order[position + 1]].header if position + 1 < len(order) else end
        try:
            if member.header != at:
                raise _Disagree(_misplaced(member, at))
            data = _check_local(file, member, following)
        except (_Disagree, BadExtra) as error:
            raise BadArchive([Reason(shown(member.name), str(error))]) from error
        placed[i] = member._replace(data=data)
        at = following
    if at != end:
        raise bad("The archive has bytes that belong to no entry; build the archive again.")
    return placed


def _misplaced(member: Member, at: int) -> str:
    if member.header < at:
        return "It overlaps another entry of the archive."
    return f"{member.header - at} bytes before it belong to no entry; build the archive again."


def _check_local(file: BinaryIO, member: Member, following: int) -> int:
    """Where the member's data begins; its data and descriptor must reach exactly to `following`."""
    guess = _LOCAL.size + len(member.raw_name) + 64
    raw = read_at(file, member.header, guess)
    if len(raw) < _LOCAL.size or not raw.startswith(b"PK\3\4"):
        raise _Disagree("There is no entry where the central directory says.")
    fields: tuple[int, ...] = _LOCAL.unpack_from(raw)
    name_length, extra_length = fields[-2:]
    length = _LOCAL.size + name_length + extra_length
    if length > guess:
        raw = read_at(file, member.header, length)
    name_end = _LOCAL.size + name_length
    _check_same(member, fields, raw[_LOCAL.size : name_end], raw[name_end:length])
    data = member.header + length
    _check_descriptor(file, member, data + member.packed, following)
    return data


def _check_same(member: Member, fields: tuple[int, ...], raw_name: bytes, raw_extra: bytes) -> None:
    _, _, flags, method, _, _, crc, packed, size, _, _ = fields
    if raw_name != member.raw_name:
        raise _Disagree(f"Its own header calls it {_printable(raw_name)}.")
    if method != member.method or flags & _COMPARED != member.flags & _COMPARED:
        raise _Disagree("Its own header names another method or other flags than the central directory.")
    extra = read_extra(raw_extra)
    name_in(extra, raw_name, utf8=True)
    size, packed, _ = zip64_in(extra, size, packed, 0)
    own, said = (crc, packed, size), (member.crc, member.packed, member.size)
    # A writer that streams knows CRC and sizes only afterwards and leaves them 0 here.
    if own != said and not (flags & _DESCRIPTOR and all(a in (0, b) for a, b in zip(own, said, strict=True))):
        raise _Disagree("Its own header names another size or CRC-32 than the central directory.")


def _check_descriptor(file: BinaryIO, member: Member, at: int, following: int) -> None:
    gap = following - at
    if gap < 0:
        raise _Disagree("It overlaps another entry of the archive.")
    if not member.flags & _DESCRIPTOR:
        if gap:
            raise _Disagree(f"{gap} bytes after it belong to no entry; build the archive again.")
        return
    sizes = {12: "<III", 16: "<4xIII", 20: "<IQQ", 24: "<4xIQQ"}
    raw = read_at(file, at, gap) if gap in sizes else b""
    if not raw or (gap in (16, 24) and not raw.startswith(b"PK\7\x08")):
        raise _Disagree(
            "Its data descriptor is missing, or there are bytes after it that belong to no entry."
        )
    if struct.unpack(sizes[gap], raw) != (member.crc, member.packed, member.size):
        raise _Disagree("Its data descriptor names another size or CRC-32 than the central directory.")
