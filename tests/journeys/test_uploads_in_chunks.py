"""Uploads in chunks, without a length, against a real web server: read whole, counted, and refused past the cap."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.models import Release
from tests.builds import app_build
from tests.journeys.small_uploads import LARGEST_UPLOAD
from tests.journeys.web import send
from tests.shipping import PRODUCT, World

BOUNDARY = "----a-build"
CHUNK = 50_000


@pytest.fixture
def web_env(tmp_path: Path) -> dict[str, str]:
    for name in ("spool", "temporary"):
        (tmp_path / name).mkdir()
    return {
        "DJANGO_SETTINGS_MODULE": "tests.journeys.small_uploads",
        "CONSOLE_SPOOL": str(tmp_path / "spool"),
        "TMPDIR": str(tmp_path / "temporary"),
    }


def left_behind(tmp_path: Path) -> list[str]:
    return [path.name for name in ("spool", "temporary") for path in (tmp_path / name).iterdir()]


def upload(version: str, **artifacts: bytes) -> bytes:
    part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    body = f'{part}"version"\r\n\r\n{version}\r\n'.encode()
    for target, build in artifacts.items():
        head = f'{part}"artifact.{target}"; filename="{target}.zip"\r\n\r\n'
        body += head.encode() + build + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK):
        chunk = body[start : start + CHUNK]
        yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"


def head(world: World, path: str, kind: str, *more: str) -> bytes:
    lines = [
        f"POST /api/v1/products/{PRODUCT}/{path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {world.tokens['release-manager']}",
        f"Content-Type: {kind}",
        "Connection: close",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def post(world: World, web: Path, path: str, kind: str, body: bytes) -> tuple[int, Any]:
    sent = head(world, path, kind, "Transfer-Encoding: chunked") + b"".join(in_chunks(body))
    top, _, answer = send(web, sent).partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(answer)


def test_an_upload_in_chunks_is_registered(world: World, web: Path, tmp_path: Path) -> None:
    build = app_build("8.0.0", 60)
    status, answer = post(world, web, "releases", MULTIPART, upload("8.0.0", any=build))
    assert status == 202, answer
    assert Release.objects.get(version="8.0.0").artifacts.get().packed_bytes == len(build)


def test_what_comes_in_chunks_past_the_cap_is_refused_and_not_kept(
    world: World, web: Path, tmp_path: Path
) -> None:
    each = b"x" * (LARGEST_UPLOAD // 2)
    for artifacts in ({"any": each + each + b"x"}, {"any": each, "dev": each}):
        status, answer = post(world, web, "releases", MULTIPART, upload("8.1.0", **artifacts))
        assert (status, answer["code"]) == (413, "too_large")
        assert left_behind(tmp_path) == []
    assert not Release.objects.filter(version="8.1.0").exists()


def test_json_in_chunks_is_read_up_to_its_own_cap(world: World, web: Path) -> None:
    kind, path = "application/json", "environments/test/plan"
    status, answer = post(world, web, path, kind, b'{"version": "1.0.0"}')
    assert (status, answer["to"]) == (200, "1.0.0")
    status, answer = post(world, web, path, kind, b'{"version": "%b"}' % (b"1" * 3_000_000))
    assert (status, answer["code"]) == (413, "too_large")


def test_an_upload_in_chunks_that_breaks_off_is_not_kept(world: World, web: Path, tmp_path: Path) -> None:
    body = upload("8.2.0", any=app_build("8.2.0", 60))
    start = head(world, "releases", MULTIPART, "Transfer-Encoding: chunked")
    answer = send(web, start + b"".join(in_chunks(body))[: len(body) // 2])
    assert b" 202 " not in answer.partition(b"\r\n")[0], answer
    assert left_behind(tmp_path) == []
    assert not Release.objects.filter(version="8.2.0").exists()
