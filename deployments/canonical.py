"""One spelling for a value, so that equal situations have equal digests."""

import hashlib
import json


def canonical_json(value: object) -> bytes:
    """The value as JSON in UTF-8 with sorted keys and no white space; equal values give equal bytes.

    Raises TypeError for what JSON cannot hold and ValueError for NaN and infinities.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest_of(value: object) -> str:
    """SHA-256 of the canonical JSON of the value, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
