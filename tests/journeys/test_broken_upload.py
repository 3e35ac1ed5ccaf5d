"""An upload that breaks off, against a real web server: nothing is shipped of it, and it may be sent again."""

from pathlib import Path

from deployments.models import Release
from tests.builds import app_build
from tests.journeys.web import send
from tests.shipping import PRODUCT, World
from timcombo_console.supervisor.process import wait_until

BOUNDARY = "----a-build"


def _head(world: World, length: int) -> bytes:
    lines = [
        f"POST /api/v1/products/{PRODUCT}/releases HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {world.tokens['release-manager']}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        f"Content-Length: {length}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _body(version: str, build: bytes) -> bytes:
    part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    fields = f'{part}"version"\r\n\r\n{version}\r\n{part}"artifact.any"; filename="app.zip"\r\n\r\n'
    return fields.encode() + build + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_an_upload_that_breaks_off_ships_nothing_and_may_be_sent_again(world: World, web: Path) -> None:
    body = _body("8.0.0", app_build("8.0.0", 60))
    answer = send(web, _head(world, len(body)) + body[: len(body) // 2])
    assert b" 202 " not in answer.partition(b"\r\n")[0], answer
    assert wait_until(lambda: not Release.objects.filter(version="8.0.0").exists(), 5)
    whole = send(web, _head(world, len(body)) + body)
    assert b" 202 " in whole.partition(b"\r\n")[0], whole
    assert world.ingest("8.0.0")["status"] == "ready"
