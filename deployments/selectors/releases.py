"""Reading releases: loaders that check access, and which artifact of a release fits an environment."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from deployments.manifest import Manifest
from deployments.models import Artifact, EnvironmentState, Release, ReleaseStatus, StoredManifest
from deployments.refusals import NoArtifact
from products.models import Environment, Kind, Product
from users.refusals import Missing


def releases_of(product: Product) -> QuerySet[Release]:
    """A product's releases with their artifacts, newest first, without what was only found."""
    return _with_artifacts().filter(product=product, found=False)


def _with_artifacts() -> QuerySet[Release]:
    return (
        Release.objects.all()
        .select_related("created_by", "product", "run")
        .prefetch_related("artifacts")
        .order_by("-id")
    )


def deployable_to(environment: Environment) -> QuerySet[Release]:
    """Releases whose front end may be promoted here: ready, not marked bad, with an artifact for it; newest first."""
    targets = [environment.name, *([Artifact.ANY] if environment.kind == Kind.APP else [])]
    return _holding(environment.product, targets)


def with_back_end(product: Product) -> QuerySet[Release]:
    """Releases whose back end may be promoted: ready, not marked bad, with an artifact of handlers; newest first."""
    return _holding(product, [Artifact.BACKEND])


def _holding(product: Product, targets: list[str]) -> QuerySet[Release]:
    holding = Artifact.objects.filter(release=OuterRef("pk"), target__in=targets)
    ready = Release.objects.filter(product=product, status=ReleaseStatus.READY, bad=False, found=False)
    return ready.filter(Exists(holding)).order_by("-id")


def release_for(product: Product, version: str) -> Release:
    """The release of this version, also one that was only found, or Missing in words."""
    release = _with_artifacts().filter(product=product, version=version).first()
    if release is None:
        raise Missing(
            f"{product} has no release {version}. Register it first, or look at the list of its releases."
        )
    return release


def running_in(releases: Iterable[Release]) -> dict[int, list[Environment]]:
    """Per release id, the environments whose visitors get it, in the product's order. One query."""
    states = (
        EnvironmentState.objects.filter(running__release__in=list(releases))
        .select_related("environment__product", "running")
        .order_by("environment__position")
    )
    found: dict[int, list[Environment]] = {}
    for state in states:
        assert state.running is not None
        found.setdefault(state.running.release_id, []).append(state.environment)
    return found


def find_artifact(release: Release, environment: Environment) -> Artifact | None:
    """The artifact for an environment: its own, else for an app the one for `any`."""
    artifacts = {artifact.target: artifact for artifact in release.artifacts.all()}
    fallback = artifacts.get(Artifact.ANY) if environment.kind == Kind.APP else None
    return artifacts.get(environment.name, fallback)


def artifact_for(release: Release, environment: Environment) -> Artifact:
    """As `find_artifact`, but NoArtifact in words when there is none."""
    artifact = find_artifact(release, environment)
    if artifact is None:
        targets = ", ".join(a.target for a in release.artifacts.all()) or "nothing"
        hint = f" or {Artifact.ANY}" if environment.kind == Kind.APP else ""
        raise NoArtifact(
            f"{release} holds nothing for {environment.name}: it has {targets}. "
            f"Register a release with an artifact for {environment.name}{hint}."
        )
    return artifact


def manifest_of(artifact: Artifact) -> Manifest:
    """The stored manifest of an ingested artifact. One query."""
    return manifests_of([artifact])[artifact.pk]


def manifests_of(artifacts: Iterable[Artifact]) -> dict[int, Manifest]:
    """By artifact id, the stored manifests of ingested artifacts. One query; raises DoesNotExist when one has none."""
    wanted = {artifact.pk for artifact in artifacts}
    stored = StoredManifest.objects.filter(artifact__in=wanted).values_list("artifact_id", "body")
    found = {pk: Manifest.from_bytes(bytes(body)) for pk, body in stored}
    if missing := wanted - found.keys():
        raise StoredManifest.DoesNotExist(f"Artifacts {sorted(missing)} have no manifest.")
    return found
