"""Which releases' files must stay in an environment's bucket."""

from datetime import datetime

from django.db.models import Q

from deployments.manifest import Manifest
from deployments.models import Artifact, Deployment, StoredManifest
from deployments.selectors.deployments import last_good, state_of
from products.models import Environment

KEPT_RELEASES = 5


def retained_manifests(environment: Environment, since: datetime) -> list[Manifest]:
    """The manifests of the last five distinct releases that were live here, of the running, the active, the failed
    and the last good one, and of everything that visitors got after `since`."""
    artifacts = _last_live(environment) | _pointed_at(environment) | _served_since(environment, since)
    stored = StoredManifest.objects.filter(artifact__in=artifacts)
    return [Manifest.from_bytes(bytes(one.body)) for one in stored]


def _last_live(environment: Environment) -> set[int]:
    """Artifact ids of the last five distinct releases that were live here."""
    lived = Deployment.objects.filter(environment=environment, live_at__isnull=False, artifact__isnull=False)
    found: dict[int, int] = {}
    for release, artifact in (
        lived.order_by("-id").values_list("release_id", "artifact_id").iterator(chunk_size=100)
    ):
        found.setdefault(release, artifact)
        if len(found) == KEPT_RELEASES:
            break
    return set(found.values())


def _pointed_at(environment: Environment) -> set[int]:
    state = state_of(environment)
    pointers = (state.running, state.active, state.failed, last_good(environment, state.running))
    return {one.artifact_id for one in pointers if one is not None and one.artifact_id is not None}


def _served_since(environment: Environment, since: datetime) -> set[int]:
    """What began to be served after `since`, and what was being served then."""
    switched = Deployment.objects.filter(environment=environment, switched_at__isnull=False)
    then = (
        switched.filter(switched_at__lte=since).order_by("-switched_at").values_list("pk", flat=True).first()
    )
    wanted = switched.filter(Q(switched_at__gt=since) | Q(pk=then))
    return set(Artifact.objects.filter(pk__in=wanted.values("artifact_id")).values_list("pk", flat=True))
