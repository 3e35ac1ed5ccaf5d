"""What a deployment would change, computed from manifests alone: no AWS call, no clock, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from deployments.canonical import digest_of
from deployments.environment_config import with_config
from deployments.fleet_planner import FleetPlan
from deployments.manifest import CONFIG, INDEX, Files, Kind, Manifest, Role

MOST_PATHS = 15
EVERYTHING = ("/*",)
REPLACED_IN_PLACE = tuple(role for role in Role if role is not Role.HASHED)
# AWS: encode what RFC 1738 calls unsafe and nothing else, or the old version is not invalidated.
_SAFE = "/!$&'()+,;=:@-._~"


@dataclass(frozen=True)
class FileChanges:
    """The difference of two manifests; `changed` holds the wanted entries, `removed` those no longer named."""

    added: Files
    changed: Files
    removed: Files
    unchanged: int

    @property
    def bytes(self) -> int:
        """Bytes of the files added and changed."""
        return self.added.size + self.changed.size

    @property
    def empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


_NONE = Files(Manifest.of(()).columns, ())
NO_CHANGES = FileChanges(_NONE, _NONE, _NONE, 0)
"""Of a plan that leaves the front end as it is."""


def diff(current: Manifest | None, wanted: Manifest) -> FileChanges:
    """Compare what runs with what is wanted; a file with other headers counts as changed."""
    old, new = (current or Manifest.of(())).columns, wanted.columns
    places = dict(zip(old.paths, range(len(old.paths)), strict=True))
    added, changed = [], []
    for place, path in enumerate(new.paths):
        before = places.pop(path, None)
        if before is None:
            added.append(place)
        elif new.sha256[place] != old.sha256[before] or new.headers[place] != old.headers[before]:
            changed.append(place)
    kept = len(wanted) - len(added) - len(changed)
    return FileChanges(Files(new, added), Files(new, changed), Files(old, list(places.values())), kept)


class ConfigChange(NamedTuple):
    """One key of the configuration; None where the key is not there."""

    key: str
    old: str | None
    new: str | None


def config_diff(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[ConfigChange, ...]:
    keys = sorted({*old, *new})
    return tuple(ConfigChange(k, old.get(k), new.get(k)) for k in keys if old.get(k) != new.get(k))


def invalidation(changes: FileChanges, kind: Kind) -> tuple[str, ...]:
    """The paths to invalidate when these changes are made to an environment that runs a release of ours.

    Removed pages of a static site are deleted and so invalidated; other files stay in the bucket.
    """
    replaced = changes.changed.with_role(*REPLACED_IN_PLACE).paths
    return invalidation_paths([*replaced, *deleted_pages(changes, kind)], kind)


def deleted_pages(changes: FileChanges, kind: Kind) -> list[str]:
    """The pages of a static site that go with these changes; all other removed files stay in the bucket."""
    return changes.removed.with_role(Role.ENTRY_POINT).paths if kind == "static" else []


def invalidation_paths(paths: list[str], kind: Kind) -> tuple[str, ...]:
    """`/`, `/index.html` and the viewer's form of each path, or one wildcard when these are more than 15.

    AWS: `/` and `/index.html` are two cache keys, a path is URL-encoded as viewers request it, `*` stands last
    only, and a wildcard counts as one path.
    """
    wanted = {"/", f"/{INDEX}"}
    for path in paths:
        wanted.add(viewer_path(path))
        folder, _, name = path.rpartition("/")
        if kind == "static" and name == INDEX and folder:
            wanted.add(viewer_path(f"{folder}/"))
    return tuple(sorted(wanted)) if len(wanted) <= MOST_PATHS else EVERYTHING


def viewer_path(path: str) -> str:
    """The path of a key as viewers request it: with a leading slash, URL-encoded."""
    return "/" + quote(path, safe=_SAFE)


@dataclass(frozen=True)
class Side:
    """A release as an environment runs it or would run it.

    `one_for_all`: the artifact's target is `any`, so `/config.json` comes from `configuration`.
    """

    version: str
    manifest: Manifest
    configuration: Mapping[str, str]
    one_for_all: bool

    def served(self) -> Manifest:
        """The manifest with the environment's own `/config.json`, where there is one."""
        return with_config(self.manifest, self.configuration) if self.one_for_all else self.manifest

    def content(self) -> tuple[object, ...]:
        """What tells two sides apart: what they serve, not what they are called."""
        return self.manifest.digest, self.one_for_all, dict(self.configuration)


@dataclass(frozen=True)
class Situation:
    """All that a plan depends on. `observation` is what AWS was seen to hold, as JSON values without times.

    `wanted` is None where the front end stays as it is, `fleet` where the back end does; `version` is the release's.
    """

    environment: str
    kind: Kind
    settings_revision: int
    version: str
    running: Side | None
    wanted: Side | None
    configuration_revision: int | None
    observation: object = None
    backend_known: bool = True
    fleet: FleetPlan | None = None

    @property
    def digest(self) -> str:
        """Equal for equal situations: no times, no row ids."""
        return digest_of(
            {
                "settings": self.settings_revision,
                "running": self.running.content() if self.running else None,
                "wanted": self.wanted.content() if self.wanted else None,
                "configuration": self.configuration_revision,
                "observation": self.observation,
                "fleet": self.fleet.digest if self.fleet else None,
            }
        )


@dataclass(frozen=True)
class Plan:
    """What would be done, frozen: shown before the click and recorded after it.

    `deleted` are the removed files that do not stay in the bucket. `front` says whether the front end is part of it,
    `fleet` is what happens to the back end, if that is.
    """

    digest: str
    environment: str
    running: str | None
    wanted: str
    files: FileChanges
    invalidation: tuple[str, ...]
    config: tuple[ConfigChange, ...]
    warnings: tuple[str, ...]
    deleted: tuple[str, ...] = ()
    front: bool = True
    fleet: FleetPlan | None = None

    @property
    def empty(self) -> bool:
        return self.files.empty and not (self.config or (self.fleet and self.fleet.to_change))

    @property
    def blockers(self) -> tuple[str, ...]:
        """Why it cannot be done as long as they hold."""
        return self.fleet.blockers if self.fleet else ()

    def as_json(self) -> dict[str, object]:
        """The API's Plan, except `created_at`, which who makes the plan adds."""
        return {
            "digest": self.digest,
            "environment": self.environment,
            "from": self.running,
            "to": self.wanted,
            "added": _listed(self.files.added),
            "changed": _listed(self.files.changed),
            "removed_from_manifest": _listed(self.files.removed),
            "unchanged": self.files.unchanged,
            "bytes": self.files.bytes,
            "invalidation": list(self.invalidation),
            "config": [change._asdict() for change in self.config],
            **_fleet(self.fleet),
            "warnings": list(self.warnings),
        }


def _fleet(fleet: FleetPlan | None) -> dict[str, object]:
    """The handlers, and the rest of it; its warnings are among the plan's."""
    if fleet is None:
        return {"handlers": [], "backend": None}
    told = fleet.as_json()
    return {
        "handlers": told["handlers"],
        "backend": {name: told[name] for name in ("mode", "counts", "calls", "seconds", "blockers")},
    }


def _listed(files: Files) -> list[dict[str, object]]:
    return [{"path": path, "size": size} for path, size in zip(files.paths, files.sizes, strict=True)]


def make_plan(now: Situation) -> Plan:
    """The plan for the situation; the same situation gives the same plan."""
    running, wanted = now.running, now.wanted
    changes = diff(running.served() if running else None, wanted.served()) if wanted else NO_CHANGES
    config = config_diff(running.configuration if running else {}, wanted.configuration) if wanted else ()
    return Plan(
        digest=now.digest,
        environment=now.environment,
        running=running.version if running else None,
        wanted=now.version,
        files=changes,
        invalidation=_paths(now, changes),
        config=config,
        warnings=tuple(_warnings(now, changes, config)),
        deleted=tuple(deleted_pages(changes, now.kind)),
        front=wanted is not None,
        fleet=now.fleet,
    )


def _paths(now: Situation, changes: FileChanges) -> tuple[str, ...]:
    """What the edge holds of a bucket that we never wrote to is unknown."""
    if now.wanted is None:
        return ()
    return invalidation(changes, now.kind) if now.running else EVERYTHING


def _warnings(now: Situation, changes: FileChanges, config: tuple[ConfigChange, ...]) -> list[str]:
    return [
        *_replaced_in_place(now, changes),
        *_configuration(now, config),
        *(
            []
            if now.backend_known
            else [f"The back end of {now.environment} is unknown: no API origin is set."]
        ),
        *(now.fleet.warnings if now.fleet else ()),
    ]


def _replaced_in_place(now: Situation, changes: FileChanges) -> list[str]:
    replaced = len(changes.changed.with_role(*REPLACED_IN_PLACE))
    if now.kind != "static" or not replaced:
        return []
    files = "1 file is" if replaced == 1 else f"{replaced} files are"
    return [
        f"This is not atomic: {files} replaced in place, so visitors may see old and new pages for a moment."
    ]


def _configuration(now: Situation, config: tuple[ConfigChange, ...]) -> list[str]:
    if not now.running or not now.wanted or not config:
        return []
    if not now.wanted.one_for_all:
        keys = ", ".join(change.key for change in config)
        return [f"Changed configuration ({keys}) needs a new build: the values are built into this artifact."]
    if not now.running.one_for_all:
        return []
    return [_still_read(change, now.running.version) for change in config if change.old is not None]


def _still_read(change: ConfigChange, version: str) -> str:
    what = "removed" if change.new is None else "changed"
    return (
        f"{change.key} is {what} in {CONFIG}, which open pages of the running release {version} still read."
    )
