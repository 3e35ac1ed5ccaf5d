"""Lambda: getting back the zip that a function runs."""

from hashlib import sha256 as hash_of
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from aws.access import Account
from aws.boto import CONNECT_SECONDS, READ_SECONDS, translated
from aws.calls import Answer
from aws.errors import OtherContent, Subject, error_from
from aws.jobs import in_hex

PIECE = 1024 * 1024


def fetch_code(account: Account, name: str, sha256: str, path: Path) -> bool:
    """Write the zip of `$LATEST` into the file `path`, if it is the one with this digest; says whether it is.

    AWS: GetFunction tells an address in S3, good for ten minutes without a signature; a container image has none. Raises
    NotFound, and OtherContent when other bytes come from there. After any error the file is not whole.
    """
    found = account.read("lambda", "GetFunction", name, FunctionName=name)
    if (
        found["Configuration"].get("PackageType") == "Image"
        or in_hex(found["Configuration"]["CodeSha256"]) != sha256
    ):
        return False
    subject = Subject("s3", "GetObject", account.account_id, f"the code of {name}")

    def once() -> tuple[str, Answer]:
        with translated(subject):
            return _get(account, subject, found["Code"]["Location"], path)

    if account.repeat(subject, once, writes=False) != sha256:
        raise OtherContent(subject, message=f"the bytes are not those that Lambda names for {name}")
    return True


def _get(account: Account, subject: Subject, address: str, path: Path) -> tuple[str, Answer]:
    """Write what lies there into the file; its SHA-256."""
    # The stubs know neither a file of authorities nor two time-outs.
    options: Any = {"verify": account.ca_bundle or True, "timeout": (CONNECT_SECONDS, READ_SECONDS)}
    session = URLLib3Session(**options)
    try:
        answer: Any = session.send(AWSRequest("GET", address, stream_output=True).prepare())
        if answer.status_code != 200:
            raise error_from(
                subject, status=answer.status_code, code="", message=answer.text[:200], request_id=""
            )
        digest = hash_of()
        with path.open("wb") as file:
            for piece in answer.raw.stream(PIECE):
                digest.update(piece)
                file.write(piece)
    finally:
        session.close()
    return digest.hexdigest(), Answer(answer.headers.get("x-amz-request-id", ""), 200)
