"""Applying a plan: it is frozen, bound to what the person saw, and carried out by a Run."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import get_args

from django.urls import reverse

from audit.services import record
from products.models import Account, Environment, Product, Purpose
from provisioning.kinds import KEPT_BY
from provisioning.models import Apply, PlannedChange
from provisioning.planner import Action, Change
from provisioning.refusals import StaleEstate
from provisioning.selectors import plan_of
from provisioning.shapes import Address
from runs.models import Run
from runs.services import start
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState


@action("estate.apply", permission="estate.apply")
def apply_plan(
    *,
    actor: User,
    product: Product,
    digest: str,
    reason: str,
    ticked: Collection[Address] = (),
    only: Collection[Address] = (),
) -> Apply:
    """Carry out the plan of this digest, as a Run with a step for each change.

    What is adopted or deleted must be `ticked`; `only` narrows the plan to these resources. Raises Invalid without a
    reason, StaleEstate when the plan is another by now, WrongState when there is nothing to do, and Busy.
    """
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    locked = Product.objects.select_for_update().get(pk=product.pk)
    plan = plan_of(locked, only)
    if plan.digest != digest:
        raise StaleEstate(
            f"What is in AWS or in the settings of {product} changed since this plan was made, so it no longer holds. "
            "Nothing was started; look at the new plan."
        )
    if plan.unseen:
        raise WrongState(f"Nobody has seen the {plan.unseen[0]} yet. Look at the resources first.")
    chosen = plan.chosen(ticked)
    if not chosen:
        raise WrongState("There is nothing to do: what is to be adopted or deleted has to be ticked.")
    apply = begin(actor=actor, product=locked, changes=chosen, digest=digest, reason=reason)
    record(
        actor=actor,
        action="estate.apply",
        product=product.slug,
        subject=product.name,
        subject_url=reverse("estate-apply", args=[product.slug, apply.pk]),
        summary=f"Started to apply a plan to the AWS resources of {product}: {in_words(chosen)}.",
        reason=reason,
        after={"plan": digest, "changes": [change.as_json() for change in chosen]},
        run=apply.run_id,
    )
    return apply


def begin(*, actor: User, product: Product, changes: Sequence[Change], digest: str, reason: str) -> Apply:
    """Freeze the changes and start the Run that makes them, in the caller's transaction. Raises Busy."""
    run = start(
        kind="apply",
        title=f"Apply a plan to the AWS resources of {product}",
        scopes=_scopes(product, changes),
        actor=actor,
        steps=[*(f"change:{number + 1}" for number in range(len(changes))), "settle", "see"],
    )
    apply = Apply.objects.create(product=product, digest=digest, reason=reason, actor=actor, run=run)
    _keep(apply, changes)
    Run.objects.filter(pk=run.pk).update(url=reverse("estate-apply", args=[product.slug, apply.pk]))
    return apply


def in_words(changes: Collection[Change]) -> str:
    """ "3 to create, 1 to update" """
    counts = Counter(change.action for change in changes)
    order = get_args(Action)
    return ", ".join(f"{counts[action]} to {action}" for action in order if counts[action])


def _keep(apply: Apply, changes: Collection[Change]) -> None:
    accounts = {account.aws_id: account for account in Account.objects.all()}
    PlannedChange.objects.bulk_create(
        PlannedChange(
            apply=apply,
            position=number,
            action=change.action,
            kind=change.address.kind,
            account=accounts[change.address.account],
            name=change.address.name,
            before=change.before.as_json() if change.before else None,
            after=change.after.as_json() if change.after else None,
            fields=[list(field) for field in change.fields],
        )
        for number, change in enumerate(changes, start=1)
    )


def _scopes(product: Product, changes: Collection[Change]) -> set[str]:
    """Nobody deploys to an environment whose resources are changed, nor applies another plan meanwhile.

    Buckets and roles may be of several products, whose plans are then applied one after the other.
    """
    places = {change.place for change in changes}
    environments = Environment.objects.filter(product=product, name__in=places)
    buckets = {
        f"bucket:{change.address.name}" for change in changes if change.address.kind.startswith("bucket")
    }
    roles = {
        f"roles:{one.address.account}" for one in changes if KEPT_BY.get(one.address.kind) == Purpose.ACCESS
    }
    return {f"product:{product.pk}", *(one.scope for one in environments), *buckets, *roles}
