"""The AWS resources of a product: how they stand, the plan, and applying it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from products.models import Product
from products.selectors import product_for
from provisioning.models import Apply, ChangeState
from provisioning.pages import address_of, key_of, state_of
from provisioning.planner import Plan
from provisioning.selectors import Standing, look_of, picture_of, plan_of
from provisioning.services.apply import apply_plan
from provisioning.services.look import look
from provisioning.services.steer import cancel, retry
from provisioning.shapes import Address
from runs.models import Run, RunState
from timcombo_console.api.auth import doing, seeing
from timcombo_console.api.bodies import Strict
from timcombo_console.api.deployments import answer
from timcombo_console.api.shapes import Json, moment
from users.models import User
from users.refusals import Invalid, Missing

router = Router(tags=["estate"])
ESTATE = "/products/{slug}/estate"


class Wish(Strict):
    """Apply the plan of this digest. Resources are named `kind/account/name`.

    `tick` what shall be adopted or deleted, or have `adopt_all` adopt everything; `only` narrows the plan.
    """

    plan_digest: str
    reason: str
    tick: list[str] = []
    adopt_all: bool = False
    only: list[str] = []


@router.get(ESTATE, summary="The product's AWS resources, as last seen")
def estate(request: HttpRequest, slug: str) -> HttpResponse:
    def see(user: User) -> HttpResponse:
        product = product_for(user, slug)
        row = look_of(product)
        looking = row is not None and row.run is not None and row.run.is_active
        told = {
            "seen_at": moment(row.seen_at) if row else None,
            "looking": looking,
            "resources": [_resource(one) for one in picture_of(product).standings],
        }
        return answer(told, poll=looking)

    return seeing(request, "estate.view", see)


def _resource(one: Standing) -> Json:
    row = one.row
    return {
        "key": key_of(one.address),
        **one.address._asdict(),
        "environment": one.wish.place or None if one.wish else None,
        "aws_id": row.aws_id or None if row else None,
        "state": state_of(one),
        "changed_by_hand": [field._asdict() for field in one.drift],
        "edited_here": [field._asdict() for field in one.pending],
        "error": row.error or None if row else None,
        "waits_for": row.waits_for or None if row else None,
        "seen_at": moment(row.observed_at) if row else None,
    }


@router.post(ESTATE + "/look", summary="Look at the product's AWS resources; nothing is changed")
def look_now(request: HttpRequest, slug: str) -> HttpResponse:
    def act(user: User) -> Json:
        return _run(look(actor=user, product=product_for(user, slug)))

    return doing(request, 202, act)


def _run(run: Run) -> Json:
    return {"run": run.pk, "status": run.state, "error": run.error or None}


@router.get(ESTATE + "/plan", summary="What applying would change in AWS, as last seen")
def plan(request: HttpRequest, slug: str, only: str = "") -> HttpResponse:
    def see(user: User) -> HttpResponse:
        keys = [key for key in only.split(",") if key]
        return answer(_plan(plan_of(product_for(user, slug), _addresses(keys))))

    return seeing(request, "estate.view", see)


def _plan(one: Plan) -> Json:
    changes = [
        {"key": key_of(c.address), **c.as_json(), "environment": c.place or None, "needs_tick": c.needs_tick}
        for c in one.changes
    ]
    return {"digest": one.digest, "changes": changes, "unseen": [key_of(address) for address in one.unseen]}


def _addresses(keys: list[str]) -> list[Address]:
    found = {key: address_of(key) for key in keys}
    if wrong := [key for key, address in found.items() if address is None]:
        raise Invalid(f"{wrong[0]} names no resource. Resources are named kind/account/name.")
    return [address for address in found.values() if address]


@router.post(ESTATE + "/apply", summary="Apply a plan")
def apply(request: HttpRequest, slug: str, given: Wish) -> HttpResponse:
    def act(user: User) -> Json:
        product, only = product_for(user, slug), _addresses(given.only)
        ticked = set(_addresses(given.tick))
        if given.adopt_all:
            ticked |= {one.address for one in plan_of(product, only).changes if one.action == "adopt"}
        made = apply_plan(
            actor=user,
            product=product,
            digest=given.plan_digest,
            reason=given.reason,
            ticked=ticked,
            only=only,
        )
        return _applied(made)

    return doing(request, 202, act)


@router.get(ESTATE + "/applies/{number}", summary="How far a plan is applied")
def applied(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    def see(user: User) -> HttpResponse:
        found = _find(product_for(user, slug), number)
        return answer(_applied(found), poll=found.run.is_active)

    return seeing(request, "estate.view", see)


class Why(Strict):
    """Why it is done; the reason goes on record."""

    reason: str


@router.post(ESTATE + "/applies/{number}/retry", summary="Go on with a plan from the change that failed")
def go_on(request: HttpRequest, slug: str, number: int, given: Why) -> HttpResponse:
    return doing(request, 202, lambda user: _steered(retry, user, slug, number, given))


@router.post(ESTATE + "/applies/{number}/cancel", summary="Stop a plan before its next change")
def stop(request: HttpRequest, slug: str, number: int, given: Why) -> HttpResponse:
    return doing(request, 202, lambda user: _steered(cancel, user, slug, number, given))


def _steered(act: Callable[..., Apply], user: User, slug: str, number: int, given: Why) -> Json:
    return _applied(act(actor=user, apply=_find(product_for(user, slug), number), reason=given.reason))


def _find(product: Product, number: int) -> Apply:
    found = Apply.objects.select_related("run", "actor", "product").filter(product=product, pk=number).first()
    if found is None:
        raise Missing(f"No plan {number} was applied to {product}.")
    return found


def _applied(one: Apply) -> Json:
    changes: list[Any] = list(one.changes.select_related("account"))
    return {
        "id": one.pk,
        **_run(one.run),
        "digest": one.digest,
        "reason": one.reason,
        "actor": one.actor.get_username() if one.actor else None,
        "created_at": moment(one.created_at),
        "done": sum(change.state == ChangeState.DONE for change in changes),
        "changes": [
            {"key": key_of(change.address), "action": change.action, "state": change.state}
            for change in changes
        ],
        "waiting_for": one.run.waiting_for or None if one.run.state == RunState.RUNNING else None,
    }
