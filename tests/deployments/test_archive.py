"""Uploads are hostile: what readers could see differently, or what is more than allowed, is refused by name."""

import random
import struct
import subprocess
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.archive import LIMITS, BadArchive, Entry, open_archive
from tests.deployments.forge import (
    DESCRIPTOR,
    DEVICE,
    FOLDER,
    LINK,
    UTF8,
    Forged,
    deflate,
    extra,
    forge,
    streamed,
    unicode_path,
)

Put = Callable[[bytes], Path]
INDEX = Forged("index.html", b"<!doctype html>")


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(body: bytes) -> Path:
        (tmp_path / "build.zip").write_bytes(body)
        return tmp_path / "build.zip"

    return write


def contents(path: Path) -> dict[str, bytes]:
    with open_archive(path) as archive:
        return {entry.path: b"".join(archive.read(entry)) for entry in archive.entries}


def reasons(path: Path) -> str:
    with pytest.raises(BadArchive) as refused:
        contents(path)
    assert str(refused.value) == "; ".join(map(str, refused.value.reasons))
    return str(refused.value)


ACCEPTED = {
    "deflated": forge(INDEX, Forged("a.js")),
    "stored": forge(INDEX, Forged("a.js", method=0)),
    "empty file": forge(INDEX, Forged("a.js", b"", method=0)),
    "utf-8 name": forge(INDEX, Forged("grüße/日本.js")),
    "unicode path that agrees": forge(
        INDEX,
        Forged("grüße.js", flags=0, central={"host": 0}, extra=unicode_path("grüße.js".encode(), "grüße.js")),
    ),
    "comment": forge(INDEX, comment=b"3f2a1b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a"),
    "descriptor": forge(INDEX, streamed("a.js")),
    "unsigned descriptor": forge(INDEX, streamed("a.js", signed=False)),
    "wide descriptor": forge(INDEX, streamed("a.js", wide=True)),
    "wide unsigned descriptor": forge(INDEX, streamed("a.js", signed=False, wide=True)),
    "zip64": forge(INDEX, Forged("a.js"), zip64={}),
    "zip64 with unset fields": forge(
        INDEX, zip64={}, here=0xFFFF, count=0xFFFF, size=0xFFFFFFFF, start=0xFFFFFFFF
    ),
    "zip64 sizes": forge(
        replace(
            INDEX,
            local={"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF},
            central={"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF},
            extra=extra(1, struct.pack("<QQ", len(INDEX.body), len(INDEX.data))),
        )
    ),
    "zip64 sizes that nobody needs": forge(
        replace(INDEX, extra=extra(1, struct.pack("<QQ", len(INDEX.body), len(INDEX.data))))
    ),
    "timestamps": forge(
        replace(INDEX, extra=extra(0x5455, b"\1\0\0\0\0") + extra(0x7875, b"\1\4" + b"\0" * 9))
    ),
    "nested zip, stored": forge(INDEX, Forged("more.zip", forge(INDEX), method=0)),
    "well-known": forge(INDEX, Forged(".well-known/assetlinks.json")),
    "order of the directory": forge(INDEX, Forged("b.js"), Forged("a.js")),
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepts(body: bytes, put: Put) -> None:
    files = contents(put(body))
    assert files["index.html"] == INDEX.body
    with zipfile.ZipFile(put(body)) as standard:
        assert list(files.values()) == [standard.read(name) for name in standard.namelist()]


def test_ignores_folders_and_what_macos_adds(put: Put) -> None:
    body = forge(
        INDEX,
        Forged("assets/", b"", method=0, mode=FOLDER),
        Forged("assets/.DS_Store"),
        Forged("__MACOSX/._index.html"),
        Forged(".well-known/security.txt"),
    )
    assert set(contents(put(body))) == {"index.html", ".well-known/security.txt"}


BOMB = b"\0" * 2_000_000
REFUSED = {
    "not a zip": (b"MZ hello", "not a zip archive"),
    "empty file": (b"", "not a zip archive"),
    "broken off": (forge(INDEX, Forged("a.js"))[:-30], "broke off"),
    "no files": (forge(), "holds no files"),
    "folders only": (forge(Forged("a/", b"", method=0, mode=FOLDER)), "holds no files"),
    "one common folder": (forge(Forged("dist/index.html"), Forged("dist/a.js")), "inside the folder dist/"),
    "absolute": (forge(INDEX, Forged("/etc/passwd")), "absolute path"),
    "drive": (forge(INDEX, Forged("C:evil.js")), "absolute path"),
    "up": (forge(INDEX, Forged("a/../../b.js")), "out of the archive"),
    "up folder": (forge(INDEX, Forged("a/../", b"", method=0)), "out of the archive"),
    "only up": (forge(INDEX, Forged("..")), "out of the archive"),
    "empty segment": (forge(INDEX, Forged("a//b.js")), "empty segment"),
    "empty name": (forge(INDEX, Forged("")), "empty segment"),
    "dot segment": (forge(INDEX, Forged("./a.js")), "empty segment"),
    "backslash": (forge(INDEX, Forged("a\\b.js")), "backslash"),
    "nul": (forge(INDEX, Forged("a.js\0.png")), "control character"),
    "newline": (forge(INDEX, Forged("a\nb.js")), "control character"),
    "c1 control": (forge(INDEX, Forged("a\u0085b.js")), "control character"),
    "bidi": (forge(INDEX, Forged("a\u202egnp.js")), "direction"),
    "long key": (forge(INDEX, Forged("a" * 1025)), "1024 bytes"),
    "bad utf-8": (forge(INDEX, Forged(b"caf\xe9.js", flags=UTF8)), "not UTF-8"),
    "unmarked utf-8": (forge(INDEX, Forged("café.js", flags=0, central={"host": 0})), "not marked as UTF-8"),
    "bad bytes on unix": (forge(INDEX, Forged(b"caf\xe9.js", flags=0)), "not UTF-8"),
    "code page 437": (forge(INDEX, Forged(b"caf\x82.js", flags=0)), "not UTF-8"),
    "unicode path that differs": (
        forge(INDEX, Forged("a.js", extra=unicode_path(b"a.js", "b.js"))),
        "two different names",
    ),
    "stale unicode path": (
        forge(INDEX, Forged("a.js", extra=unicode_path(b"b.js", "a.js"))),
        "two different names",
    ),
    "unicode path in one header": (
        forge(INDEX, Forged("a.js", local={"extra": unicode_path(b"a.js", "b.js")})),
        "two different names",
    ),
    "link": (forge(INDEX, Forged("a.js", b"/etc/passwd", mode=LINK)), "link or a device"),
    "device": (forge(INDEX, Forged("a.js", b"", mode=DEVICE)), "link or a device"),
    "windows link": (forge(INDEX, Forged("a.js", central={"attributes": 0x400})), "link or a device"),
    "link in an extra field": (forge(INDEX, Forged("a.js", extra=extra(0xD, b"\0" * 12 + b"/etc"))), "link"),
    "folder by attributes": (forge(INDEX, Forged("a.js", mode=FOLDER)), "attributes say folder"),
    "folder with bytes": (forge(INDEX, Forged("a/", b"x", mode=FOLDER)), "holds bytes"),
    "encrypted": (forge(INDEX, Forged("a.js", flags=1)), "encrypted"),
    "strong encryption": (forge(INDEX, Forged("a.js", flags=0x41)), "encrypted"),
    "hidden directory": (forge(INDEX, Forged("a.js", flags=0x2000)), "encrypted"),
    "aes": (forge(INDEX, Forged("a.js", method=99, extra=extra(0x9901, b"\2\0AE\3\x08\0"))), "encrypted"),
    "patch": (forge(INDEX, Forged("a.js", flags=0x20)), "patch"),
    "future version": (forge(INDEX, Forged("a.js", central={"version": 64})), "newer version"),
    "bzip2": (forge(INDEX, Forged("a.js", method=12)), "method 12"),
    "zstd": (forge(INDEX, Forged("a.js", method=93)), "method 93"),
    "same name": (forge(INDEX, Forged("a.js"), Forged("a.js", b"other")), "the same as a.js"),
    "same but for case": (forge(INDEX, Forged("Straße.js"), Forged("STRASSE.js")), "the same as Straße.js"),
    "same but for accents": (forge(INDEX, Forged("caf\u00e9.js"), Forged("cafe\u0301.js")), "the same as"),
    "file and folder": (forge(INDEX, Forged("a"), Forged("A/b.js")), "a file and a folder"),
    "file and empty folder": (
        forge(INDEX, Forged("a"), Forged("a/", b"", method=0, mode=FOLDER)),
        "a file and a folder",
    ),
    "bomb": (forge(INDEX, Forged("a.js", BOMB)), "more than 100 times"),
    "bomb behind ballast": (
        forge(INDEX, Forged("a.js", BOMB), Forged("b.bin", bytes(range(256)) * 400, method=0)),
        "a.js: It unpacks to more than 100 times",
    ),
    "too large": (
        forge(INDEX, Forged("a.js", local={"size": 2**30}, central={"size": 2**30})),
        "at most 1073741824",
    ),
    "bytes before": (forge(INDEX, before=b"#!/bin/sh\n"), "10 bytes before it"),
    "bytes between": (forge(INDEX, replace(INDEX, name="a", before=b"x")), "1 bytes after it"),
    "bytes before the directory": (forge(INDEX, gap=b"xx"), "2 bytes after it"),
    "bytes after": (forge(INDEX, after=b"x"), "bytes after its end"),
    "shorter comment": (forge(INDEX, comment=b"abc")[:-1], "bytes after its end"),
    "end record in the comment": (forge(INDEX, comment=forge(INDEX)), "more than one end record"),
    "end record start in the comment": (forge(INDEX, comment=b"PK\5\6" + b"x" * 18), "more than one end"),
    "fewer entries": (forge(INDEX, Forged("a.js"), here=1, count=1), "more entries than"),
    "more entries": (forge(INDEX, here=2, count=2), "fewer entries than"),
    "two counts": (forge(INDEX, Forged("a.js"), here=1), "two different numbers"),
    "second disk": (forge(INDEX, disk=1), "one part of several"),
    "entry on another disk": (forge(replace(INDEX, central={"disk": 1})), "another part"),
    "directory elsewhere": (forge(INDEX, start=0), "does not end where"),
    "zip64 count": (forge(INDEX, zip64={"count": 2, "here": 2}), "do not agree"),
    "zip64 size": (forge(INDEX, zip64={"size": 1}), "do not agree"),
    "zip64 elsewhere": (forge(INDEX, zip64={"at": 0}), "not where its locator says"),
    "zip64 disks": (forge(INDEX, zip64={"disks": 2}), "not where its locator says"),
    "zip64 size without a field": (
        forge(replace(INDEX, central={"size": 0xFFFFFFFF})),
        "zip64 field, which is missing",
    ),
    "zip64 field that differs": (
        forge(replace(INDEX, central={"extra": extra(1, struct.pack("<QQ", 1, 1))})),
        "zip64 field and its header",
    ),
    "zip64 field twice": (
        forge(replace(INDEX, extra=extra(1, b"\0" * 8) + extra(1, b"\0" * 8))),
        "two sizes",
    ),
    "broken extra": (forge(replace(INDEX, extra=b"\1\0\xff\0")), "extra fields are broken"),
    "other local name": (forge(INDEX, Forged("a.js", local={"name": b"b.js"})), "calls it b.js"),
    "other local method": (forge(INDEX, Forged("a.js", local={"method": 0})), "another method"),
    "other local flags": (forge(INDEX, Forged("a.js", local={"flags": UTF8})), "other flags"),
    "other local size": (forge(INDEX, Forged("a.js", local={"size": 4})), "another size or CRC-32"),
    "other local crc": (forge(INDEX, Forged("a.js", local={"crc": 4})), "another size or CRC-32"),
    "sizes left out without a descriptor": (
        forge(INDEX, Forged("a.js", local={"size": 0, "packed": 0, "crc": 0})),
        "another size or CRC-32",
    ),
    "missing descriptor": (forge(INDEX, Forged("a.js", flags=DESCRIPTOR)), "descriptor is missing"),
    "descriptor that differs": (
        forge(INDEX, replace(streamed("a.js"), descriptor=b"PK\7\x08" + b"\1" * 12)),
        "descriptor names another size",
    ),
    "descriptor with noise": (
        forge(INDEX, replace(streamed("a.js"), descriptor=streamed("a.js").descriptor + b"x")),
        "descriptor is missing",
    ),
    "overlap": (forge(INDEX, Forged("a.js", central={"offset": 0})), "overlaps"),
    "quoted overlap": (forge(INDEX, Forged("a.js", central={"offset": 5})), "overlaps"),
    "no local header": (
        forge(Forged("a.js"), before=b"x" * 30).replace(b"PK\3\4", b"PK\3\5"),
        "bytes before it",
    ),
    "broken local header": (forge(INDEX).replace(b"PK\3\4", b"PK\3\5"), "no entry where"),
    "stored with two sizes": (
        forge(INDEX, Forged("a.js", method=0, local={"size": 9}, central={"size": 9})),
        "packed and unpacked sizes differ",
    ),
    "wrong crc": (
        forge(INDEX, Forged("a.js", local={"crc": 4}, central={"crc": 4})),
        "do not have the CRC-32",
    ),
    "more than it says": (
        forge(INDEX, Forged("a.js", local={"size": 4}, central={"size": 4})),
        "more than the 4 bytes",
    ),
    "less than it says": (
        forge(INDEX, Forged("a.js", local={"size": 6}, central={"size": 6})),
        "Unpacks to 5 bytes",
    ),
    "damaged": (forge(INDEX, Forged("a.js", packed=b"\xff" * 9)), "damaged"),
    "cut short": (forge(INDEX, Forged("a.js", packed=deflate(b"hello")[:-1])), "do not end where"),
    "noise behind the stream": (
        forge(INDEX, Forged("a.js", packed=deflate(b"hello") + b"x")),
        "do not end where",
    ),
    "much noise behind the stream": (
        forge(INDEX, Forged("a.js", packed=deflate(b"hello") + b"x" * 600_000)),
        "do not end where",
    ),
}


@pytest.mark.parametrize(("body", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(body: bytes, why: str, put: Put) -> None:
    assert why in reasons(put(body))


def test_names_every_bad_file_and_stops_at_fifty(put: Put) -> None:
    with pytest.raises(BadArchive) as refused:
        contents(put(forge(INDEX, *(Forged(f"../{n}") for n in range(60)))))
    assert [reason.path for reason in refused.value.reasons] == [f"../{n}" for n in range(50)] + [None]
    assert refused.value.reasons[-1].text == "And 10 more."


def test_shows_hidden_characters(put: Put) -> None:
    assert "a\\u202eb: " in reasons(put(forge(INDEX, Forged("a\u202eb"))))
    assert "a\\u0000b: It is encrypted" in reasons(put(forge(INDEX, Forged("a\0b", flags=1))))
    assert "a\\u0000b: Its own header" in reasons(put(forge(INDEX, Forged("a\0b", local={"crc": 4}))))


def test_counts_the_prefix_into_the_key(put: Put) -> None:
    path = put(forge(INDEX, Forged("a" * 1000)))
    with open_archive(path, key_prefix="p" * 24) as archive:
        assert len(archive.entries) == 2
    with pytest.raises(BadArchive, match="999 bytes"), open_archive(path, key_prefix="p" * 25):
        pass


def test_limits(put: Put) -> None:
    path = put(forge(INDEX, Forged("a.js", b"x" * 100, method=0)))
    exact = replace(LIMITS, packed=path.stat().st_size, unpacked=115, entries=2)
    with open_archive(path, exact) as archive:
        assert len(archive.entries) == 2
    for tighter in (
        replace(exact, packed=exact.packed - 1),
        replace(exact, unpacked=114),
        replace(exact, entries=1),
    ):
        with pytest.raises(BadArchive, match="at most"), open_archive(path, tighter):
            pass


def test_reads_large_files_in_chunks_whatever_the_packing(put: Put) -> None:
    body = zlib.compress(b"".join(str(n).encode() for n in range(300_000)), 1) * 3
    with open_archive(put(forge(INDEX, Forged("a.bin", body), Forged("b.bin", body, method=0)))) as archive:
        for entry in archive.entries[1:]:
            chunks = list(archive.read(entry))
            assert b"".join(chunks) == body
            assert max(map(len, chunks)) <= 256 * 1024


@contextmanager
def file_of(body: bytes) -> Iterator[Path]:
    """For the many examples of one test, which share its fixtures."""
    with NamedTemporaryFile(suffix=".zip") as file:
        file.write(body)
        file.flush()
        yield Path(file.name)


@given(st.binary(max_size=3000), st.integers(1, 40), st.sampled_from([0, 8]))
def test_unpacks_what_was_packed(part: bytes, times: int, method: int) -> None:
    body = (part * times)[:60_000]
    with file_of(forge(INDEX, Forged("a.bin", body, method=method))) as path:
        assert contents(path)["a.bin"] == body


SEVERAL = forge(
    INDEX, Forged("assets/a.js", b"a" * 50), streamed("assets/b.js"), Forged("é.txt", method=0), zip64={}
)


@given(st.lists(st.tuples(st.integers(0, len(SEVERAL) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_archive_is_refused_or_reads_the_same_elsewhere(damage: list[tuple[int, int]]) -> None:
    """Whatever bytes are hit: BadArchive, or the files that the standard library sees too; nothing else."""
    body = bytearray(SEVERAL)
    for at, byte in damage:
        body[at] = byte
    with file_of(bytes(body)) as path:
        try:
            ours = contents(path)
        except BadArchive:
            return
        with zipfile.ZipFile(path) as standard:
            assert ours == {name: standard.read(name) for name in standard.namelist()}


@given(st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    with file_of(noise + b"PK\5\6" + noise) as path, pytest.raises(BadArchive):
        contents(path)


def test_twenty_thousand_entries_quickly(put: Put) -> None:
    many = (Forged(f"assets/page-{n}/chunk-{n:08x}.js", method=0) for n in range(19_999))
    path = put(forge(INDEX, *many))
    started = process_time()
    with open_archive(path) as archive:
        assert len(archive.entries) == 20_000
    assert process_time() - started < 1.5


def test_memory_stays_flat(put: Put) -> None:
    path = put(forge(INDEX, Forged("a.bin", random.Random(1).randbytes(5_000_000))))
    tracemalloc.start()
    with open_archive(path) as archive:
        read = sum(len(chunk) for entry in archive.entries for chunk in archive.read(entry))
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 5_000_000 + len(INDEX.body)
    assert peak < 2 * 1024 * 1024


def test_one_entry_too_many(put: Put) -> None:
    path = put(forge(INDEX, *(Forged(f"{n}.js", b"", method=0) for n in range(20_000))))
    assert "20001 entries; at most 20000" in reasons(path)


# Archives as real tools make them


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "assets" / "grüße.js").write_text("x" * 5000)
    (folder / "assets" / "empty.css").write_text("")
    return folder


BUILT = {"index.html": b"<!doctype html>", "assets/grüße.js": b"x" * 5000, "assets/empty.css": b""}


@pytest.mark.parametrize("options", [["-r"], ["-r", "-0"], ["-r", "-9", "-X", "-D"], ["-r", "-fz"]])
def test_zip_command(options: list[str], build: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.zip"
    subprocess.run(
        ["zip", "-q", *options, made, "."],
        cwd=build,
        check=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert contents(made) == BUILT


def test_zip_command_to_a_pipe(build: Path, tmp_path: Path) -> None:
    """Writes data descriptors and zip64 fields, since it cannot go back."""
    made = tmp_path / "made.zip"
    done = subprocess.run(
        ["sh", "-c", "zip -q -r - . | cat"],
        cwd=build,
        check=True,
        capture_output=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    made.write_bytes(done.stdout)
    assert contents(made) == BUILT


class Pipe:
    """A place to write to that cannot seek, so that the writer streams."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> int:
        self.written += data
        return len(data)

    def flush(self) -> None:
        return None


@pytest.mark.parametrize("force_zip64", [False, True])
def test_python_streaming(force_zip64: bool, put: Put) -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, body in BUILT.items():
            with archive.open(name, "w", force_zip64=force_zip64) as member:
                member.write(body)
    assert contents(put(bytes(pipe.written))) == BUILT


def test_python_seeking_with_zip64(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "made.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("assets")
        for name, body in BUILT.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(body)
    assert contents(tmp_path / "made.zip") == BUILT


def test_entry_says_where_it_lies(put: Put) -> None:
    with open_archive(put(forge(Forged("index.html", b"hi", method=0)))) as archive:
        assert archive.entries == (
            Entry("index.html", 2, zlib.crc32(b"hi"), 2, 40, deflated=False, executable=False),
        )
