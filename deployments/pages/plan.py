"""What the plan page and the rollback page show besides the difference: checks, estimates, what stays."""

from collections.abc import Sequence
from typing import Any

from deployments.manifest import CONFIG, Manifest
from deployments.models import Deployment, EnvironmentState, Release
from deployments.planner import Plan
from deployments.selectors.deployments import was_live_in
from deployments.selectors.fleets import sharing
from deployments.services.promote import RECIPES
from dns.selectors import addresses_of
from products.models import Environment
from runs.selectors import usual_seconds
from users.actions import allowed
from users.models import User
from users.permissions import PERMISSIONS, who_may

Check = dict[str, str]


def place(environment: Environment, running: Deployment | None) -> dict[str, Any]:
    """Who is affected and what they get now."""
    return {
        "environment": environment,
        "public": addresses_of(environment).public or environment.name,
        "running": running.release.version if running else "",
        "running_note": f"by {running.who}" if running else "no release was promoted here yet",
    }


def usual(plan: Plan, *, rollback: bool = False) -> float | None:
    """Seconds such a deployment usually takes, by the steps of its kind; None when nothing was measured yet."""
    carried = plan.front, plan.fleet is not None
    kind = "release-set-back" if rollback and all(carried) else RECIPES[carried]
    times = usual_seconds(kind)
    return sum(times.values()) if times else None


def estimate(plan: Plan, usual: float | None) -> float | None:
    """Seconds it will take: as usual, but no less than the calls for its handlers need."""
    if usual is None:
        return None
    return max(usual, plan.fleet.seconds) if plan.fleet else usual


def to_copy(plan: Plan) -> dict[str, Any]:
    """Bytes that are written, and of what."""
    files = len(plan.files.added) + len(plan.files.changed)
    zips = [one.size for one in plan.fleet.handlers if one.way == "update"] if plan.fleet else []
    what = [f"{files} files"] if plan.front else []
    if plan.fleet:
        what.append(f"{len(zips)} handler zips")
    return {"bytes": plan.files.bytes + sum(zips), "bytes_note": f"{' and '.join(what)}, inside S3"}


def unchanged(environment: Environment, plan: Plan) -> list[tuple[str, str]]:
    """What stays as it is, and why."""
    stays = [
        *_other_half(plan),
        ("DNS and certificate", "No record, alias or certificate is touched."),
        (
            "Distribution and its cache policies",
            "Only paths are cleared, no setting changes."
            if plan.front
            else "Nothing at the edge is touched.",
        ),
        _others(environment, plan),
    ]
    kept = len(plan.files.removed) - len(plan.deleted)
    if kept:
        stays.insert(
            0,
            (
                f"{kept} files that the release no longer names",
                "They stay, so that open tabs can still load them.",
            ),
        )
    if plan.front and not plan.config:
        stays.insert(0, ("Configuration", _same_values(plan)))
    return stays


def _other_half(plan: Plan) -> list[tuple[str, str]]:
    if plan.fleet is None:
        return [
            ("Back end", "Handlers and API stay as they are; this deployment carries the front end only.")
        ]
    configuration = (
        "Configuration of functions",
        "Only code is deployed: no memory, runtime or variable changes.",
    )
    if plan.front:
        return [configuration]
    return [
        ("Front end", "Pages and assets stay as they are; this deployment carries the back end only."),
        configuration,
    ]


def _others(environment: Environment, plan: Plan) -> tuple[str, str]:
    if plan.fleet is None:
        return "Other environments", f"Only {environment.bucket} is written."
    callers = ", ".join(str(one) for one in sharing(environment))
    if callers:
        return (
            "Other environments",
            f"Their pages stay, but {callers} call the same functions and get the new code, too.",
        )
    return "Other environments", "None of them calls these functions."


def _same_values(plan: Plan) -> str:
    if CONFIG in plan.files.added.paths:
        return f"Every value stays as it is; the file {CONFIG} that carries them is new here."
    if CONFIG in plan.files.changed.paths:
        return f"Every value stays as it is, though the file {CONFIG} that carries them is written anew."
    return "Every value stays as it is."


def checks(
    actor: User,
    environment: Environment,
    release: Release,
    state: EnvironmentState,
    permission: str,
    plan: Plan,
    missing: Sequence[str] = (),
) -> list[Check]:
    """What must hold before the click, each with why and who can clear it. `missing` was seen to be gone of the release."""
    found = [_role(actor, permission), _ready(release, missing)]
    if environment.requires is not None and permission == "deployment.promote":
        found.append(_path(environment, release))
    found.append(_free(state))
    if plan.front:
        found.append(_observed(state))
    return found + back_end_checks(plan)


def back_end_checks(plan: Plan) -> list[Check]:
    """What stands in the way of the back end, if it is part of the plan."""
    if plan.fleet is None:
        return []
    if not plan.fleet.blockers:
        return [{"met": "yes", "text": "The back end can be deployed", "why": "As it was last seen."}]
    return [
        {"met": "no", "text": "The back end cannot be deployed", "why": why} for why in plan.fleet.blockers
    ]


def _role(actor: User, permission: str) -> Check:
    if allowed(actor, permission):
        return {"met": "yes", "text": "Your role may do this", "why": PERMISSIONS[permission]}
    return {
        "met": "no",
        "text": "Your role may not do this",
        "why": f"{who_may(permission).capitalize()} may.",
    }


def _ready(release: Release, missing: Sequence[str]) -> Check:
    if release.bad:
        return {"met": "no", "text": f"{release.version} is marked bad", "why": release.bad_reason}
    if missing:
        return {
            "met": "look",
            "text": "Not all that it needs was there",
            "why": "What is missing is named above. The first steps look again before anything is changed.",
        }
    return {
        "met": "yes",
        "text": "The release is whole",
        "why": "Every file was checked and archived with its checksum.",
    }


def _path(environment: Environment, release: Release) -> Check:
    needed = environment.requires
    assert needed is not None
    if was_live_in(release, needed):
        return {
            "met": "yes",
            "text": f"It was live in {needed.name}",
            "why": f"{environment.name} requires that.",
        }
    why = f"{environment.name} requires that. Promote it to {needed.name} first; {who_may('deployment.override')} may override it with a reason."
    return {"met": "no", "text": f"It was not live in {needed.name} yet", "why": why}


def _free(state: EnvironmentState) -> Check:
    if state.active is None:
        return {"met": "yes", "text": "Nothing else is being deployed here", "why": ""}
    why = f"{state.active.release.version}, started by {state.active.who}. Wait until it ends, or cancel it."
    return {"met": "no", "text": "Another deployment is under way", "why": why}


def _observed(state: EnvironmentState) -> Check:
    seen = state.observation
    if not seen:
        return {
            "met": "look",
            "text": "Bucket and distribution were not looked at yet",
            "why": "The first step checks them before anything is written.",
        }
    if not seen.get("serves_bucket") or not seen.get("enabled"):
        return {
            "met": "no",
            "text": "The distribution does not serve this bucket",
            "why": "The first step will stop. An admin corrects it in the settings.",
        }
    return {
        "met": "yes",
        "text": "The distribution serves this bucket",
        "why": f"{seen['distribution']}, seen by the last deployment.",
    }


def config_note(plan_from: int | None, plan_to: int | None) -> str:
    if plan_to is None:
        return "none is set"
    return (
        f"revision {plan_from} → {plan_to}" if plan_from and plan_from != plan_to else f"revision {plan_to}"
    )


def files_in(manifest: Manifest) -> str:
    return f"{len(manifest):,} files"
