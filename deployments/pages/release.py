"""What the page of one release shows: where it runs, where it may go, what it holds."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from deployments.forms import ReasonForm
from deployments.manifest import Manifest
from deployments.models import Artifact, Deployment, EnvironmentState, Release, ReleaseStatus
from deployments.pages.release_handlers import handlers_page
from deployments.pages.status import versions_in
from deployments.selectors.fleets import find_back_end, fleet_of, has_back_end
from deployments.selectors.releases import find_artifact, manifest_of
from products.models import Environment
from users.actions import allowed
from users.models import User

FILES_SHOWN = 200
MOST_FILES = 20_000


def release_page(user: User, release: Release, asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/release.html`.

    Of the address's query, `target` chooses whose files or handlers are listed, `q` filters them, `shown` is how many
    files; see `handlers_page` for more of a back end.
    """
    artifacts, target = list(release.artifacts.all()), asked.get("target", "")
    chosen = next((one for one in artifacts if one.target == target), artifacts[0] if artifacts else None)
    slug = release.product.slug
    address = reverse("release", args=[slug, release.version])
    return {
        "release": release,
        "crumbs": [
            (release.product.name, reverse("product", args=[slug])),
            ("Releases", f"{reverse('releases')}?product={slug}"),
            (release.version, ""),
        ],
        "created_by": str(release.created_by),
        "run_url": "",
        "lane": _lane(user, release) if release.status == ReleaseStatus.READY else [],
        "artifacts": [_artifact(one, address, chosen) for one in artifacts],
        **_held(release, chosen, asked),
        "bad_url": _bad_url(user, release),
        "bad_form": ReasonForm(),
        "compare_url": f"{reverse('compare', args=[slug])}?left=rel-{release.version}",
        "events_url": f"{reverse('audit')}?product={slug}" if allowed(user, "audit.view") else "",
    }


def _held(release: Release, chosen: Artifact | None, asked: Mapping[str, str]) -> dict[str, Any]:
    """The files of the chosen artifact, or its handlers."""
    held: dict[str, Any] = {"manifest": None, "handlers": None}
    if chosen is None or release.status != ReleaseStatus.READY:
        return held
    if chosen.target == Artifact.BACKEND:
        return held | {"handlers": handlers_page(release, chosen, asked)}
    shown = asked.get("shown", "")
    most = min(int(shown), MOST_FILES) if shown.isdecimal() and len(shown) < 9 else FILES_SHOWN
    return held | {"manifest": _manifest(chosen, asked.get("q", ""), most)}


def _bad_url(user: User, release: Release) -> str:
    may = allowed(user, "release.mark_bad") and release.status == ReleaseStatus.READY
    return reverse("release-bad", args=[release.product.slug, release.version]) if may else ""


def _artifact(artifact: Artifact, address: str, chosen: Artifact | None) -> dict[str, Any]:
    return {
        "target": artifact.target,
        "noun": "handlers" if artifact.target == Artifact.BACKEND else "files",
        "files": artifact.files,
        "bytes": artifact.bytes,
        "packed_bytes": artifact.packed_bytes,
        "sha256": artifact.sha256,
        "placeholder_config": artifact.placeholder_config,
        "url": f"{address}?target={artifact.target}#{'handlers' if artifact.target == Artifact.BACKEND else 'files'}",
        "current": artifact is chosen,
    }


def _manifest(artifact: Artifact, search: str, shown: int) -> dict[str, Any]:
    manifest: Manifest = manifest_of(artifact)
    files = [file for file in manifest.files if search.lower() in file.path.lower()]
    more = f"?target={artifact.target}&q={search}&shown={shown + 1000}#files" if len(files) > shown else ""
    return {
        "target": artifact.target,
        "files": [
            {"path": f.path, "size": f.size, "role": f.role.value, "cache_control": f.cache_control}
            for f in files[:shown]
        ],
        "total": len(files),
        "more_url": more,
        "q": search,
    }


def _lane(user: User, release: Release) -> list[dict[str, Any]]:
    """The release in every environment of its product, in order."""
    environments = list(
        release.product.environments.select_related("product", "requires").order_by("position")
    )
    states = {
        state.environment_id: state
        for state in EnvironmentState.objects.filter(environment__in=environments).select_related(
            "running__release", "active"
        )
    }
    last = _last_here(release)
    return [_stop(user, release, one, states.get(one.pk), last.get(one.pk), last) for one in environments]


def _last_here(release: Release) -> dict[int, Deployment]:
    """By environment id, the newest deployment of the release there, live ones first."""
    found: dict[int, Deployment] = {}
    carried = {"backend__release": release} if release.found else {"release": release}
    ran = Deployment.objects.filter(**carried).select_related("run", "actor").order_by("-id")[:200]
    for one in ran:
        kept = found.setdefault(one.environment_id, one)
        if kept.live_at is None and one.live_at is not None:
            found[one.environment_id] = one
    return found


def _stop(
    user: User,
    release: Release,
    environment: Environment,
    state: EnvironmentState | None,
    last: Deployment | None,
    everywhere: dict[int, Deployment],
) -> dict[str, Any]:
    slug = release.product.slug
    running = state.running if state else None
    called = _called(environment)
    refused = _refused(user, release, environment, running, called, everywhere)
    return {
        "name": environment.name,
        "url": reverse("environment", args=[slug, environment.name]),
        "status": _status(last, called if last and (release.found or last.artifact_id is None) else running),
        "version": versions_in(environment, running, called),
        "at": last.created_at if last else None,
        "who": last.who if last else "",
        "verified": bool(last and last.live_at),
        "promote_url": "" if refused else reverse("promote", args=[slug, environment.name, release.version]),
        "promote_text": f"Promote to {environment.name}",
        "refused": refused,
    }


def _called(environment: Environment) -> Deployment | None:
    """The deployment whose handlers the environment's API calls."""
    fleet = fleet_of(environment)
    return fleet.running if fleet else None


def _status(last: Deployment | None, running: Deployment | None) -> str:
    if last is None:
        return ""
    if last.run.state != "succeeded":
        return last.status
    if last.is_left:
        return "rolled_back"
    return "live" if running is not None and running.release_id == last.release_id else "replaced"


def _refused(
    user: User,
    release: Release,
    environment: Environment,
    running: Deployment | None,
    called: Deployment | None,
    everywhere: dict[int, Deployment],
) -> str:
    """Why it cannot go there now, in a few words; "" when it can be planned."""
    held = [
        *([running] if find_artifact(release, environment) else []),
        *([called] if find_back_end(release) and has_back_end(environment) else []),
    ]
    if held and all(one is not None and one.release_id == release.pk for one in held):
        return "runs there"
    if release.found:
        return "only a rollback goes to it"
    if release.bad:
        return "marked bad"
    if not held:
        return "holds nothing for it"
    if not allowed(user, "deployment.promote"):
        return "your role may not"
    needed = environment.requires_id
    if needed and not (needed in everywhere and everywhere[needed].live_at):
        override = allowed(user, "deployment.override")
        return "" if override else f"not live in {environment.requires} yet"
    return ""
