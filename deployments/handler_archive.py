"""From a back-end artifact to its handlers, or to every reason why it is refused.

The artifact is a zip of handler zips. Both levels are hostile input, and `open_archive` reads both.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import ZipFile

from deployments.archive import LIMITS, SMALL, Archive, BadArchive, Entry, Limits, open_archive
from deployments.archive_names import is_ignored
from deployments.canonical import digest_of
from deployments.declared import LARGEST_YAML, Declared, read_handlers_yaml
from deployments.handlers import HANDLERS_FILE, Handler, Handlers
from deployments.reasons import MOST_REASONS, Reason

# AWS: a function's code has up to 250 MB unzipped, layers included; so its zip cannot have more.
LAMBDA_BYTES = 262_144_000
LAMBDA = Limits(packed=LAMBDA_BYTES, unpacked=LAMBDA_BYTES)


def inspect_handlers(path: Path, limits: Limits = LIMITS, each: Limits = LAMBDA) -> Handlers:
    """The handlers of the artifact at `path`; every byte of each was read and hashed. `each` bounds a handler's zip.

    One zip at a time is unpacked beside the artifact, and is gone afterwards. Raises BadArchive with all reasons that
    could be found together, and OSError when the file cannot be read.
    """
    with open_archive(path, limits) as archive:
        entries = {entry.path: entry for entry in archive.entries}
        declared = _declared(archive, entries)
        most = max(SMALL, path.stat().st_size * limits.ratio)
        return _inspected(((one, _zip(archive, entries[one.file], path, one, each)) for one in declared), most)
