"""What the page of one environment shows: what visitors get, whether the edge agrees, what ran when."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from deployments.models import Deployment, EnvironmentState
from deployments.pages.coming import coming
from deployments.pages.fleet import back_end
from deployments.pages.status import entry, status_of, versions_in, visitors_get
from deployments.pages.way_back import way_back
from deployments.selectors.deployments import running_back_end, state_of, timeline
from deployments.selectors.fleets import handlers_done
from deployments.selectors.ways_back import WaysBack, ways_back
from dns.selectors import addresses_of
from products.models import Environment
from users.actions import allowed
from users.models import User

SHOWN = 30


def environment_page(user: User, environment: Environment, before: int | None) -> dict[str, Any]:
    """The context of `deployments/environment.html`; `before` is the deployment id to page down from."""
    state, called = state_of(environment), running_back_end(environment)
    newest = state.active or state.failed or state.running or _running_alone(environment, called)
    ran = timeline(environment, before=before, limit=SHOWN + 1)
    slug = environment.product.slug
    return {
        "environment": environment,
        "running": state.running,
        "crumbs": [(environment.product.name, reverse("product", args=[slug])), (environment.name, "")],
        "siblings": _siblings(environment),
        "status": status_of(newest, state) if newest else "",
        "versions": _two_versions(environment, state.running, called),
        **_address(environment),
        **_acts(user, environment, state),
        "note": _note(environment, state),
        **_truth(environment, state),
        "back_end": back_end(user, environment),
        "way_back": way_back(environment, state),
        "look_url": reverse("environment-look", args=[slug, environment.name])
        if allowed(user, "run.steer")
        else "",
        "configuration": _configuration(environment),
        "facts": _facts(environment),
        "entries": [entry(one, state) for one in ran[:SHOWN]],
        "older_url": f"?before={ran[SHOWN - 1].pk}" if len(ran) > SHOWN else "",
        "events_url": _events(user, environment),
    }


def _running_alone(environment: Environment, called: Deployment | None) -> Deployment | None:
    """The environment's own deployment whose back end runs where no front end ever did."""
    return called if called and called.environment_id == environment.pk else None


def _two_versions(environment: Environment, running: Deployment | None, called: Deployment | None) -> str:
    """What runs here, in words, where the API calls another release than visitors get; "" where it is one."""
    words = versions_in(environment, running, called)
    return "" if running and words == running.release.version else words


def _siblings(environment: Environment) -> list[tuple[str, str, bool]]:
    slug = environment.product.slug
    names = environment.product.environments.order_by("position").values_list("name", flat=True)
    return [(name, reverse("environment", args=[slug, name]), name == environment.name) for name in names]


def _address(environment: Environment) -> dict[str, str]:
    public = addresses_of(environment).public
    return {"public": public or "no address yet", "public_url": site_url(public) if public else ""}


def site_url(host: str) -> str:
    """Where a person opens the site: https, or in the demo the emulated edge, which browsers find below localhost."""
    if not settings.CONSOLE_EDGE:
        return f"https://{host}/"
    port = settings.CONSOLE_EDGE.rpartition(":")[2]
    return f"http://{host}.localhost:{port}/"


def _acts(user: User, environment: Environment, state: EnvironmentState) -> dict[str, Any]:
    """The buttons: promote what is to come here, a back end alone, too, and roll back."""
    slug = environment.product.slug
    goes_back = allowed(user, "deployment.rollback")
    return {
        **coming(user, environment, state),
        "rollback_url": _rollback_url(environment, state) if goes_back else "",
        "settings_url": reverse("environment-settings", args=[slug, environment.name])
        if allowed(user, "product.edit")
        else "",
        "compare_url": f"{reverse('compare', args=[slug])}?left=env-{environment.name}",
    }


def _rollback_url(environment: Environment, state: EnvironmentState) -> str:
    """The rollback page of the half that has a release to go back to: what a rollback proposes, else any good one."""
    url = reverse("rollback", args=[environment.product.slug, environment.name])
    if ways := ways_back(environment, state):
        return f"{url}?half={ways[0].half}" if ways[0].half else url
    any_way = WaysBack(environment, state, "")
    return url if any_way.running and any_way.newest(1) else ""


def _note(environment: Environment, state: EnvironmentState) -> dict[str, Any] | None:
    if state.active:
        url = reverse("deployment", args=[state.active.pk])
        first = f"{state.active.release.version} is being deployed."
        return {
            "kind": "run",
            "icon": "run",
            "first": first,
            "second": f"Started by {state.active.who}.",
            "acts": [("Watch it", url)],
        }
    if state.failed and state.failed.status == "partial":
        return _partly(state.failed)
    if state.failed:
        url = reverse("deployment", args=[state.failed.pk])
        served = f"Visitors get {visitors_get(state.running)}." if state.running else "Nothing runs here yet."
        return {
            "kind": "stop",
            "icon": "fail",
            "first": f"{state.failed.release.version} failed.",
            "second": served,
            "acts": [("See why", url)],
        }
    if not environment.distribution_id:
        return {
            "kind": "warn",
            "icon": "warn",
            "first": "This environment has no distribution yet.",
            "second": "An admin sets it up in the settings.",
        }
    return None


def _partly(failed: Deployment) -> dict[str, Any]:
    done, total = handlers_done(failed)
    return {
        "kind": "warn",
        "icon": "half",
        "first": f"{failed.release.version} is partly live.",
        "second": f"{done} of {total} handlers have its code. Retry the others, leave them out, or roll back.",
        "acts": [("See which", reverse("deployment", args=[failed.pk]))],
    }


def _truth(environment: Environment, state: EnvironmentState) -> dict[str, Any]:
    """Declared, seen at the edge, bucket and distribution: four facts that should agree."""
    running = state.running
    declared = running.release.version if running else "nothing"
    verified = running is not None and state.live_id == running.pk
    seen = state.observation or {}
    api = environment.api_origin
    facts = [
        {
            "label": "Declared",
            "value": declared,
            "agrees": "yes" if verified else "unknown",
            "note": f"by {running.who}" if running else "never deployed",
        },
        {
            "label": "Edge",
            "value": declared if verified else "not known",
            "agrees": "yes" if verified else "unknown",
            "note": "asked as a visitor, twice in a row"
            if verified
            else "the edge was not seen to serve it yet",
        },
        {
            "label": "Distribution",
            "value": seen.get("distribution", "not known"),
            "agrees": {True: "yes", False: "no", None: "unknown"}[seen.get("serves_bucket")],
            "note": "serves this bucket"
            if seen.get("serves_bucket")
            else "was not seen to serve this bucket",
        },
        {
            "label": "API",
            "value": "set" if api else "not known",
            "agrees": "unknown",
            "note": api or "no API origin is set",
        },
    ]
    text = (
        "Yes, when it was last asked."
        if verified
        else ("Not asked since." if running else "Nothing is declared yet.")
    )
    return {
        "truth": facts,
        "truth_text": text,
        "seen_at": state.live.live_at if verified and state.live else state.observed_at,
    }


def _configuration(environment: Environment) -> dict[str, Any] | None:
    revision = environment.config
    if revision is None:
        return None
    return {
        "number": revision.number,
        "keys": len(revision.values),
        "at": revision.at,
        "who": str(revision.actor) if revision.actor else "the estate file",
        "url": reverse("configuration", args=[environment.product.slug]),
    }


def _facts(environment: Environment) -> list[tuple[str, str]]:
    account = environment.frontend_account
    backend = environment.backend_account
    names = ", ".join(hostname.name for hostname in environment.hostnames.all())
    return [
        ("Hostnames", names or "none"),
        ("Distribution", f"{environment.distribution_id or 'none'} {environment.distribution_domain}"),
        ("Bucket", environment.bucket),
        ("Front-end account", f"{account.name} {account.aws_id}"),
        ("Back-end account", f"{backend.name} {backend.aws_id}" if backend else "not known"),
        ("API origin", environment.api_origin or "not known"),
        ("Cache profile", environment.get_cache_profile_display()),
        (
            "Needs",
            f"live in {environment.requires.name} before" if environment.requires else "nothing before",
        ),
    ]


def _events(user: User, environment: Environment) -> str:
    if not allowed(user, "audit.view"):
        return ""
    return f"{reverse('audit')}?product={environment.product.slug}&environment={environment.name}"
