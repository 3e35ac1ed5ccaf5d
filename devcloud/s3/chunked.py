"""`aws-chunked` bodies, which clients send when they put the checksum behind the data."""

from collections.abc import Mapping

from devcloud.errors import AwsError


def decode(headers: Mapping[str, str], body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the data and the trailing headers. Raises AwsError IncompleteBody when chunks do not add up."""
    data, position = bytearray(), 0
    try:
        while True:
            line_end = body.index(b"\r\n", position)
            size = int(body[position:line_end].split(b";")[0], 16)
            position = line_end + 2
            if size == 0:
                break
            data += body[position : position + size]
            position += size + 2
    except ValueError as error:
        raise AwsError("IncompleteBody", 400, "The request body terminated unexpectedly.") from error
    if len(data) != int(headers.get("x-amz-decoded-content-length", len(data))):
        raise AwsError("IncompleteBody", 400, "You did not provide the number of bytes that you announced.")
    return bytes(data), _trailers(body[position:])


def _trailers(rest: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in rest.decode().split("\r\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}
