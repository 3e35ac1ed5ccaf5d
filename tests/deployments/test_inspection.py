"""From an uploaded archive to its manifest, or to every reason why not."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import md5, sha256
from pathlib import Path

import pytest

from deployments.archive import BadArchive
from deployments.inspection import Wanted, inspect
from deployments.manifest import Manifest, Role
from tests.deployments.forge import Forged, forge
from tests.deployments.test_entrypoints import CSS, JS, VITE

ANY = Wanted(kind="app", one_for_all=True, key_prefix="releases/tim-combo/1/any/", retained={})
FILES = {
    "index.html": VITE.encode(),
    JS: b"run()",
    CSS: b"body{}",
    "config.json": b"{}",
    "favicon.svg": b"<svg/>",
}
Zip = Callable[[dict[str, bytes]], Path]


@pytest.fixture
def zipped(tmp_path: Path) -> Zip:
    def make(files: dict[str, bytes]) -> Path:
        (tmp_path / "build.zip").write_bytes(forge(*(Forged(path, body) for path, body in files.items())))
        return tmp_path / "build.zip"

    return make


def refused(path: Path, wanted: Wanted = ANY) -> list[str | None]:
    with pytest.raises(BadArchive) as refusal:
        inspect(path, wanted)
    return [reason.path for reason in refusal.value.reasons]


def test_a_build_for_all_environments(zipped: Zip) -> None:
    manifest = inspect(zipped(FILES), ANY)
    assert manifest.placeholder_config
    assert set(manifest.by_path) == FILES.keys() - {"config.json"}
    assert manifest.references == {"index.html": (JS, CSS)}
    script = manifest.by_path[JS]
    assert (script.size, script.role) == (5, Role.HASHED)
    assert (script.sha256, script.md5) == (sha256(b"run()").hexdigest(), md5(b"run()").hexdigest())
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_a_build_for_one_environment_keeps_its_config(zipped: Zip) -> None:
    manifest = inspect(zipped(FILES), replace(ANY, one_for_all=False))
    assert not manifest.placeholder_config
    assert manifest.by_path["config.json"].role is Role.CONFIG


def test_the_same_build_has_the_same_digest(zipped: Zip) -> None:
    once = inspect(zipped(FILES), ANY).digest
    assert inspect(zipped(dict(reversed(FILES.items()))), ANY).digest == once
    assert inspect(zipped({**FILES, "favicon.svg": b"<svg></svg>"}), ANY).digest != once


def test_all_reasons_come_together(zipped: Zip) -> None:
    files = {**FILES, "index.html": VITE.encode() + b'<script src="/plain.js"></script>', "plain.js": b""}
    assert refused(zipped(files), replace(ANY, retained={JS: "0" * 64})) == ["index.html", JS]
    assert refused(zipped({"a.js": b""})) == [None]


def test_bytes_are_read_before_they_are_believed(tmp_path: Path) -> None:
    path = tmp_path / "build.zip"
    path.write_bytes(forge(Forged("index.html"), Forged("a.js", local={"crc": 1}, central={"crc": 1})))
    assert refused(path) == ["a.js"]


def test_the_key_prefix_counts(zipped: Zip) -> None:
    long = "a" * (1024 - len(ANY.key_prefix))
    assert long in inspect(zipped({**FILES, long: b""}), ANY).by_path
    assert refused(zipped({**FILES, long + "a": b""})) == [(long + "a")[:300]]


WORDY = "assets/index-Describe.js"
TAG = f'<script type="module" crossorigin src="/{WORDY}"></script><link rel="stylesheet" crossorigin href="/{CSS}">'


def test_a_hash_that_looks_like_a_word_is_one_where_vite_wrote_the_tag(zipped: Zip) -> None:
    manifest = inspect(zipped({"index.html": TAG.encode(), WORDY: b"run()", CSS: b"body{}"}), ANY)
    script = manifest.by_path[WORDY]
    assert (script.role, script.cache_control) == (Role.HASHED, "public,max-age=31536000,immutable")


def test_a_persons_script_beside_hashes_is_not_hashed(zipped: Zip) -> None:
    """Copied from `public/assets/`, and loaded by the person's own tag, which Vite leaves as it is."""
    own = "assets/main-settings.js"
    page = TAG.replace(WORDY, JS) + f'<script src="/{own}"></script>'
    files = {"index.html": page.encode(), JS: b"run()", CSS: b"body{}", own: b"settings()"}
    with pytest.raises(BadArchive) as refusal:
        inspect(zipped(files), ANY)
    (reason,) = refusal.value.reasons
    assert reason.text.startswith(f"It names the script /{own}, whose name holds no hash of its content")
    unnamed = inspect(zipped(files | {"index.html": TAG.replace(WORDY, JS).encode()}), ANY)
    assert unnamed.by_path[own].role is Role.PLAIN


def test_a_word_of_another_origin_or_alone_says_nothing(zipped: Zip) -> None:
    elsewhere = TAG.replace(f"/{WORDY}", f"https://cdn.example.com/{WORDY}")
    manifest = inspect(zipped({"index.html": elsewhere.encode(), WORDY: b"run()", CSS: b"body{}"}), ANY)
    assert manifest.by_path[WORDY].role is Role.PLAIN
    alone = f'<script type="module" crossorigin src="/{WORDY}"></script>'
    assert refused(zipped({"index.html": alone.encode(), WORDY: b"run()"})) == ["index.html"]
