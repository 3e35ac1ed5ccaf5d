"""The extra fields of a zip's headers: sizes beyond 4 GB, names in UTF-8, and what may hide in them."""

import struct
import zlib

ZIP64, UNICODE_PATH = 0x0001, 0x7075
_AES, _STRONG_ENCRYPTION, _UNIX, _ASI_UNIX = 0x9901, 0x0017, 0x000D, 0x756E
_UNSET = 0xFFFFFFFF


class BadExtra(Exception):
    """An entry's extra fields cannot be accepted; the text says why."""


def read_extra(raw: bytes) -> dict[int, bytes]:
    """The fields by their id; raises BadExtra when one is broken, double, or makes the entry a link or secret."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(raw):
        kind, length = struct.unpack_from("<HH", raw, at) if at + 4 <= len(raw) else (0, len(raw))
        body = raw[at + 4 : at + 4 + length]
        if len(body) != length:
            raise BadExtra("Its extra fields are broken; build the archive again.")
        if kind in fields and kind in (ZIP64, UNICODE_PATH):
            raise BadExtra("It has two sizes or two names in its extra fields.")
        fields[kind] = body
        at += 4 + length
    _refuse_hidden(fields)
    return fields


def _refuse_hidden(fields: dict[int, bytes]) -> None:
    if _AES in fields or _STRONG_ENCRYPTION in fields:
        raise BadExtra("It is encrypted; builds are sent without a password.")
    # Bytes after the 12 of PKWARE's Unix field are a link's target or a device's number.
    mode = fields[_ASI_UNIX][4:6] if _ASI_UNIX in fields else b""
    if len(fields.get(_UNIX, b"")) > 12 or (mode and int.from_bytes(mode, "little") >> 12 not in (0o4, 0o10)):
        raise BadExtra("It is a link or a device; only files and folders are accepted.")


def zip64_in(fields: dict[int, bytes], size: int, packed: int, header: int) -> tuple[int, int, int]:
    """The sizes and the offset, taken from the zip64 field where the header leaves them unset.

    APPNOTE 4.5.3: the field holds, in this order, those that are unset. Some writers give all; then the others
    must agree with the header.
    """
    short = (size, packed, header)
    body = fields.get(ZIP64)
    unset = [value == _UNSET for value in short]
    if body is None:
        if any(unset):
            raise BadExtra("Its size is said to be in a zip64 field, which is missing.")
        return short
    values = [value for (value,) in struct.iter_unpack("<Q", body[: len(body) // 8 * 8])]
    if len(body) % 8 not in (0, 4) or len(values) > 3 or len(values) < sum(unset):
        raise BadExtra("Its zip64 field is broken; build the archive again.")
    if len(values) == sum(unset):
        rest = iter(values)
        size, packed, header = (
            next(rest) if missing else value for value, missing in zip(short, unset, strict=True)
        )
        return size, packed, header
    full = (*values, *short[len(values) :])
    if any(missing and n >= len(values) for n, missing in enumerate(unset)) or any(
        value != old for value, old, missing in zip(full, short, unset, strict=True) if not missing
    ):
        raise BadExtra("Its zip64 field and its header do not agree.")
    return full[0], full[1], full[2]


def name_in(fields: dict[int, bytes], raw: bytes, *, utf8: bool) -> str:
    """The entry's name; raises BadExtra when it is not UTF-8 or has two spellings.

    `utf8`: marked as UTF-8, or made where all names are. APPNOTE appendix D: elsewhere it is in code page 437, which
    readers differ about; so only ASCII is accepted there, or a Unicode Path field that says the same.
    """
    try:
        name = raw.decode("utf-8" if utf8 or UNICODE_PATH in fields else "ascii")
    except UnicodeDecodeError as error:
        raise BadExtra(
            "Its name is not UTF-8, or is not marked as UTF-8; rename it or use another zip tool."
        ) from error
    other = fields.get(UNICODE_PATH)
    if other is not None and other != b"\1" + struct.pack("<I", zlib.crc32(raw)) + raw:
        raise BadExtra("It has two different names.")
    return name
