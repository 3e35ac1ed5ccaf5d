"""What the page of one deployment shows and its poll brings: steps, counts, log, and what may be done now."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from deployments.models import Deployment, EnvironmentState, HandlerState
from deployments.pages.grid import Grid, grid_of, grid_section
from deployments.pages.pace import handler_numbers, is_about_handlers
from deployments.pages.status import overtaken_by, seconds_of, status_of, visitors_get
from deployments.selectors.deployments import (
    is_switched,
    running_back_end,
    state_of,
)
from deployments.selectors.plans import BACK_END
from deployments.selectors.ways_back import WaysBack
from runs.models import RunState, StepLine, StepState
from runs.selectors import ShownStep, shown_steps
from runs.services import cancel_refusal, retry_refusal, skip_offered
from users.actions import allowed
from users.models import User
from users.permissions import who_may

LINES = 300
OVER = (StepState.DONE, StepState.SKIPPED)
VERIFYING = ("verify", "verify-handlers")


def progress_page(user: User, deployment: Deployment, asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/_progress.html`.

    Of the address's query, `log` filters the log, and `handlers` chooses by state which of them are listed.
    """
    steps = shown_steps(deployment.run)
    current = _current(deployment, steps)
    grid = grid_of(deployment)
    now = state_of(deployment.environment)
    log_filter, state = asked.get("log", ""), asked.get("handlers", "")
    query = {name: text for name, text in (("log", log_filter), ("handlers", state)) if text}
    environment = deployment.environment
    slug = environment.product.slug
    address = reverse("deployment", args=[deployment.pk])
    poll = reverse("deployment-progress", args=[deployment.pk]) + (f"?{urlencode(query)}" if query else "")
    return {
        "environment": environment,
        "version": deployment.release.version,
        "number": deployment.pk,
        "crumbs": [
            ("Environments", reverse("matrix")),
            (f"{environment}", reverse("environment", args=[slug, environment.name])),
            (f"Deployment {deployment.pk}", ""),
        ],
        "poll_url": poll if deployment.run.is_active else "",
        "status": status_of(deployment, now),
        "headline": _headline(deployment, steps, current, now),
        "announced": _announced(deployment, steps, current, now),
        "kind_text": "Rolled back" if deployment.kind == "rollback" else "Started",
        "who": deployment.who,
        "at": deployment.created_at,
        "reason": deployment.reason,
        "visitors": _visitors(deployment, now),
        "error": _error(deployment, current, now),
        "numbers": handler_numbers(deployment, grid, steps, current)
        if grid and is_about_handlers(deployment, current)
        else _numbers(deployment, steps, current),
        "fleet": grid_section(user, deployment, grid, state) if grid else None,
        "steps": [_step(one, current) for one in steps],
        "log": _log(deployment, log_filter),
        "log_q": log_filter,
        "log_url": address,
        "log_note": "newest first, UTC"
        if deployment.run.is_active
        else f"newest first, at most {LINES} lines, UTC",
        "acts": _acts(user, deployment, grid),
        "dock_note": _dock_note(deployment, now),
    }


PAST = {"rolled_back": "Rolled back", "replaced": "Replaced"}
"""What a deployment is that was live and is not any more."""


def _current(deployment: Deployment, steps: list[ShownStep]) -> ShownStep | None:
    """The step under way or failed; None when all are over."""
    left = [one for one in steps if one.row.state not in OVER]
    return left[0] if left and deployment.run.state != RunState.SUCCEEDED else None


def _headline(
    deployment: Deployment, steps: list[ShownStep], current: ShownStep | None, now: EnvironmentState
) -> str:
    state = deployment.run.state
    if state == RunState.SUCCEEDED and (past := PAST.get(status_of(deployment, now))):
        return past
    if state == RunState.SUCCEEDED:
        where = "verified at the edge" if deployment.artifact_id else "verified in its functions"
        return f"Live, {where}" if _verified(steps) else "Live, not verified"
    if state == RunState.CANCELLED:
        return "Cancelled"
    place = f"step {current.row.position + 1} of {len(steps)}" if current else ""
    if state == RunState.FAILED:
        failed = "Partly live, failed" if deployment.partial else "Failed"
        return f"{failed} at {current.label.lower()}" if current else failed
    if state == RunState.QUEUED:
        return "Queued"
    return f"Deploying, {place}"


def _verified(steps: list[ShownStep]) -> bool:
    return all(one.row.state == StepState.DONE for one in steps if one.row.name in VERIFYING)


def _announced(
    deployment: Deployment, steps: list[ShownStep], current: ShownStep | None, now: EnvironmentState
) -> str:
    """One sentence per step, for who hears the page."""
    if current is None or not deployment.run.is_active:
        return f"{deployment}: {_headline(deployment, steps, current, now).lower()}."
    return f"{deployment}: step {current.row.position + 1} of {len(steps)}, {current.label.lower()}."


def _visitors(deployment: Deployment, now: EnvironmentState) -> str:
    if deployment.artifact_id is None:
        return _callers(deployment, now)
    if overtaken := overtaken_by(deployment, now):
        return f"visitors get {overtaken.release.version} now, by deployment {overtaken.pk}"
    before = deployment.previous.release.version if deployment.previous else ""
    if deployment.run.state == RunState.SUCCEEDED:
        return f"visitors get {deployment.release.version}"
    if deployment.switched_at:
        return f"visitors get {visitors_get(deployment)}, it is not verified yet"
    return f"visitors still get {before}" if before else "visitors get nothing here yet"


def _callers(deployment: Deployment, now: EnvironmentState) -> str:
    """As `_visitors`, of a deployment that leaves the pages as they are."""
    if status_of(deployment, now) in PAST:
        return "the API calls another release now"
    version = deployment.release.version
    if deployment.run.state == RunState.SUCCEEDED or deployment.partial:
        return f"the API calls {version}{', but not all of it' if deployment.partial else ''}"
    return "pages stay as they are"


def _error(deployment: Deployment, current: ShownStep | None, now: EnvironmentState) -> dict[str, Any] | None:
    """The card on top when it failed; a quieter one while a step is tried again."""
    if deployment.run.state == RunState.FAILED:
        return {
            "kind": "stop",
            "title": f"It failed at {current.label.lower()}" if current else "It failed",
            "text": f"{deployment.run.error} {_safe(deployment, now)}".strip(),
            "request_id": _last_request(current),
        }
    if current and current.row.error and deployment.run.is_active:
        title = f"{current.label} is tried again, attempt {current.row.attempts + 1}"
        return {"kind": "warn", "title": title, "text": current.row.error}
    return None


def _safe(deployment: Deployment, now: EnvironmentState) -> str:
    """What the failure means for visitors; of handlers its own text says it."""
    if deployment.artifact_id is None:
        return ""
    if overtaken := overtaken_by(deployment, now):
        return f"Visitors get {overtaken.release.version} now, by deployment {overtaken.pk}."
    if deployment.switched_at:
        return f"Visitors get {visitors_get(deployment)}."
    if deployment.backend_id:
        return "No entry point was written, so visitors get the same pages as before."
    return "No entry point was written, so no visitor is affected."


def _last_request(current: ShownStep | None) -> str:
    if current is None:
        return ""
    failed = (
        StepLine.objects.filter(step=current.row, level="error")
        .exclude(request_id="")
        .order_by("-id")
        .first()
    )
    return failed.request_id if failed else ""


def _numbers(
    deployment: Deployment, steps: list[ShownStep], current: ShownStep | None
) -> list[dict[str, Any]]:
    """Four numbers: objects, bytes, rate and time, of the step under way or of all of it."""
    shown = current if current and current.row.total else None
    rows = [shown.row] if shown else [one.row for one in steps if one.row.name in ("copy", "switch")]
    done, total = sum(r.done for r in rows), sum(r.total or 0 for r in rows)
    moved, whole = sum(r.bytes_done for r in rows), sum(r.bytes_total or 0 for r in rows)
    seconds = shown.seconds if shown else sum(s.seconds or 0 for s in steps if s.row in rows)
    rate = done / seconds if seconds and done else None
    return [
        {
            "label": "Objects",
            "kind": "count",
            "value": done,
            "of": total,
            "now": done,
            "most": total,
            "note": _what(shown),
        },
        {"label": "Bytes", "kind": "size", "value": moved, "of": whole, "note": "inside S3"},
        {"label": "Rate", "kind": "rate", "value": rate, "note": "objects per second"},
        _time(deployment, steps, current, rate, total - done),
    ]


def _what(shown: ShownStep | None) -> str:
    return shown.label.lower() if shown else "written in all steps"


def _time(
    deployment: Deployment, steps: list[ShownStep], current: ShownStep | None, rate: float | None, left: int
) -> dict[str, Any]:
    if not deployment.run.is_active:
        return {
            "label": "Took",
            "kind": "duration",
            "value": seconds_of(deployment),
            "note": "from the click to the end",
        }
    usual = [one.usual_seconds for one in steps if one.row.state not in OVER and one is not current]
    here = left / rate if rate and current and current.row.total else _rest(current)
    if here is None or any(seconds is None for seconds in usual):
        return {"label": "Time left", "kind": "text", "value": "not known", "note": "not measured here yet"}
    return {
        "label": "Time left",
        "kind": "duration",
        "value": here + sum(s or 0 for s in usual),
        "note": "by the usual times",
    }


def _rest(current: ShownStep | None) -> float | None:
    if current is None:
        return 0.0
    if current.usual_seconds is None:
        return None
    return max(0.0, current.usual_seconds - (current.seconds or 0))


def _step(one: ShownStep, current: ShownStep | None) -> dict[str, Any]:
    row = one.row
    return {
        "label": one.label,
        "state": row.state,
        "seconds": one.seconds,
        "about": one.usual_seconds if row.state == StepState.PENDING else None,
        "text": _step_text(one),
        "current": one is current,
    }


def _step_text(one: ShownStep) -> str:
    row = one.row
    if row.state == StepState.FAILED:
        return "failed"
    if row.note:
        return row.note
    if row.total:
        return f"{row.done:,} of {row.total:,}"
    if row.state == StepState.DONE and "unchanged" in row.output:
        return f"{row.output['written']:,} written, {row.output['unchanged']:,} there already"
    return ""


def _log(deployment: Deployment, log_filter: str) -> list[StepLine]:
    lines = StepLine.objects.filter(step__run=deployment.run_id)
    if log_filter:
        lines = lines.filter(text__icontains=log_filter)
    return list(lines.order_by("-id")[:LINES])


def _acts(user: User, deployment: Deployment, grid: Grid | None) -> list[dict[str, Any]]:
    """The dock: what is not allowed stays visible, with the reason."""
    state = deployment.run.state
    acts = []
    if state == RunState.FAILED:
        refusal = retry_refusal(deployment.run) or ""
        acts.append(_act(user, deployment, "retry", _retry_text(grid), "retry", "primary", refusal))
        if skip_offered(deployment.run):
            acts.append(_act(user, deployment, "skip", "Skip this step", "skip", "plain", ""))
    if deployment.run.is_active:
        refusal = cancel_refusal(deployment.run) or ""
        acts.append(_act(user, deployment, "cancel", "Cancel deployment", "fail", "stop", refusal))
    if back := _way_back(user, deployment):
        acts.append(back)
    return acts


def _retry_text(grid: Grid | None) -> str:
    failed = grid.counts[HandlerState.FAILED] if grid else 0
    return f"Retry {failed} handler{'' if failed == 1 else 's'}" if failed else "Retry"


QUESTIONS = {
    "retry": "It goes on from the failed step; what is done is not done again.",
    "skip": "The failed step is left out and the rest goes on. Say why that is right.",
    "cancel": "It stops before its next step. Nothing that visitors see has changed yet.",
}


def _act(
    user: User, deployment: Deployment, name: str, text: str, icon: str, look: str, refused: str
) -> dict[str, Any]:
    if not allowed(user, "run.steer"):
        refused = f"Only {who_may('run.steer')} may do this."
    return {
        "name": name,
        "text": text,
        "icon": icon,
        "look": look,
        "url": reverse(f"deployment-{name}", args=[deployment.pk]),
        "refused": refused,
        "question": QUESTIONS[name],
    }


def _runs(deployment: Deployment) -> str | None:
    """Which half of what runs here is this deployment's: "" for the front end or both; None when nothing is."""
    if state_of(deployment.environment).running_id == deployment.pk:
        return ""
    running = running_back_end(deployment.environment) if deployment.backend_id else None
    return BACK_END if running is not None and running.pk == deployment.pk else None


def _way_back(user: User, deployment: Deployment) -> dict[str, Any] | None:
    """Roll back, when visitors get this deployment and there is something to go back to."""
    environment = deployment.environment
    half = _runs(deployment)
    if deployment.run.is_active or half is None:
        return None
    if WaysBack(environment, state_of(environment), half).default() is None:
        return None
    refused = (
        "" if allowed(user, "deployment.rollback") else f"Only {who_may('deployment.rollback')} may do this."
    )
    url = reverse("rollback", args=[environment.product.slug, environment.name])
    url += f"?half={half}" if half else ""
    look = "primary" if deployment.run.state == RunState.SUCCEEDED else "plain"
    return {
        "name": "rollback",
        "text": f"Roll back {environment.name}",
        "icon": "back",
        "look": look,
        "url": url,
        "link": True,
        "refused": refused,
    }


def _dock_note(deployment: Deployment, now: EnvironmentState) -> str:
    if deployment.artifact_id is None:
        return _back_end_note(deployment)
    if overtaken := overtaken_by(deployment, now):
        return f"Visitors get deployment {overtaken.pk} now."
    if deployment.run.state == RunState.SUCCEEDED:
        return "Seen at the edge twice in a row."
    if deployment.run.state == RunState.FAILED and deployment.switched_at and not is_switched(deployment):
        return "It stopped while entry points were written: retry, or roll back."
    if deployment.switched_at:
        return "Entry points are written; from here on you roll back."
    if not deployment.run.is_active:
        return ""
    if cancel_refusal(deployment.run):
        return "Handlers are being switched; from here on you roll back."
    last = "handlers are switched" if deployment.backend_id else "entry points are written"
    return f"Nothing is live yet. You can cancel until {last}; from then on you roll back."


def _back_end_note(deployment: Deployment) -> str:
    if deployment.run.state == RunState.SUCCEEDED:
        return "Every handler was seen to have its code."
    if deployment.run.state == RunState.FAILED:
        return "A retry takes up the handlers that failed or were put back, without those that were left out."
    if deployment.run.is_active and not cancel_refusal(deployment.run):
        return "Callers still get the code of before. You can cancel until handlers are switched."
    return ""
