"""AWS accounts and the roles that workers take in them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models.functions import Now
from django.urls import reverse

from audit.services import record
from products.changes import Change, edit, record_change
from products.models import Account, AccountCheck, AccountRole, Purpose
from products.services.rules import not_named, refuse_unchanged
from runs.models import Run
from runs.services import start
from users.actions import action
from users.models import User

CHECK_KIND = "check_account"


@action("account.create", permission="account.edit")
def create_account(
    *, actor: User | None, values: Mapping[str, Any], roles: Mapping[str, str], reason: str = ""
) -> Account:
    """Register an AWS account with a role ARN per purpose. Raises Invalid."""
    account = Account()
    change = edit(account, not_named(values, {"new"}))
    account.save()
    record_change(
        actor,
        "account.create",
        account,
        f"Account {account.name} added",
        reason,
        change + _set_roles(account, roles),
    )
    return account


@action("account.edit", permission="account.edit")
def edit_account(
    *,
    actor: User | None,
    account: Account,
    values: Mapping[str, Any],
    roles: Mapping[str, str],
    reason: str = "",
) -> Account:
    """Change an account or its roles. The external id is the console's choice and stays. Raises Invalid."""
    row = Account.objects.select_for_update().get(pk=account.pk)
    change = edit(row, not_named(values, {"new"})) + _set_roles(row, roles)
    refuse_unchanged(change)
    row.save()
    record_change(actor, "account.edit", row, f"Account {row.name} changed", reason, change)
    return row


@action("account.check", permission="account.edit")
def check_account(*, actor: User | None, account: Account) -> Run:
    """Start looking at what the console can reach in an account. Raises Busy while such a look is under way."""
    url = reverse("account", args=[account.name])
    run = start(
        kind=CHECK_KIND,
        title=f"Check of account {account.name}",
        scopes=[f"observe:{account.aws_id}"],
        actor=actor,
        url=url,
    )
    AccountCheck.objects.update_or_create(account=account, defaults={"run": run})
    record(
        actor=actor,
        action="account.check",
        subject=account.audit_place["subject"],
        subject_url=url,
        summary=f"Check of account {account.name} started",
        run=run.pk,
    )
    return run


def save_check(
    account: Account, findings: Sequence[Mapping[str, Any]], policies: Sequence[Mapping[str, Any]]
) -> None:
    """Keep what a check found, in the caller's transaction. A fact, not a wish: no event."""
    found = {"at": Now(), "findings": list(findings), "policies": list(policies)}
    AccountCheck.objects.update_or_create(account=account, defaults=found)


def _set_roles(account: Account, roles: Mapping[str, str]) -> Change:
    """Make the account's roles those given (ARN by purpose; an empty ARN removes). All share one external id."""
    rows = {role.purpose: role for role in account.roles.all()}
    external_id = next((role.external_id for role in rows.values()), "") or str(uuid.uuid4())
    change = Change({}, {})
    for purpose, arn in roles.items():
        row = rows.get(Purpose(purpose)) or AccountRole(
            account=account, purpose=purpose, external_id=external_id
        )
        before = row.role_arn
        if arn:
            edit(row, {"role_arn": arn})
            row.save()
        elif row.pk:
            row.delete()
        if arn != before:
            change += Change({f"{purpose}_role": before}, {f"{purpose}_role": arn})
    return change
