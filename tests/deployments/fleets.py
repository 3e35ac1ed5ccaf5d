"""Handler zips, back-end artifacts and observed fleets for tests; the same arguments give the same bytes."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from deployments.fleet_planner import Seen
from deployments.handlers import HANDLERS_FILE, Handler, Handlers
from tests.deployments.forge import REGULAR, Forged, forge

EXECUTABLE = 0o100755


def handler_zip(files: Mapping[str, bytes], *, executable: Collection[str] = ()) -> bytes:
    """A handler's zip with these files."""
    modes = {path: EXECUTABLE if path in executable else REGULAR for path in files}
    return forge(*(Forged(path, body, mode=modes[path]) for path, body in files.items()))


def code(name: str, version: str = "1") -> bytes:
    """The zip of a handler that says its name and version."""
    return handler_zip({"index.mjs": f"export const handler = () => '{name} {version}'".encode()})


def handlers_yaml(names: Collection[str], **fields: str) -> bytes:
    """A `handlers.yaml` whose zips lie in `zips/`, with these further fields for each."""
    more = "".join(f"    {key}: {value}\n" for key, value in fields.items())
    each = (f"  - name: {name}\n    file: zips/{name}.zip\n{more}" for name in names)
    return ("handlers:\n" + "".join(each)).encode()


def artifact(zips: Mapping[str, bytes], listed: bytes | None = None) -> bytes:
    """A back-end artifact of these zips by handler name; `listed` in the place of a right `handlers.yaml`."""
    files = {HANDLERS_FILE: handlers_yaml(zips) if listed is None else listed}
    files |= {f"zips/{name}.zip": body for name, body in zips.items()}
    return forge(*(Forged(path, body, method=0) for path, body in files.items()))


def backend(names: Collection[str], version: str = "1") -> bytes:
    """A back-end artifact of handlers with these names, each saying this version."""
    return artifact({name: code(name, version) for name in names})


def handler(name: str, version: str = "1", *, content: str = "", architecture: str = "x86_64") -> Handler:
    """The handler that an artifact of `code(name, version)` holds; without `content` one that no other zip has."""
    body = code(name, version)
    digest = sha256(body).hexdigest()
    return Handler(
        name, f"zips/{name}.zip", architecture, digest, content or digest[::-1], len(body), len(body)
    )


def release(names: Collection[str], version: str = "1") -> Handlers:
    """The handlers of `backend(names, version)`."""
    return Handlers.of(handler(name, version) for name in names)


def seen(version: str = "1", *, name: str, live: str = "1", **fields: Any) -> Seen:
    """The function `name` as observed: `code(name, version)` in `$LATEST` and in what its alias names."""
    digest = sha256(code(name, version)).hexdigest()
    plain = {"runtime": "nodejs20.x", "memory": 256, "architecture": "x86_64", "keys": ["STAGE", "TABLE"]}
    return Seen(**{"sha256": digest, "live": live, "live_sha256": digest if live else "", **plain, **fields})


def fleet(names: Collection[str], version: str = "1", **fields: Any) -> dict[str, Seen]:
    """Functions by name, all as observed with this version of their code."""
    return {name: seen(version, name=name, **fields) for name in names}
