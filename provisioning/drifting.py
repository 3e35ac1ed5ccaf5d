"""What somebody changes in AWS by hand: told on record once, and so is its end."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef
from django.urls import reverse

from audit.services import record
from products.models import Product
from provisioning.differences import Field
from provisioning.models import ChangeState, PlannedChange, Resource
from provisioning.planner import Seen, drift
from provisioning.selectors import resources, resources_of, seen_of
from provisioning.shapes import Address

MOST_TOLD, MOST_FIELDS = 3, 3


class News(NamedTuple):
    """A resource that differs otherwise than when it was looked at before; without fields it differs no more."""

    address: Address
    fields: Sequence[Field]
    gone: bool


def tell_drift(product: Product, began: datetime) -> None:
    """Compare what a look that began then has seen with what was told before, and put the difference on record, in the
    caller's transaction.

    Of two looks at what products share, the one that notes it first tells it. What the console itself changes meanwhile,
    or left half changed, is nobody's doing.
    """
    # What a plan deleted since is no longer the product's, and differs no more.
    told = resources().filter(product=product).exclude(drift=[])
    rows = {row.address: row for row in told} | resources_of(product)
    own = _half_changed() | _gone_with(rows)
    seen = {
        address: found
        for address, found in seen_of(rows).items()
        if address not in own and not _left_since(rows[address], began)
    }
    before = _told(rows)
    if news := list(_news(rows, seen)):
        _on_record(product, news, before, _told(rows))


def _half_changed() -> set[Address]:
    """What a plan of any product has begun to change and none has ended since."""
    same = {name: OuterRef(name) for name in ("kind", "account", "name")}
    done = PlannedChange.objects.filter(**same, pk__gt=OuterRef("pk"), state=ChangeState.DONE)
    begun = PlannedChange.objects.filter(~Exists(done), state=ChangeState.BEGUN)
    return {one.address for one in begun.select_related("account")}


def _gone_with(rows: Mapping[Address, Resource]) -> set[Address]:
    """What went with something of its name that a plan deleted, as a bucket's policy goes with the bucket."""
    deletes = PlannedChange.objects.filter(action="delete", state=ChangeState.DONE)
    last = {
        (account, name): at
        for account, name, at in deletes.values_list("account__aws_id", "name").annotate(
            at=Max("apply__created_at")
        )
    }
    return {
        address
        for address, row in rows.items()
        if row.observed is None
        and row.applied_at
        and (deleted := last.get((address.account, address.name)))
        and deleted > row.applied_at
        and row.owned
    }


def _left_since(row: Resource, began: datetime) -> bool:
    return row.applied_at is not None and row.applied_at >= began


def _told(rows: Mapping[Address, Resource]) -> dict[str, object]:
    return {str(address): row.drift for address, row in rows.items() if row.drift}


def _news(rows: Mapping[Address, Resource], seen: Mapping[Address, Seen]) -> Iterator[News]:
    for address, found in seen.items():
        row, fields = rows[address], sorted(drift(found), key=lambda field: field.name)
        before, row.drift = row.drift, [list(field) for field in fields]
        if before != row.drift and Resource.objects.filter(pk=row.pk, drift=before).update(drift=row.drift):
            yield News(address, fields, found.shape is None)


def _on_record(
    product: Product, news: Sequence[News], before: Mapping[str, object], now: Mapping[str, object]
) -> None:
    """`changed` is all that differs, `new` what was not known to differ like this."""
    told = {str(one.address) for one in news}
    others = sum(address not in told for address in now)
    record(
        actor=None,
        action="estate.drifted",
        product=product.slug,
        subject=product.name,
        subject_url=reverse("estate", args=[product.slug]),
        summary=sentences(news, others),
        before={"changed": before},
        after={"changed": now, "new": [str(one.address) for one in news if one.fields]},
    )


def sentences(news: Sequence[News], others: int = 0) -> str:
    """What changed first, then what differs no more; what is too much to read is counted, and `others` that differ
    as before."""
    every = [_sentence(one) for one in sorted(news, key=lambda one: not one.fields)]
    more = [f"And {len(every) - MOST_TOLD:,} more."] if len(every) > MOST_TOLD else []
    still = [f"Still changed: {others:,} more."] if others else []
    return " ".join([*every[:MOST_TOLD], *more, *still])


def _sentence(one: News) -> str:
    if not one.fields:
        return f"Differs no more: the {one.address}."
    if one.gone:
        return f"Deleted by hand: the {one.address}."
    told = [
        f"{name} from {old or 'not set'} to {new or 'not set'}" for name, old, new in one.fields[:MOST_FIELDS]
    ]
    more = [f"{len(one.fields) - MOST_FIELDS:,} more"] if len(one.fields) > MOST_FIELDS else []
    return f"Changed by hand: {', '.join([*told, *more])}, of the {one.address}."
