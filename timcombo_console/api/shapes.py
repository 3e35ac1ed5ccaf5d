"""What the API answers, as plain JSON values. Times are RFC 3339 in UTC; ids are integers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audit.models import Event, Seal
from deployments.models import Deployment, EnvironmentState, HandlerChange, Readiness, Release
from deployments.planner import Plan
from monitoring.models import Build, Watch
from monitoring.selectors.statistics import Report
from monitoring.statistics import Figures, Share, Spread, StepFigures
from products.models import Environment, Product
from runs.models import RunState, RunStep

Json = dict[str, Any]


def moment(when: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the microsecond."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z") if when else None


def product(one: Product) -> Json:
    environments = [environment.name for environment in one.environments.all()]
    return {"slug": one.slug, "name": one.name, "domain": one.domain, "environments": environments}


def release(one: Release, running_in: Iterable[Environment]) -> Json:
    return {
        "version": one.version,
        "commit": one.commit,
        "notes": one.notes,
        "status": one.status,
        "bad": one.bad,
        "reasons": [_reason(reason) for reason in one.reasons],
        "artifacts": [
            {"target": a.target, "files": a.files, "bytes": a.bytes, "sha256": a.sha256}
            for a in one.artifacts.all()
        ],
        "running_in": [environment.name for environment in running_in],
        "created_at": moment(one.created_at),
        "created_by": one.created_by.get_username(),
    }


def _reason(reason: Json) -> Json:
    path = reason.get("path")
    return {"text": reason["text"]} | ({"path": path} if path else {})


@dataclass(frozen=True)
class Seen:
    """What was measured and found of an environment: the verdict on its newest deployment (None: not watched), alarms
    that ring and nobody silenced, and how the edge differs from what is declared."""

    health: str | None = None
    alarms: int = 0
    findings: Sequence[Json] = ()

    def as_json(self) -> Json:
        return {
            "health": self.health,
            "alarms": self.alarms,
            "findings": [dict(one) for one in self.findings],
        }


def health(watch: Watch) -> Json:
    return {
        "verdict": watch.verdict,
        "text": watch.text,
        "figures": watch.figures,
        "until": moment(watch.ends_at),
        "decided_at": moment(watch.decided_at),
        "rollback": watch.rollback_id,
        "held": watch.held or None,
    }


def environment(
    one: Environment, state: EnvironmentState, readiness: Readiness | None, seen: Seen | None = None
) -> Json:
    return {
        "name": one.name,
        "kind": one.kind,
        "hostnames": [hostname.name for hostname in one.hostnames.all()],
        "protected": one.protected,
        "running": state.running.release.version if state.running else None,
        "live": state.live.release.version if state.live else None,
        "active_deployment": state.active_id,
        "state": _state(state),
        "config_revision": one.config.number if one.config else None,
        "way_back": _way_back(readiness, state),
        **(seen or Seen()).as_json(),
    }


def _way_back(readiness: Readiness | None, state: EnvironmentState) -> list[Json] | None:
    """Null when nobody has looked since the last deployment."""
    return readiness.ways if readiness and readiness.is_fresh(state) else None


def _state(state: EnvironmentState) -> str:
    if state.active_id:
        return "deploying"
    if state.failed_id:
        return "failed"
    return "live" if state.live_id else "never"


def plan(one: Plan, created_at: datetime) -> Json:
    return {**one.as_json(), "created_at": moment(created_at)}


def deployment(one: Deployment, steps: Sequence[RunStep], watch: Watch | None) -> Json:
    return {
        "id": one.pk,
        "product": one.environment.product.slug,
        "environment": one.environment.name,
        "version": one.release.version,
        "back_end": one.back_end_version or None,
        "previous": one.previous.release.version if one.previous else None,
        "kind": one.kind,
        "status": one.status,
        "reason": one.reason,
        "actor": one.actor.get_username() if one.actor else None,
        "created_at": moment(one.created_at),
        "steps": [_step(step) for step in steps],
        "health": health(watch) if watch else None,
        "error": one.run.error if one.run.state == RunState.FAILED else None,
    }


def _step(one: RunStep) -> Json:
    return {
        "name": one.name,
        "status": one.state,
        "done": one.done,
        "total": one.total,
        "bytes": one.bytes_done,
        "attempts": one.attempts,
        "error": one.error or None,
        "request_ids": one.request_ids,
        "started_at": moment(one.started_at),
        "ended_at": moment(one.ended_at),
    }


def handler(one: HandlerChange) -> Json:
    return {
        "name": one.name,
        "state": one.state,
        "version": one.version or None,
        "error": one.error or None,
        "note": one.note or None,
    }


def build(one: Build) -> Json:
    return {
        "id": one.pk,
        "version": one.version,
        "commit": one.commit,
        "status": one.status,
        "url": one.url or None,
        "created_at": moment(one.at),
        "created_by": one.actor.get_username(),
    }


def statistics(report: Report) -> Json:
    return {
        "product": report.product.slug,
        "period": report.period.name,
        "since": moment(report.period.since),
        "until": moment(report.period.until),
        "goal": report.goal.name if report.goal else None,
        "environments": [
            {"name": place.name, **_figures(report.figures[place.id])} for place in report.places
        ],
        "builds": _share(report.builds),
        "steps_of": report.chosen.name if report.chosen else None,
        "steps": [_step_figures(one) for one in report.steps],
        "handlers_updated": _share(report.handlers),
    }


def _figures(one: Figures) -> Json:
    often = one.frequency
    return {
        "deployments": {"of": often.of, "rollbacks": one.rollbacks, "per_week": often.per(7)},
        "lead_time": _spread(one.lead, "p90"),
        "change_failure_rate": _share(one.failures),
        "time_to_restore": {**_spread(one.restore, "p90"), "open": one.unmended},
    }


def _step_figures(one: StepFigures) -> Json:
    return {"name": one.name, "success": _share(one.success), "time": _spread(one.time, "p95")}


def _share(one: Share) -> Json:
    return {"ratio": one.ratio, "part": one.part, "of": one.of}


def _spread(one: Spread, tail: str) -> Json:
    return {"median": one.median, tail: one.tail, "of": one.of}


def event(one: Event, seal: Seal | None) -> Json:
    return {
        "id": one.pk,
        "at": moment(one.at),
        "actor": one.actor_name,
        "action": one.action,
        "result": one.result,
        "product": one.product or None,
        "environment": one.environment or None,
        "subject": one.subject,
        "summary": one.summary,
        "reason": one.reason,
        "before": one.before,
        "after": one.after,
        "run": one.run,
        "request_ids": one.request_ids,
        "address": one.address,
        "channel": one.channel,
        "seal": {"position": seal.position, "hash": seal.hash} if seal else None,
    }
