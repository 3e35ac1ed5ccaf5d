"""What pruning the old versions of an environment's functions would delete, and how the last pruning went or goes."""

from typing import Any

from django.urls import reverse

from deployments.fleet_planner import KEPT_VERSIONS
from deployments.forms import ReasonForm
from deployments.models import Fleet
from deployments.selectors.fleets import fleet_of, sharing
from deployments.selectors.pruning import DueVersions, due_versions, last_pruning
from products.models import Environment
from runs.models import Run, RunState, RunStep
from users.actions import allowed
from users.models import User
from users.permissions import who_may
from users.refusals import Missing


def prune_page(user: User, environment: Environment, form: ReasonForm) -> dict[str, Any]:
    """The context of `deployments/prune.html`. Raises Missing where nobody knows of functions."""
    fleet = fleet_of(environment)
    if fleet is None:
        raise Missing(
            f"No functions are known behind the API of {environment}, so there are no versions to prune."
        )
    slug, name = environment.product.slug, environment.name
    due, run = due_versions(fleet), last_pruning(fleet)
    return {
        "environment": environment,
        "crumbs": [
            (environment.product.name, reverse("product", args=[slug])),
            (name, reverse("environment", args=[slug, name])),
            ("Old versions", ""),
        ],
        "functions": f"{fleet.prefix}*",
        "account": f"{fleet.account.name} {fleet.account.aws_id}, {fleet.account.region}",
        "sharing": [str(one) for one in sharing(environment)],
        "fleet": fleet,
        "due": due,
        "stay": due.known - due.versions,
        "kept": KEPT_VERSIONS,
        "last": _last(run) if run else None,
        "poll_url": reverse("back-end-prune-progress", args=[slug, name]) if run and run.is_active else "",
        "form": form,
        "refused": _refused(user, due, run),
    }


def _refused(user: User, due: DueVersions, run: Run | None) -> str:
    """Why the button is not offered; "" when it is."""
    if not allowed(user, "run.steer"):
        return f"Only {who_may('run.steer')} may do this."
    if run is not None and run.is_active:
        return "They are being pruned."
    if not due.asked:
        return f"No function has more than {KEPT_VERSIONS} versions that the console knows of."
    return ""


def _last(run: Run) -> dict[str, Any]:
    step = run.steps.get(name="prune")
    return {
        "state": run.state,
        "who": str(run.actor or "the console"),
        "at": run.created_at,
        "ended_at": run.ended_at,
        "done": step.done,
        "total": step.total,
        "result": _result(run, step),
        "why": run.error or (run.is_active and (run.waiting_for or step.error)) or "",
        "announced": _announced(run, step),
    }


def _result(run: Run, step: RunStep) -> str:
    """What was deleted, in words; of one that has not come to its end as far as it told."""
    if "deleted" not in step.output:
        return step.note or ("nothing yet" if run.is_active else "not known")
    deleted = step.output["deleted"]
    return f"{deleted:,} version{'' if deleted == 1 else 's'} deleted"


def _announced(run: Run, step: RunStep) -> str:
    """One sentence for who hears the page."""
    if run.is_active:
        return "Old versions are being deleted."
    ended = "ended" if run.state == RunState.SUCCEEDED else run.get_state_display().lower()
    return f"The pruning {ended}: {_result(run, step)}."


def prune_url(user: User, environment: Environment, fleet: Fleet) -> str:
    """The page to prune the fleet from; "" for who may not, and as long as nobody has looked."""
    offered = allowed(user, "run.steer") and fleet.observed_at is not None
    return reverse("back-end-prune", args=[environment.product.slug, environment.name]) if offered else ""
