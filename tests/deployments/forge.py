"""A forger of zips: well-formed by default, and every field can be made to lie."""

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

UTF8, DESCRIPTOR = 0x0800, 0x0008
REGULAR, FOLDER, LINK, DEVICE = 0o100644, 0o040755, 0o120777, 0o020644


def extra(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def unicode_path(raw: bytes, name: str) -> bytes:
    return extra(0x7075, b"\1" + struct.pack("<I", zlib.crc32(raw)) + name.encode())


@dataclass(frozen=True)
class Forged:
    """One entry. `local` and `central` override fields of one header only; `descriptor` its bytes."""

    name: str | bytes
    body: bytes = b"hello"
    method: int = 8
    flags: int | None = None
    mode: int = REGULAR
    packed: bytes | None = None
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    extra: bytes = b""
    descriptor: bytes = b""
    before: bytes = b""

    @property
    def raw(self) -> bytes:
        return self.name.encode() if isinstance(self.name, str) else self.name

    @property
    def data(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflate(self.body) if self.method == 8 else self.body

    @property
    def fields(self) -> dict[str, Any]:
        flags = (0 if self.raw.isascii() else UTF8) if self.flags is None else self.flags
        return {
            "flags": flags,
            "method": self.method,
            "crc": zlib.crc32(self.body),
            "packed": len(self.data),
            "size": len(self.body),
            "name": self.raw,
            "extra": self.extra,
            "attributes": self.mode << 16,
            "disk": 0,
            "version": 20,
            "host": 3,
        }


def deflate(body: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(body) + squeeze.flush()


def streamed(name: str, body: bytes = b"hello", *, signed: bool = True, wide: bool = False) -> Forged:
    """An entry as a streaming writer makes it: sizes follow the data."""
    one = Forged(name, body)
    sizes = struct.pack("<IQQ" if wide else "<III", zlib.crc32(body), len(one.data), len(body))
    return replace(
        one,
        flags=DESCRIPTOR,
        local={"crc": 0, "packed": 0, "size": 0},
        descriptor=(b"PK\7\x08" if signed else b"") + sizes,
    )


def local_header(f: dict[str, Any]) -> bytes:
    head = struct.pack(
        "<4sHHHHHIIIHH",
        *(b"PK\3\4", 20, f["flags"], f["method"], 0, 0x21),
        *(f["crc"], f["packed"], f["size"], len(f["name"]), len(f["extra"])),
    )
    return head + bytes(f["name"]) + bytes(f["extra"])


def central_header(f: dict[str, Any], offset: int) -> bytes:
    head = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        *(b"PK\1\2", f["host"] << 8 | 63, f["version"], f["flags"], f["method"], 0, 0x21),
        *(f["crc"], f["packed"], f["size"], len(f["name"]), len(f["extra"]), 0),
        *(f["disk"], 0, f["attributes"], f.get("offset", offset)),
    )
    return head + bytes(f["name"]) + bytes(f["extra"])


def forge(
    *entries: Forged,
    before: bytes = b"",
    gap: bytes = b"",
    comment: bytes = b"",
    after: bytes = b"",
    zip64: dict[str, int] | None = None,
    **end: int,
) -> bytes:
    """The zip's bytes. `end` overrides fields of the end record; `zip64` adds its records, with these lies."""
    out = bytearray(before)
    offsets = []
    for one in entries:
        out += one.before
        offsets.append(len(out))
        out += local_header({**one.fields, **one.local}) + one.data + one.descriptor
    out += gap
    start = len(out)
    for one, offset in zip(entries, offsets, strict=True):
        out += central_header({**one.fields, **one.central}, offset)
    true = {"here": len(entries), "count": len(entries), "size": len(out) - start, "start": start}
    if zip64 is not None:
        out += _zip64_records({**true, **zip64}, len(out))
    f = {"disk": 0, "first_disk": 0, **true, **end}
    numbers = (f["disk"], f["first_disk"], f["here"], f["count"], f["size"], f["start"], len(comment))
    return bytes(out + struct.pack("<4sHHHHIIH", b"PK\5\6", *numbers) + comment + after)


def _zip64_records(f: dict[str, int], at: int) -> bytes:
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\6\6", 44, 63, 63, 0, 0, f["here"], f["count"], f["size"], f["start"]
    )
    return record + struct.pack("<4sIQI", b"PK\6\7", 0, f.get("at", at), f.get("disks", 1))
