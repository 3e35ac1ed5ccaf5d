"""Single changes of records: removing one that leads nowhere of ours, and taking a change back. Each is an apply of its own."""

import json

from django.urls import reverse

from audit.services import record
from products.models import Product
from provisioning.models import Apply, ChangeState, PlannedChange
from provisioning.planner import Action, Change, Plan
from provisioning.selectors import resources_of, wishes_of
from provisioning.services.apply import begin
from provisioning.shapes import Address, Shape, shape_of
from users.actions import action
from users.models import User
from users.refusals import Invalid, Missing, WrongState

KIND = "host-records"


@action("records.remove", permission="estate.apply")
def remove_records(*, actor: User, product: Product, hostname: str, reason: str) -> Apply:
    """Delete the address records of a name that leads to a distribution that is none of ours, as they were seen.

    Raises Missing when no such name was seen, Invalid without a reason, and Busy.
    """
    for address, row in resources_of(product).items():
        found = json.loads(row.told.get("strays", "{}")) if address.kind == "zone" else {}
        if hostname in found:
            change = Change(
                Address(KIND, address.account, hostname), "delete", shape_of(KIND, found[hostname]), None
            )
            return _begun(
                "records.remove",
                actor,
                product,
                change,
                reason,
                f"Started to remove the records of {hostname}",
            )
    raise Missing(
        f"No name {hostname} was seen in the zone of {product} that leads to a distribution of somebody else."
    )


@action("records.undo", permission="estate.apply")
def undo_records(*, actor: User, planned: PlannedChange, reason: str) -> Apply:
    """Bring the records of a hostname back to what they were before a change of the console's.

    Raises WrongState for a change that was not made, or of anything else than records; Invalid without a reason; Busy.
    """
    if planned.kind != KIND or planned.state != ChangeState.DONE:
        raise WrongState("Only a change of records that was made can be taken back.")
    before, after = (_shape(one) for one in (planned.before, planned.after))
    action: Action = "delete" if before is None else "update" if after else "create"
    change = Change(planned.address, action, after, before, _place(planned))
    text = f"Started to bring the records of {planned.name} back to what they were"
    return _begun("records.undo", actor, planned.apply.product, change, reason, text)


def _place(planned: PlannedChange) -> str:
    """The environment that has the hostname, which nobody deploys to meanwhile."""
    wishes = wishes_of(planned.apply.product)
    return next((wish.place for wish in wishes if wish.address == planned.address), "")


def _shape(stored: dict[str, object] | None) -> Shape | None:
    return shape_of(KIND, stored) if stored else None


def _begun(name: str, actor: User, product: Product, change: Change, reason: str, summary: str) -> Apply:
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    apply = begin(
        actor=actor, product=product, changes=[change], digest=Plan((change,), ()).digest, reason=reason
    )
    record(
        actor=actor,
        action=name,
        product=product.slug,
        subject=product.name,
        subject_url=reverse("estate-apply", args=[product.slug, apply.pk]),
        summary=f"{summary}.",
        reason=reason,
        after={"changes": [change.as_json()]},
        run=apply.run_id,
    )
    return apply
