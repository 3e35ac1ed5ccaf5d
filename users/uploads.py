"""Takes uploads only of who is signed in, and only of a size that a release may have."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler

LARGEST = 1_300 * 1024 * 1024
"""Bytes of a request: a zip of 200 MB for each of six targets, and their envelope."""


class SignedInUploadHandler(TemporaryFileUploadHandler):
    """Asked before the first byte of a file is kept. A page's session or an API token must have named the person."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > LARGEST:
            raise RequestDataTooBig("The upload is larger than any release may be.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise PermissionDenied("Sign in before you upload.")
        super().new_file(*args, **kwargs)
