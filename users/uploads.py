"""Takes uploads only of who is signed in, and only of a size that a release may have."""

from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class SignedInUploadHandler(FileUploadHandler):
    """Asked before the first byte of a file is kept. A page's session or an API token must have named the person.

    Counts the bytes of all files of the request as they come, whatever was announced. They wait in files without a
    name, so that nothing of them is left, however the request or its process ends.
    """

    _received = 0
    _file: "UploadedFile[Any] | None" = None

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > settings.LARGEST_UPLOAD:
            raise RequestDataTooBig("The upload is larger than any release may be.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise PermissionDenied("Sign in before you upload.")
        super().new_file(*args, **kwargs)
        kept = TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - Django closes it
        self._file = UploadedFile(
            kept, self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self._file is not None
        self._received += len(raw_data)
        if self._received > settings.LARGEST_UPLOAD:
            self.upload_interrupted()
            raise RequestDataTooBig("The upload is larger than any release may be.")
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        assert self._file is not None
        self._file.seek(0)
        self._file.size = file_size
        return self._file

    def upload_interrupted(self) -> None:
        if self._file is not None:
            self._file.close()
