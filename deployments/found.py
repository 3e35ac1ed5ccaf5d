"""What a fleet held before the console's first deployment to it, kept as a release, so that one may go back to it.

No list shows this release and nobody promotes it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from deployments.handlers import Handler, Handlers
from deployments.models import Artifact, Deployment, Fleet, Mode, Release, ReleaseStatus, StoredManifest
from deployments.selectors.fleets import known_zips

LONGEST = 60


def keep_what_was_found(fleet: Fleet, deployment: Deployment) -> None:
    """Before the first deployment to the fleet counts as running; in the caller's transaction. Does nothing later on."""
    if fleet.running_id is not None or fleet.found_id is not None:
        return
    handlers = Handlers.of(_found(fleet, deployment))
    release = Release.objects.create(
        product=deployment.called.product,
        version=_version(deployment),
        notes=f"The back end of {deployment.environment} as deployment {deployment.pk} found it.",
        status=ReleaseStatus.READY,
        created_by=deployment.actor or deployment.called.created_by,
        found=True,
    )
    artifact = Artifact.objects.create(
        release=release,
        target=Artifact.BACKEND,
        sha256=handlers.digest,
        files=len(handlers),
        manifest_digest=handlers.digest,
    )
    StoredManifest.objects.create(artifact=artifact, body=handlers.to_bytes())
    Fleet.objects.filter(pk=fleet.pk).update(found=artifact)


def _version(deployment: Deployment) -> str:
    """ "before-2.0.0", with the environment where another one has that already."""
    taken = Release.objects.filter(product=deployment.called.product)
    plain = f"before-{deployment.called.version}"[:LONGEST]
    ending = f"-{deployment.environment.name}-{deployment.pk}"
    return f"{plain[: LONGEST - len(ending)]}{ending}" if taken.filter(version=plain).exists() else plain


def _found(fleet: Fleet, deployment: Deployment) -> Iterator[Handler]:
    """The code that callers got of each function, by what the deployment noted of those that it changes."""
    noted = {one.name: one.before or {} for one in deployment.handlers.all()}
    zips = known_zips(deployment.called.product_id, fleet)
    for name, seen in sorted((fleet.functions or {}).items()):
        before = {**seen, **noted.get(name, {})}
        if sha256 := before["live_sha256" if fleet.mode == Mode.ALIAS else "sha256"]:
            yield _handler(name, sha256, before, zips.get(sha256))


def _handler(name: str, sha256: str, before: Mapping[str, Any], known: Handler | None) -> Handler:
    """AWS tells no zip's files: code that no release brought is told apart by its digest."""
    architecture = before.get("architecture") or "x86_64"
    if known is not None:
        return known._replace(name=name, architecture=architecture)
    return Handler(name, f"{name}.zip", architecture, sha256, content=sha256, size=0, unpacked=0)
