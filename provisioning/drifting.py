"""What somebody changes in AWS by hand: told on record once, and so is its end."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from audit.services import record
from products.models import Product
from provisioning.differences import Field
from provisioning.models import ChangeState, PlannedChange, Resource
from provisioning.planner import Seen, drift
from provisioning.selectors import applying, last_apply, resources_of, seen_of
from provisioning.shapes import Address

MOST_TOLD, MOST_FIELDS = 3, 3

Changed = Mapping[Address, Sequence[Field]]
"""By resource, what is not as the console left it; nothing for one that is so again."""


def tell_drift(product: Product, began: datetime) -> None:
    """Compare what a look that began then has seen with what was told before, and put the difference on record.

    Of two looks at what products share, the one that notes it first tells it. What the console itself changes meanwhile,
    or left half changed, is nobody's doing.
    """
    rows, own = resources_of(product), _half_changed(product)
    seen = {
        address: found
        for address, found in seen_of(rows).items()
        if address not in own and not _left_since(rows[address], began)
    }
    with transaction.atomic():
        news = dict(_news(rows, seen))
        if news:
            _on_record(product, news, {address: rows[address].drift for address in news})


def _half_changed(product: Product) -> set[Address]:
    begun = PlannedChange.objects.select_related("account").filter(state=ChangeState.BEGUN)
    return {
        one.address
        for one in begun.filter(Q(apply=last_apply(product)) | Q(apply__in=applying().values("pk")))
    }


def _left_since(row: Resource, began: datetime) -> bool:
    return row.applied_at is not None and row.applied_at >= began


def _news(
    rows: Mapping[Address, Resource], seen: Mapping[Address, Seen]
) -> Iterator[tuple[Address, Sequence[Field]]]:
    for address, found in seen.items():
        row, now = rows[address], sorted(drift(found), key=lambda field: field.name)
        as_kept = [list(field) for field in now]
        if as_kept == row.drift:
            continue
        if Resource.objects.filter(pk=row.pk, drift=row.drift).update(drift=as_kept):
            yield address, now


def _on_record(product: Product, news: Changed, before: Mapping[Address, object]) -> None:
    record(
        actor=None,
        action="estate.drifted",
        product=product.slug,
        subject=product.name,
        subject_url=reverse("estate", args=[product.slug]),
        summary=sentences(news),
        before={"changed": {str(address): before[address] for address in news if before[address]}},
        after={"changed": {str(address): fields for address, fields in news.items() if fields}},
    )


def sentences(news: Changed) -> str:
    """What changed first, then what is as it was left again; what is too much to read is counted."""
    changed = [_changed(address, fields) for address, fields in news.items() if fields]
    ended = [
        f"The {address} is as the console left it again." for address, fields in news.items() if not fields
    ]
    every = [*changed, *ended]
    more = [f"And {len(every) - MOST_TOLD:,} more."] if len(every) > MOST_TOLD else []
    return " ".join([*every[:MOST_TOLD], *more])


def _changed(address: Address, fields: Sequence[Field]) -> str:
    if all(field.new is None for field in fields):
        return f"The {address} was deleted by somebody."
    told = [
        f"{name} from {old or 'not set'} to {new or 'not set'}" for name, old, new in fields[:MOST_FIELDS]
    ]
    more = [f"{len(fields) - MOST_FIELDS:,} more"] if len(fields) > MOST_FIELDS else []
    return f"The {address} was changed by somebody: {', '.join([*told, *more])}."
