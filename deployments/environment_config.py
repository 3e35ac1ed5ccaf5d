"""The `/config.json` that an environment's public configuration becomes when one artifact serves all."""

from collections.abc import Mapping
from hashlib import md5, sha256

from deployments.canonical import canonical_json
from deployments.manifest import CONFIG, FileEntry, Manifest, describe


def config_body(values: Mapping[str, str]) -> bytes:
    """The bytes of `/config.json`: one flat object of strings, keys sorted, UTF-8."""
    return canonical_json(dict(values)) + b"\n"


def config_file(values: Mapping[str, str]) -> FileEntry:
    body = config_body(values)
    return describe(
        CONFIG,
        size=len(body),
        sha256=sha256(body).hexdigest(),
        md5=md5(body, usedforsecurity=False).hexdigest(),
        kind="app",
    )


def with_config(manifest: Manifest, values: Mapping[str, str]) -> Manifest:
    """What an environment with this configuration serves of an artifact that is one for all."""
    return manifest.with_file(config_file(values))
