"""From a back-end artifact to its handlers, or to every reason why it is refused.

The artifact is a zip of handler zips. Both levels are hostile input, and `open_archive` reads both.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from deployments.archive import LIMITS, SMALL, Archive, BadArchive, Entry, Limits, open_archive
from deployments.canonical import digest_of
from deployments.handlers import HANDLERS_FILE, Handler, Handlers
from deployments.handlers_yaml import LARGEST_YAML, Declared, read_handlers_yaml
from deployments.reasons import MOST_REASONS, Reason

__all__ = ["LAMBDA", "Declared", "inspect_handler", "inspect_handlers", "read_handlers_yaml"]

# AWS: a function's code has up to 250 MB unzipped, layers included; so a useful zip has no more.
_LAMBDA_BYTES = 262_144_000
LAMBDA = Limits(packed=_LAMBDA_BYTES, unpacked=_LAMBDA_BYTES)


def inspect_handlers(path: Path, limits: Limits = LIMITS, each: Limits = LAMBDA) -> Handlers:
    """The handlers of the artifact at `path`; every byte of each was read and hashed. `each` bounds a handler's zip.

    One zip at a time is unpacked beside the artifact, and is gone afterwards. Raises BadArchive with all reasons that
    could be found together, and OSError when the file cannot be read.
    """
    with open_archive(path, limits) as archive:
        entries = {entry.path: entry for entry in archive.entries}
        declared = _declared(archive, entries)
        most = max(SMALL, path.stat().st_size * limits.ratio)
        return Handlers.of(_all(declared, partial(_inspected, archive, entries, path.parent, each), most))


def inspect_handler(path: Path, declared: Declared, limits: Limits = LAMBDA) -> Handler:
    """The handler whose zip lies at `path`; every byte of it was read and hashed.

    Raises BadArchive, whose reasons name the handler, and OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        _check_sha256(found, declared)
        with open_archive(path, limits, one_folder=True) as archive:
            content = _content(archive)
            unpacked = sum(entry.size for entry in archive.entries)
    except BadArchive as bad:
        raise BadArchive([_named(reason, declared) for reason in bad.reasons]) from bad
    size = path.stat().st_size
    return Handler(declared.name, declared.file, declared.architecture, found, content, size, unpacked)


def _declared(archive: Archive, entries: Mapping[str, Entry]) -> tuple[Declared, ...]:
    """What `handlers.yaml` declares, once it was seen to be what the artifact holds."""
    listed = entries.get(HANDLERS_FILE)
    if listed is None:
        text = f"{HANDLERS_FILE} is missing at the root of the artifact. Add it; it names the handlers and their files."
        raise BadArchive([Reason(None, text)])
    if listed.size > LARGEST_YAML:
        raise BadArchive(
            [Reason(HANDLERS_FILE, f"It has more than {LARGEST_YAML} bytes. Name only handlers in it.")]
        )
    declared = read_handlers_yaml(b"".join(archive.read(listed)), by_prefix=False)
    if reasons := list(_differences(declared, entries)):
        raise BadArchive(reasons)
    return declared


def _differences(declared: tuple[Declared, ...], entries: Mapping[str, Entry]) -> Iterator[Reason]:
    for one in declared:
        if one.file not in entries:
            yield Reason(
                one.file,
                f"Handler {one.name}: its zip is not in the artifact. Add it, or correct its `file`.",
            )
    for path in sorted(entries.keys() - {one.file for one in declared} - {HANDLERS_FILE}):
        yield Reason(path, f"No handler in {HANDLERS_FILE} has this file. Declare it, or leave it out.")


def _all(
    declared: tuple[Declared, ...], inspected: Callable[[Declared], Handler], most: int
) -> list[Handler]:
    """Every handler; raises BadArchive with the reasons of all that are bad, or when they unpack to more than `most`.

    Each zip may be as large as Lambda lets it, so thousands of well-packed ones could keep a worker busy for hours.
    """
    found, reasons, unpacked = list[Handler](), list[Reason](), 0
    for one in declared:
        try:
            found.append(inspected(one))
            unpacked += found[-1].unpacked
        except BadArchive as bad:
            reasons += bad.reasons
        if unpacked > most:
            raise BadArchive([*reasons, _too_much(most)])
        if len(reasons) > MOST_REASONS:
            break
    if reasons:
        raise BadArchive(reasons)
    return found


def _too_much(most: int) -> Reason:
    return Reason(None, f"The handlers unpack to more than {most} bytes together. Leave files out of them.")


def _inspected(
    archive: Archive, entries: Mapping[str, Entry], folder: Path, limits: Limits, declared: Declared
) -> Handler:
    with NamedTemporaryFile(dir=folder, prefix="unpacked-") as file:
        file.writelines(archive.read(entries[declared.file]))
        file.flush()
        return inspect_handler(Path(file.name), declared, limits)


def _check_sha256(found: str, declared: Declared) -> None:
    if declared.sha256 and found != declared.sha256:
        text = (
            f"its zip's sha256 is {found}, not {declared.sha256} as declared. Send the zip that was declared."
        )
        raise BadArchive([Reason(None, text)])


def _content(archive: Archive) -> str:
    """SHA-256 over what Lambda runs of the zip: paths, whether they may be executed, bytes. No times, no order."""
    return digest_of(sorted((one.path, one.executable, _sha256(archive, one)) for one in archive.entries))


def _sha256(archive: Archive, entry: Entry) -> str:
    digest = hashlib.sha256()
    for chunk in archive.read(entry):
        digest.update(chunk)
    return digest.hexdigest()


def _named(reason: Reason, declared: Declared) -> Reason:
    """The reason as one about the artifact, with the handler's name."""
    return Reason(declared.file, f"Handler {declared.name}: {reason}")
