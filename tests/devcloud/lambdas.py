"""What the tests of emulated functions share."""

import time
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

SANDBOX, DEVELOPMENT = "455510265254", "532595801838"
NAME = "tim-sb-accounts-create"
ARN = f"arn:aws:lambda:us-east-2:{SANDBOX}:function:{NAME}"
CODE_BUCKET, SOURCE_BUCKET = "tim-sb-be-live", "tim-dev-lambda"


def zipped(text: str) -> bytes:
    """A handler's zip with this text, the same whenever it is packed."""
    body = BytesIO()
    with ZipFile(body, "w") as archive:
        archive.writestr(ZipInfo("index.mjs", (1980, 1, 1, 0, 0, 0)), text)
    return body.getvalue()


def configuration(functions: Any, name: str = NAME, **qualifier: str) -> dict[str, Any]:
    return dict(functions.get_function(FunctionName=name, **qualifier)["Configuration"])


def settled(functions: Any, name: str = NAME) -> dict[str, Any]:
    """The configuration as soon as no update is in progress."""
    deadline = time.monotonic() + 10
    while (found := configuration(functions, name))["LastUpdateStatus"] == "InProgress":
        assert time.monotonic() < deadline, "the update did not end in time"
        time.sleep(0.02)
    return found


def update(functions: Any, text: str = "new", **wish: Any) -> dict[str, Any]:
    """Give the function other code and wait until it has it."""
    functions.update_function_code(FunctionName=NAME, ZipFile=zipped(text), **wish)
    return settled(functions)
