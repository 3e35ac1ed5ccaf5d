"""A back-end artifact becomes its handlers, or every reason why not, with the handler's name."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.archive import LIMITS, BadArchive
from deployments.handler_archive import (
    LAMBDA,
    Declared,
    inspect_handler,
    inspect_handlers,
    read_handlers_yaml,
)
from tests.deployments.fleets import artifact, backend, code, handler_zip, handlers_yaml
from tests.deployments.forge import Forged, forge

DIGEST = "a" * 64


def mistakes(text: str | bytes, *, by_prefix: bool = False) -> list[str]:
    """What `read_handlers_yaml` says of the text."""
    body = text.encode() if isinstance(text, str) else text
    with pytest.raises(BadArchive) as refusal:
        read_handlers_yaml(body, by_prefix=by_prefix)
    assert {reason.path for reason in refusal.value.reasons} <= {
        "handlers.yaml",
        *refused_paths(refusal.value),
    }
    return [reason.text for reason in refusal.value.reasons]


def refused_paths(bad: BadArchive) -> Iterator[str | None]:
    return (reason.path for reason in bad.reasons if not reason.text.startswith("Line"))


# handlers.yaml


def test_handlers_are_read_in_order() -> None:
    text = f"""# Of release 1.4.0
handlers:
  - name: orders-get
    file: zips/orders-get.zip
    architecture: arm64
    sha256: {DIGEST}
  - {{name: 007, file: "7.zip"}}
"""
    assert read_handlers_yaml(b"\xef\xbb\xbf" + text.encode(), by_prefix=False) == (
        Declared("orders-get", "zips/orders-get.zip", "arm64", DIGEST),
        Declared("007", "7.zip", "x86_64", ""),
    )


def test_a_prefix_needs_the_sha256_of_each() -> None:
    listed = handlers_yaml(["orders-get"])
    assert mistakes(listed, by_prefix=True) == ["Line 2: “sha256” of orders-get is missing. Add it."]
    (declared,) = read_handlers_yaml(handlers_yaml(["orders-get"], sha256=DIGEST), by_prefix=True)
    assert declared.sha256 == DIGEST


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: a}", "Line 2: “file” of a is missing. Add it."),
        ("{file: a.zip}", "Line 2: “name” is missing. Add it."),
        ("a.zip", "Line 2: an entry of `handlers` must be a mapping with `name` and `file`."),
        (
            "{name: a, file: a.zip, runtime: nodejs}",
            "Line 2: “runtime” of a is not a field of a handler. Its fields are name, file, architecture, sha256.",
        ),
        ("{name: a, file: a.zip, name: b}", "Line 2: “name” of b is given twice. Keep one."),
        ("{name: a, file: [a.zip]}", "Line 2: “file” of a must be a text."),
        ("{name: a, file: }", "Line 2: “file” of a must be a text."),
        ("{name: a b, file: a.zip}", "Line 2: “name” is a b; a name has 1 to 64 letters, digits, - and _."),
        (
            "{name: a, file: zips/}",
            "Line 2: “file” of a names a folder or a file of macOS; name the handler's zip.",
        ),
        (
            "{name: a, file: a.zip, architecture: arm}",
            "Line 2: “architecture” of a is arm; it must be x86_64 or arm64.",
        ),
        (
            "{name: a, file: a.zip, sha256: AA}",
            "Line 2: “sha256” of a is AA; it must be 64 hexadecimal digits in small letters.",
        ),
        ("{[a]: b, name: a, file: a.zip}", "of a is not a field of a handler."),
        ("{name: a, file: ../a.zip}", "Its name leads out of the archive by “..”."),
        ("{name: a, file: /a.zip}", "Its name is an absolute path"),
        ('{name: a, file: "a\\0.zip"}', "Its name holds a control character"),
        ("{name: a, file: a//b.zip}", "Its name has an empty segment"),
        ("{name: a, file: Handlers.YAML}", "Its name is the same as handlers.yaml"),
        (f"{{name: a, file: {'a' * 901}}}", "more than the 900 bytes"),
    ],
)
def test_a_mistake_is_told_with_its_place(entry: str, said: str) -> None:
    (text,) = mistakes(f"handlers:\n- {entry}")
    assert said in text


def test_names_of_aws_have_up_to_64_characters() -> None:
    """AWS: the name of a function has up to 64 letters, digits, - and _."""
    (declared,) = read_handlers_yaml(handlers_yaml(["aZ9-_" + "a" * 59]), by_prefix=False)
    assert len(declared.name) == 64
    assert "a name has 1 to 64 letters" in mistakes(handlers_yaml(["a" * 65]))[0]


def test_doubles_are_named() -> None:
    text = "handlers:\n- {name: a, file: a.zip}\n- {name: A, file: b.zip}\n- {name: b, file: A.zip}"
    assert mistakes(text) == [
        "Line 3: the handler A is there already, on line 2. Keep one.",
        "Line 4: b has the same file as a, A.zip. Give each handler a zip of its own.",
    ]
    assert mistakes("handlers: [{name: a, file: a.zip}, {name: a, file: b.zip}]") == [
        "Line 1: the handler a is there already, on line 1. Keep one."
    ]


def test_all_mistakes_come_together() -> None:
    text = "handlers:\n- {name: a}\n- {file: b.zip, size: 3}\n- {name: c, file: c.zip}"
    assert [line[:6] for line in mistakes(text)] == ["Line 2", "Line 3", "Line 3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("# nothing", "it is empty"),
        ("handlers:", "a list with one entry per handler"),
        ("handlers: []", "`handlers` is empty"),
        ("[a]", "the file must hold `handlers`"),
        ("version: 1\nhandlers: []", "Line 1: “version” is not a field of this file"),
        ("handlers: []\nhandlers: []", "the file must hold `handlers` once"),
        ("handlers: [a\n", "this is not YAML"),
        ("handlers: \x07", "this is not YAML in UTF-8"),
        (b"handlers: \xff", "this is not YAML in UTF-8"),
        ("handlers: &a [b]", "anchors and aliases are not accepted"),
        ("handlers:\n- &a {name: a, file: a.zip}\n- *a", "Line 2: anchors and aliases"),
        ("handlers: !!python/object:os.system [b]", "tags are not accepted"),
        ("handlers: [{name: [[a]]}]", "this lies too deep"),
        ("[" * 200_000, "this lies too deep"),
        ("handlers: []\n---\nhandlers: []", "Line 2: a second document begins"),
        ("handlers: [" + "a," * 60_000 + "]", "more values than 5000 handlers have"),
        (b" " * (1024 * 1024 + 1), "at most 1048576 are accepted"),
    ],
)
def test_what_is_not_a_list_of_handlers_is_refused(text: str | bytes, said: str) -> None:
    (found,) = mistakes(text)
    assert said in found


def test_five_thousand_handlers_are_accepted() -> None:
    names = [f"h{n}" for n in range(5_001)]
    full = handlers_yaml(names[:-1], architecture="arm64", sha256=DIGEST)
    assert len(read_handlers_yaml(full, by_prefix=True)) == 5_000
    assert "there are 5001 handlers; at most 5000" in mistakes(handlers_yaml(names))[0]


@given(st.text("handlers:[]{}-&*!|>'\"#,? \nab", max_size=60).map(str.encode) | st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(BadArchive):
        assert read_handlers_yaml(body, by_prefix=False)


# The artifact


@pytest.fixture
def put(tmp_path: Path) -> Iterator[Path]:
    """Where a test puts its zip; nothing else lies beside it in the end."""
    path = tmp_path / "artifact.zip"
    yield path
    assert {*tmp_path.iterdir()} <= {path}


def reasons(path: Path, body: bytes, **limits: int) -> list[tuple[str | None, str]]:
    path.write_bytes(body)
    with pytest.raises(BadArchive) as refusal:
        inspect_handlers(path, LIMITS, replace(LAMBDA, **limits))
    return [(reason.path, reason.text) for reason in refusal.value.reasons]


def test_an_artifact_becomes_its_handlers(put: Path) -> None:
    put.write_bytes(backend(["orders-get", "orders-create"]))
    handlers = inspect_handlers(put)
    assert list(handlers.by_name) == ["orders-create", "orders-get"]
    body = code("orders-get")
    one = handlers.by_name["orders-get"]
    assert one[:4] == ("orders-get", "zips/orders-get.zip", "x86_64", sha256(body).hexdigest())
    assert (one.size, one.unpacked) == (len(body), len("export const handler = () => 'orders-get 1'"))
    assert inspect_handlers(put).digest == handlers.digest


def test_the_declared_fields_are_kept_and_checked(put: Path) -> None:
    zips = {"a": code("a")}
    right = sha256(zips["a"]).hexdigest()
    put.write_bytes(artifact(zips, handlers_yaml(zips, architecture="arm64", sha256=right)))
    assert inspect_handlers(put).by_name["a"].architecture == "arm64"
    ((path, text),) = reasons(put, artifact(zips, handlers_yaml(zips, sha256=DIGEST)))
    assert path == "zips/a.zip"
    assert text.startswith(f"Handler a: its zip's sha256 is {right}, not {DIGEST} as declared.")


def test_what_is_declared_and_what_is_there_are_the_same(put: Path) -> None:
    found = reasons(put, artifact({"a": code("a"), "b": code("b")}, handlers_yaml(["a", "c"])))
    assert found == [
        ("zips/c.zip", "Handler c: its zip is not in the artifact. Add it, or correct its `file`."),
        ("zips/b.zip", "No handler in handlers.yaml has this file. Declare it, or leave it out."),
    ]


def test_handlers_yaml_lies_at_the_root(put: Path) -> None:
    ((path, text),) = reasons(put, forge(Forged("a.zip")))
    assert (path, text[:36]) == (None, "handlers.yaml is missing at the root")
    inside = forge(Forged("build/handlers.yaml", handlers_yaml(["a"])), Forged("build/zips/a.zip", code("a")))
    ((path, text),) = reasons(put, inside)
    assert text == "All files are inside the folder build/; make the archive from what is in that folder."
    ((path, text),) = reasons(put, artifact({"a": code("a")}, b"#" * (1024 * 1024 + 1)))
    assert path == "handlers.yaml"
    ((path, text),) = reasons(put, artifact({"a": code("a")}, b"handlers: []"))
    assert (path, text) == ("handlers.yaml", "Line 1: `handlers` is empty. Name at least one handler.")


def test_every_bad_zip_is_told_with_its_handler(put: Path) -> None:
    zips = {
        "broken": code("broken")[:-5],
        "empty": forge(),
        "good": code("good"),
        "link": forge(Forged("index.mjs", mode=0o120777), Forged("other.mjs")),
        "lying": forge(Forged("index.mjs", local={"crc": 1}, central={"crc": 1}), Forged("b")),
        "no-zip": b"#!/bin/sh",
        "slip": handler_zip({"../index.mjs": b"x", "b": b""}),
    }
    found = reasons(put, artifact(zips))
    assert [path for path, _ in found] == [f"zips/{name}.zip" for name in zips if name != "good"]
    for (path, text), name in zip(found, [name for name in zips if name != "good"], strict=True):
        assert text.startswith(f"Handler {name}: "), path
    assert "index.mjs: It is a link or a device" in found[2][1]
    assert "../index.mjs: Its name leads out" in found[5][1]


def test_limits_of_lambda() -> None:
    """AWS: the code of a function has up to 250 MB (262,144,000 bytes) unzipped."""
    assert (LAMBDA.unpacked, LAMBDA.packed, LAMBDA.entries, LAMBDA.ratio) == (
        262_144_000,
        262_144_000,
        20_000,
        100,
    )


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"unpacked": 9}, "The archive unpacks to 10 bytes; at most 9"),
        ({"entries": 1}, "The archive has 2 entries; at most 1"),
        ({"packed": 9}, "bytes; at most 9 are accepted"),
    ],
)
def test_a_handler_over_a_limit_is_refused_with_its_name(
    put: Path, limits: dict[str, int], said: str
) -> None:
    zips = {"big": handler_zip({"a": b"12345", "b": b"12345"})}
    put.write_bytes(artifact(zips))
    assert (
        inspect_handlers(put, LIMITS, replace(LAMBDA, unpacked=10, entries=2)).by_name["big"].unpacked == 10
    )
    ((path, text),) = reasons(put, artifact(zips), **limits)
    assert path == "zips/big.zip"
    assert said in text


def test_a_bomb_of_zips_is_refused(put: Path) -> None:
    """Two levels of 100 times would be 10,000 times."""
    quiet = {name: handler_zip({f"{n}": b"\0" * 60_000 for n in range(20)}) for name in "abcdefgh"}
    body = forge(
        Forged("handlers.yaml", handlers_yaml(quiet)),
        *(Forged(f"zips/{name}.zip", zipped) for name, zipped in quiet.items()),
    )
    put.write_bytes(body)
    with pytest.raises(BadArchive, match="unpacks to more than 100 times its size"):
        inspect_handlers(put)
    with pytest.raises(BadArchive, match=r"The handlers unpack to more than \d+ bytes together"):
        inspect_handlers(put, LIMITS, replace(LAMBDA, ratio=2_000))


def test_no_more_is_read_than_anybody_would_be_told(put: Path) -> None:
    found = reasons(put, artifact({f"h{n}": b"no zip" for n in range(60)}))
    assert len(found) == 51
    assert found[-1] == (None, "And 1 more.")


# What Lambda runs


def test_code_may_lie_in_one_folder(put: Path) -> None:
    """A function's handler is a path, such as `src/index.handler`."""
    put.write_bytes(artifact({"a": handler_zip({"src/index.mjs": b"export", "src/lib.mjs": b"a"})}))
    assert inspect_handlers(put).by_name["a"].unpacked == 7


def content(path: Path, body: bytes) -> str:
    path.write_bytes(body)
    return inspect_handler(path, Declared("a", "a.zip")).content


FILES = {"index.mjs": b"export", "lib/a.mjs": b"a", "bootstrap": b"\x7fELF"}


def test_equal_code_packed_otherwise_has_the_same_content(put: Path) -> None:
    once = handler_zip(FILES, executable=["bootstrap"])
    entries = [Forged(path, body, method=0) for path, body in FILES.items() if path != "bootstrap"]
    runs = Forged("bootstrap", FILES["bootstrap"], mode=0o100711)
    again = forge(runs, Forged("lib/", b"", method=0, mode=0o040755), *entries, Forged("lib/.DS_Store"))
    assert sha256(once).digest() != sha256(again).digest()
    assert content(put, once) == content(put, again)


def test_other_code_has_another_content(put: Path) -> None:
    zips = [
        handler_zip(FILES),
        handler_zip(FILES, executable=["bootstrap"]),
        handler_zip(FILES, executable=["index.mjs"]),
        handler_zip({**FILES, "index.mjs": b"export "}),
        handler_zip({**FILES, "more": b""}),
        handler_zip({"index.mjs": b"a", "lib/a.mjs": b"export", "bootstrap": b"\x7fELF"}),
        handler_zip({"Index.mjs": b"export", "lib/a.mjs": b"a", "bootstrap": b"\x7fELF"}),
    ]
    assert len({content(put, body) for body in zips}) == len(zips)


def test_executable_files_are_found_by_place_whatever_their_names(put: Path) -> None:
    """Names that are not ASCII are decoded otherwise by other readers; the order of the directory is the same."""
    names = ["grüße.mjs", "日本.mjs", "a.mjs"]
    plain = content(put, forge(*(Forged(name, flags=0) for name in names)))
    assert content(put, forge(*(Forged(name) for name in names))) == plain
    for name in names:
        modes = {other: 0o100755 if other == name else 0o100644 for other in names}
        assert content(put, forge(*(Forged(other, flags=0, mode=modes[other]) for other in names))) != plain
