"""Roles, headers, and a manifest that survives being stored."""

from dataclasses import replace
from hashlib import md5, sha256
from time import process_time

import pytest

from deployments.environment_config import config_body, with_config
from deployments.manifest import FileEntry, Files, Kind, Manifest, Role, describe, role_of


def entry(path: str, body: bytes = b"x", kind: Kind = "app") -> FileEntry:
    return describe(
        path, size=len(body), sha256=sha256(body).hexdigest(), md5=md5(body).hexdigest(), kind=kind
    )


FOREVER = "public,max-age=31536000,immutable"
HOUR = "public,max-age=3600"


@pytest.mark.parametrize(
    ("path", "role", "app", "static"),
    [
        ("index.html", Role.ENTRY_POINT, "no-cache", "public,max-age=300,s-maxage=86400"),
        ("docs/index.html", Role.ENTRY_POINT, "no-cache", "public,max-age=300,s-maxage=86400"),
        ("404.htm", Role.ENTRY_POINT, "no-cache", "public,max-age=300,s-maxage=86400"),
        ("assets/index-DOsFuSQ-.css", Role.HASHED, FOREVER, FOREVER),
        ("assets/index-DOsFuSQ-.css.map", Role.PLAIN, HOUR, HOUR),
        ("logo.svg", Role.PLAIN, HOUR, HOUR),
        ("config.json", Role.CONFIG, "no-cache", "no-cache"),
        ("app/config.json", Role.PLAIN, HOUR, HOUR),
        ("asset-manifest.json", Role.PLAIN, "no-cache", "no-cache"),
        ("manifest.webmanifest", Role.PLAIN, "no-cache", "no-cache"),
        ("manifest.5f2a9b3c.webmanifest", Role.HASHED, FOREVER, FOREVER),
        ("sw.js", Role.SERVICE_WORKER, "no-cache", "no-cache"),
        ("service-worker.js", Role.SERVICE_WORKER, "no-cache", "no-cache"),
        ("app/Service-Worker.js", Role.SERVICE_WORKER, "no-cache", "no-cache"),
        ("firebase-messaging-sw.js", Role.SERVICE_WORKER, "no-cache", "no-cache"),
        ("ngsw-worker.js", Role.SERVICE_WORKER, "no-cache", "no-cache"),
        ("ngsw.json", Role.SERVICE_WORKER, "no-cache", "no-cache"),
        ("sw.js.map", Role.PLAIN, HOUR, HOUR),
        ("answer.js", Role.PLAIN, HOUR, HOUR),
    ],
)
def test_role_and_headers(path: str, role: Role, app: str, static: str) -> None:
    assert role_of(path) is role
    assert entry(path).cache_control == app
    assert entry(path, kind="static").cache_control == static


FILES = [entry("index.html"), entry("b.js"), entry("a.js", b"aa"), entry("grüße/日本.png")]


def test_files_are_sorted_counted_and_found() -> None:
    manifest = Manifest.of(FILES)
    assert [file.path for file in manifest.files] == ["a.js", "b.js", "grüße/日本.png", "index.html"]
    assert (len(manifest), manifest.size) == (4, 5)
    assert manifest.by_path["a.js"].size == 2
    assert [file.path for file in manifest.with_role(Role.ENTRY_POINT)] == ["index.html"]


def test_a_path_comes_once() -> None:
    with pytest.raises(ValueError, match=r"names b\.js twice"):
        Manifest.of([*FILES, entry("b.js", b"other")])


def test_some_files_of_a_manifest() -> None:
    files = Files(Manifest.of(FILES).columns, [0, 1, 3])
    assert files == (FILES[2], FILES[1], FILES[0])
    assert files[1:] == (FILES[1], FILES[0])
    assert (files[-1], len(files[:0])) == (FILES[0], 0)
    assert (files.paths, files.sizes, files.size) == (["a.js", "b.js", "index.html"], [2, 1, 1], 4)
    assert files.with_role(Role.ENTRY_POINT) == (FILES[0],)
    assert files != FILES


def test_survives_being_stored() -> None:
    manifest = Manifest.of(FILES, placeholder_config=True, references={"index.html": ("a.js",)})
    again = Manifest.from_bytes(manifest.to_bytes())
    assert again == manifest
    assert again.digest == manifest.digest
    assert again.to_bytes() == manifest.to_bytes()
    assert again.files[0].role is Role.PLAIN
    assert Manifest.from_bytes(Manifest.of([]).to_bytes()) == Manifest.of([])


def test_digest_is_of_the_content_only() -> None:
    manifest = Manifest.of(FILES)
    assert Manifest.of(reversed(FILES)).digest == manifest.digest
    index = FILES[0]
    changes = [
        index._replace(sha256="0" * 64),
        index._replace(cache_control=HOUR),
        index._replace(content_type="x/y"),
        index._replace(path="z"),
    ]
    different = [
        Manifest.of(FILES[1:]),
        Manifest.of(FILES, placeholder_config=True),
        Manifest.of(FILES, references={"index.html": ("a.js",)}),
        *(Manifest.of([*FILES[1:], changed]) for changed in changes),
    ]
    assert len({manifest.digest, *(other.digest for other in different)}) == len(different) + 1


def test_bytes_that_are_no_manifest() -> None:
    good = Manifest.of(FILES).to_bytes()
    for bad in (b"", b"noise", good[:-9], replace(Manifest.of([])).to_bytes()[:4]):
        with pytest.raises(ValueError, match="cannot be read"):
            Manifest.from_bytes(bad)


def test_config_is_sorted_utf_8_and_takes_its_place() -> None:
    assert config_body({"b": "ü", "a": "1"}) == '{"a":"1","b":"ü"}\n'.encode()
    served = with_config(Manifest.of(FILES), {"a": "1"})
    assert [file.path for file in served.files] == [
        "a.js",
        "b.js",
        "config.json",
        "grüße/日本.png",
        "index.html",
    ]
    config = served.by_path["config.json"]
    assert (config.role, config.cache_control, config.size) == (Role.CONFIG, "no-cache", 10)
    assert with_config(served, {"a": "1"}) == served
    assert len(with_config(served, {"a": "2"})) == 5


def test_twenty_thousand_files_load_quickly() -> None:
    body = Manifest.of(
        describe(
            f"assets/page-{n % 50}/chunk-{n:08x}.js", size=n, sha256=f"{n:064x}", md5=f"{n:032x}", kind="app"
        )
        for n in range(20_000)
    ).to_bytes()
    took = []
    for _ in range(5):
        started = process_time()
        assert len(Manifest.from_bytes(body)) == 20_000
        took.append(process_time() - started)
    assert min(took) < 0.12
