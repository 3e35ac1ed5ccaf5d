"""The settings of environments."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from products.changes import Change, edit, given, record_change
from products.models import RESERVED, Environment, Product
from products.revisions import locked
from products.services.rules import not_named, refuse_unchanged
from runs.models import RunScope
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState

DANGEROUS = frozenset(
    {
        "protected",
        "frontend_account",
        "bucket",
        "distribution_id",
        "distribution_domain",
        "backend_account",
        "function_prefix",
        "code_bucket",
    }
)
"""Settings that decide what visitors of an environment get. Where it is protected, its name must be typed."""


@action("environment.create", permission="product.edit")
def create_environment(
    *, actor: User | None, product: Product, values: Mapping[str, Any], reason: str
) -> Environment:
    """Add an environment, last in the product's order. Raises Invalid."""
    reason = given(reason)
    row = Product.objects.select_for_update().get(pk=product.pk)
    last = row.environments.aggregate(last=Max("position"))["last"]
    environment = Environment(product=row, position=0 if last is None else last + 1)
    change = edit(environment, not_named(values, RESERVED))
    environment.save()
    record_change(
        actor, "environment.create", environment, f"Environment {environment} added", reason, change
    )
    return environment


@action("environment.edit", permission="product.edit")
def edit_environment(
    *,
    actor: User | None,
    environment: Environment,
    values: Mapping[str, Any],
    revision: int,
    reason: str,
    confirm: str = "",
) -> Environment:
    """Change the settings of an environment, as they were read at settings revision `revision`.

    Raises WrongState when somebody changed them since or a Run works on the environment, Invalid when a field does
    not hold, nothing differs, or the name of a protected environment was not typed as `confirm`.
    """
    reason = given(reason)
    row = locked(environment)
    if row.settings_revision != revision:
        raise WrongState(
            f"The settings of {row} were changed since you read them: they are at revision {row.settings_revision}, "
            f"you read {revision}. Look at them as they are now, then save again."
        )
    was_protected = row.protected
    change = edit(row, not_named(values, RESERVED - {row.name}))
    refuse_unchanged(change)
    _refuse_renamed(change)
    if DANGEROUS & change.after.keys():
        _refuse_while_busy(row)
        if was_protected and confirm != row.name:
            raise _type_name(row)
    row.settings_revision += 1
    row.save()
    change += Change({"settings_revision": revision}, {"settings_revision": row.settings_revision})
    record_change(actor, "environment.edit", row, f"Settings of {row} changed", reason, change)
    return row


def _refuse_renamed(change: Change) -> None:
    if "name" in change.after:
        raise Invalid("The name of an environment stays: releases and addresses are named by it.")


def _refuse_while_busy(row: Environment) -> None:
    held = RunScope.objects.select_related("run").filter(scope=row.scope).first()
    if held:
        raise WrongState(
            f"{held.run.title} is under way in {row}. Change where it is served from when that has ended.",
            run=held.run_id,
        )


def _type_name(row: Environment) -> Invalid:
    text = f"{row} is protected. Type its name, {row.name}, to change where it is served from."
    return Invalid(text, errors={"confirm": [text]})
