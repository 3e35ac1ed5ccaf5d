"""What was changed by hand, taken as it is, or no longer."""

from django.urls import reverse

from audit.services import record
from products.models import Product
from provisioning.models import Resource
from provisioning.selectors import resources, wishes_of
from provisioning.shapes import Address
from users.actions import action
from users.models import User
from users.refusals import Invalid, Missing, WrongState


@action("estate.accept", permission="estate.apply")
def accept(*, actor: User, product: Product, address: Address, reason: str) -> Resource:
    """Take a resource as it was last seen for what it should be, until somebody stops that.

    Raises Invalid without a reason, Missing for one that is not known, WrongState for one that is not the console's.
    """
    row = _row(product, address, reason)
    if not row.owned or row.observed is None or row.error:
        raise WrongState(
            f"The {address} is not kept by the console, or was not seen. Adopt it by a plan first."
        )
    before, row.accepted, row.accepted_reason, row.applied = row.applied, row.observed, reason, row.observed
    row.save(update_fields=["accepted", "accepted_reason", "applied"])
    _on_record(actor, product, row, "estate.accept", "Accepted as it is", reason, before)
    return row


@action("estate.unaccept", permission="estate.apply")
def stop_accepting(*, actor: User, product: Product, address: Address, reason: str) -> Resource:
    """Have the console's own settings count again for a resource that was accepted as it was. Raises as `accept` does."""
    row = _row(product, address, reason)
    if row.accepted is None:
        raise WrongState(f"The {address} follows the console's settings already.")
    before, row.accepted, row.accepted_reason = row.accepted, None, ""
    row.save(update_fields=["accepted", "accepted_reason"])
    _on_record(actor, product, row, "estate.unaccept", "No longer accepted as it was", reason, before)
    return row


def _row(product: Product, address: Address, reason: str) -> Resource:
    if not reason.strip():
        raise Invalid("Say why; the reason goes on record.", errors={"reason": ["A reason is needed."]})
    rows = (
        resources()
        .select_for_update(of=("self",))
        .filter(kind=address.kind, account__aws_id=address.account, name=address.name)
    )
    row = rows.first()
    if row is None or not _of(product, row):
        raise Missing(f"{product} has no {address}.")
    return row


def _of(product: Product, row: Resource) -> bool:
    """What several products share is each one's."""
    own = row.product_id in (None, product.pk)
    return own or any(wish.address == row.address for wish in wishes_of(product))


def _on_record(
    actor: User, product: Product, row: Resource, action: str, what: str, reason: str, before: object
) -> None:
    record(
        actor=actor,
        action=action,
        product=product.slug,
        subject=str(row),
        subject_url=reverse("estate", args=[product.slug]),
        summary=f"{what}: the {row.address}.",
        reason=reason,
        before={"settings": before},
        after={"settings": row.accepted},
    )
