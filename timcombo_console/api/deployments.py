"""Environments: what runs there, their configuration, plans and deployments."""

import json
import re
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from deployments.models import Deployment, EnvironmentState, HandlerChange, Readiness
from deployments.selectors.deployments import deployment_for, state_of
from deployments.selectors.plans import plan_for
from deployments.selectors.releases import release_for
from deployments.services import steer
from deployments.services.edits import accept_edits
from deployments.services.handlers import skip_handler
from deployments.services.promote import promote, rollback
from monitoring.models import EdgeTruth, Watch
from monitoring.selectors.alarms import ringing
from monitoring.selectors.deployments import newest_watches
from products.models import Environment
from products.selectors import environment_for, product_for
from products.services.configuration import save_config
from timcombo_console.api import shapes
from timcombo_console.api.auth import doing, seeing
from timcombo_console.api.bodies import Strict
from timcombo_console.api.lists import limit_of, listed
from users.models import User
from users.refusals import Invalid

router = Router(tags=["deployments"])


Half = Literal["", "frontend", "backend"]
"""Only this half of a release; empty: whatever it holds for the environment."""


class Version(Strict):
    """Which release."""

    version: str
    half: Half = ""


class Wish(Strict):
    """A promotion. `plan_digest` binds it to a plan; `confirm` is a protected environment's name."""

    version: str
    reason: str
    plan_digest: str | None = None
    confirm: str = ""
    override: str = ""
    half: Half = ""


class WayBack(Strict):
    """A rollback; without a version to the last good one."""

    version: str | None = None
    reason: str
    confirm: str = ""
    half: Half = ""


class Values(Strict):
    """The whole public configuration, as edited from `revision` (0: none was there)."""

    values: dict[str, str]
    reason: str
    revision: int


class Why(Strict):
    reason: str


class Accepted(Strict):
    """Handlers that were edited by hand; empty: all of them."""

    reason: str
    handlers: list[str] = []


ENVIRONMENT = "/products/{slug}/environments/{name}"


def answer(body: Any, *, poll: bool = False) -> HttpResponse:
    """JSON; with `Retry-After` when it is worth asking again."""
    response = HttpResponse(json.dumps(body), content_type="application/json")
    if poll:
        response["Retry-After"] = "1"
    return response


@router.get("/products/{slug}/environments", summary="A product's environments and what runs there")
def environments(request: HttpRequest, slug: str, cursor: str = "", limit: int = 50) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        product = product_for(user, slug)
        found = (
            Environment.objects.filter(product=product).select_related("config").prefetch_related("hostnames")
        )
        return listed(found.order_by("id"), None, cursor, limit, shape_all=_shape_all)

    return seeing(request, "estate.view", look)


def _shape_all(found: list[Environment]) -> list[shapes.Json]:
    states = {
        state.environment_id: state
        for state in EnvironmentState.objects.filter(environment__in=found).select_related(
            "running__release", "live__release"
        )
    }
    looked = Readiness.objects.in_bulk([one.pk for one in found])
    seen = _seen(found)
    return [
        shapes.environment(
            one, states.get(one.pk) or EnvironmentState(environment=one), looked.get(one.pk), seen[one.pk]
        )
        for one in found
    ]


def _seen(found: list[Environment]) -> dict[int, shapes.Seen]:
    watches, rings = newest_watches(one.pk for one in found), ringing()
    truths = EdgeTruth.objects.in_bulk([one.pk for one in found])
    return {
        one.pk: shapes.Seen(
            watches[one.pk].verdict if one.pk in watches else None,
            rings.get(one.pk, 0),
            truths[one.pk].findings if one.pk in truths else (),
        )
        for one in found
    }


def _told(found: Deployment) -> shapes.Json:
    return shapes.deployment(found, list(found.run.steps.all()), Watch.objects.filter(pk=found.pk).first())


@router.get(ENVIRONMENT + "/config", summary="Public configuration of an environment")
def config(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        return answer(_config(environment_for(user, slug, name)))

    return seeing(request, "estate.view", look)


def _config(environment: Environment) -> shapes.Json:
    revision = environment.config
    if revision is None:
        return {"values": {}, "revision": 0}
    return {"values": revision.values, "revision": revision.number}


@router.put(ENVIRONMENT + "/config", summary="Save the public configuration")
def put_config(request: HttpRequest, slug: str, name: str, given: Values) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        environment = environment_for(user, slug, name)
        saved = save_config(
            actor=user,
            environment=environment,
            values=given.values,
            reason=given.reason,
            revision=given.revision,
        )
        return {"values": saved.values, "revision": saved.number}

    return doing(request, 200, act)


@router.post(ENVIRONMENT + "/plan", summary="What a promotion would change; nothing is done")
def plan(request: HttpRequest, slug: str, name: str, given: Version) -> HttpResponse:
    """With `Idempotency-Key` the plan of the first call is answered again; to plan anew, send a new key or none."""

    def look(user: User) -> shapes.Json:
        environment = environment_for(user, slug, name)
        release = release_for(environment.product, given.version)
        plan = plan_for(environment, release, state=state_of(environment), wanted=given.half)
        return shapes.plan(plan, timezone.now())

    return doing(request, 200, look)


@router.post(ENVIRONMENT + "/deployments", summary="Promote a release")
def deploy(request: HttpRequest, slug: str, name: str, given: Wish) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        environment = environment_for(user, slug, name)
        release = release_for(environment.product, given.version)
        made = promote(
            actor=user,
            environment=environment,
            release=release,
            reason=given.reason,
            plan_digest=given.plan_digest,
            confirm=given.confirm,
            override=given.override,
            half=given.half,
        )
        return _deployment(made.pk)

    return doing(request, 202, act)


@router.post(ENVIRONMENT + "/rollback", summary="Roll back, by default to the last good release")
def roll_back(request: HttpRequest, slug: str, name: str, given: WayBack) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        environment = environment_for(user, slug, name)
        release = release_for(environment.product, given.version) if given.version else None
        made = rollback(
            actor=user,
            environment=environment,
            release=release,
            reason=given.reason,
            confirm=given.confirm,
            half=given.half,
        )
        return _deployment(made.pk)

    return doing(request, 202, act)


@router.post(ENVIRONMENT + "/back-end/accept", summary="Take handlers that were edited by hand as they are")
def accept(request: HttpRequest, slug: str, name: str, given: Accepted) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        environment = environment_for(user, slug, name)
        names = accept_edits(actor=user, environment=environment, reason=given.reason, names=given.handlers)
        return {"accepted": names}

    return doing(request, 200, act)


@router.get("/deployments/{pk}", summary="One deployment and its steps")
def deployment(request: HttpRequest, pk: int) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        found = deployment_for(pk)
        return answer(_told(found), poll=found.run.is_active)

    return seeing(request, "estate.view", look)


def _deployment(pk: int) -> shapes.Json:
    return _told(deployment_for(pk))


ACTS = {"cancel": steer.cancel, "retry": steer.retry, "skip": steer.skip}


def _steer(request: HttpRequest, pk: int, name: str, reason: str) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        ACTS[name](actor=user, deployment=deployment_for(pk), reason=reason)
        return _deployment(pk)

    return doing(request, 202, act)


@router.post("/deployments/{pk}/cancel", summary="Stop it before its next step")
def cancel(request: HttpRequest, pk: int, given: Why) -> HttpResponse:
    return _steer(request, pk, "cancel", given.reason)


@router.post("/deployments/{pk}/retry", summary="Go on from the failed step")
def retry(request: HttpRequest, pk: int, given: Why) -> HttpResponse:
    return _steer(request, pk, "retry", given.reason)


@router.post("/deployments/{pk}/skip", summary="Leave the failed step out and go on")
def skip(request: HttpRequest, pk: int, given: Why) -> HttpResponse:
    return _steer(request, pk, "skip", given.reason)


@router.get("/deployments/{pk}/handlers", summary="What it does to each handler of the back end")
def handlers(request: HttpRequest, pk: int, cursor: str = "", limit: int = 50) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        found = HandlerChange.objects.filter(deployment=deployment_for(pk), name__gt=_name(cursor))
        rows = list(found.order_by("name")[: limit_of(limit) + 1])
        more = rows[limit - 1].name if len(rows) > limit else None
        return answer({"items": [shapes.handler(row) for row in rows[:limit]], "next": more})

    return seeing(request, "estate.view", look)


def _name(cursor: str) -> str:
    """The handler a page begins after; "" is the first page. Raises Invalid for what is no handler's name."""
    if cursor and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cursor):
        raise Invalid(f"The cursor {cursor[:40]!r} is none of ours. Take `next` of the page before.")
    return cursor


@router.post("/deployments/{pk}/handlers/{name}/skip", summary="Leave a failed handler out")
def skip_one(request: HttpRequest, pk: int, name: str, given: Why) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        found = deployment_for(pk)
        return shapes.handler(skip_handler(actor=user, deployment=found, name=name, reason=given.reason))

    return doing(request, 200, act)


@router.post("/deployments/{pk}/handlers/{name}/retry", summary="Go on with one handler that failed")
def retry_one(request: HttpRequest, pk: int, name: str, given: Why) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        steer.retry_handler(actor=user, deployment=deployment_for(pk), name=name, reason=given.reason)
        return _deployment(pk)

    return doing(request, 202, act)
