"""Uploads are counted while they come, whatever was announced, and a refused one leaves no file behind."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.test import Client, RequestFactory

from tests.console.test_api import zipped
from tests.deployments.rows import estate
from tests.examples import person
from users.models import User
from users.permissions import Role
from users.uploads import SignedInUploadHandler

LARGEST = 3000


@pytest.fixture(autouse=True)
def temporary(settings: Any, tmp_path: Path) -> Path:
    settings.LARGEST_UPLOAD = LARGEST
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


def handler(user: User | None) -> FileUploadHandler:
    request = RequestFactory().post("/")
    if user:
        request.user = user
    return SignedInUploadHandler(request)


def receive(taker: FileUploadHandler, *sizes: int) -> list[bytes]:
    """Let it take files of these sizes; what it kept of each."""
    return [_kept(taker, size) for size in sizes]


def _kept(taker: FileUploadHandler, size: int) -> bytes:
    taker.new_file("artifact.any", "a.zip", "application/zip", None, None, {})
    taker.receive_data_chunk(b"x" * size, 0)
    whole = taker.file_complete(size)
    assert whole is not None
    with closing(whole):
        assert whole.size == size
        body: bytes = whole.read()
        return body


def test_the_files_of_a_request_are_counted_together(temporary: Path) -> None:
    taker = handler(User(is_active=True))
    receive(taker, 1000, LARGEST - 1000)
    with pytest.raises(RequestDataTooBig):
        receive(taker, 1)
    assert receive(handler(User(is_active=True)), LARGEST) == [b"x" * LARGEST]


def test_an_upload_has_no_name_on_the_disk(temporary: Path) -> None:
    taker = handler(User(is_active=True))
    taker.new_file("artifact.any", "a.zip", "application/zip", None, None, {})
    taker.receive_data_chunk(b"x" * LARGEST, 0)
    assert not list(temporary.iterdir())
    taker.upload_interrupted()


def test_a_stranger_keeps_no_byte(temporary: Path) -> None:
    with pytest.raises(PermissionDenied):
        receive(handler(None), 1)
    assert not list(temporary.iterdir())


@pytest.mark.django_db
def test_a_page_says_that_an_upload_is_too_large(settings: Any, temporary: Path) -> None:
    settings.LARGEST_UPLOAD = 10
    estate()
    client = Client()
    client.force_login(person(Role.RELEASE_MANAGER))
    answer = client.post("/products/tim-combo/releases/new/", {"artifact.any": zipped()})
    assert answer.status_code == 413
    assert "The file is too large" in answer.content.decode()
    assert not list(temporary.iterdir())
