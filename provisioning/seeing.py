"""Looking at all resources of a product, as the roles that only read, or keep roles; and keeping what was seen."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db.models.functions import Now
from django.utils import timezone

from aws.access import Account as Door
from aws.errors import AccessDenied, AwsError
from products.door import way_into
from products.models import Account, Product, Purpose
from provisioning.ids import Ids
from provisioning.kinds import KINDS, Denied, Found, Refused, seen_by
from provisioning.models import Resource
from provisioning.selectors import ids, rows_of, wishes_of
from provisioning.shapes import Address
from runs.steps import StepContext, StepFailed

ONE_AFTER_ANOTHER = (
    frozenset({"distribution", "bucket-policy", "deploy-policy", "proof", "monitoring", "alarm"}),
    frozenset({"host-records"}),
)
"""Kinds that mean others by what AWS calls them, which must have been seen before; all else comes first."""
ROUND = timedelta(seconds=60)
"""In which the console looks at one product after the other."""
Sight = Found | Refused | None
Doors = Mapping[tuple[Account, Purpose], Door | Refused]
"""As each role of each account, or why not."""


@dataclass(frozen=True)
class Group:
    """Resources of one kind in one account: what AWS lists is listed once for all of them."""

    account: Account
    kind: str
    names: tuple[str, ...]

    @property
    def way(self) -> tuple[Account, Purpose]:
        """Into which account, and as which of its roles."""
        return self.account, seen_by(self.kind)


class Sights(NamedTuple):
    """How many resources were looked at, and by the 12 digits of an account a refusal there for a missing right."""

    resources: int
    denied: Mapping[str, str]


def see(context: StepContext, product: Product) -> Sights:
    """Look at all that is wished or kept for the product.

    Other accounts and kinds are seen when one cannot be.
    """
    wishes = wishes_of(product)
    rows = rows_of(product, wishes)
    addresses = {*(wish.address for wish in wishes), *rows} - _seen_lately(context, rows)
    groups, done, denied = _groups(addresses), 0, dict[str, str]()
    doors = _doors(context, {group.way for group in groups})
    context.progress(done=0, total=len(addresses))
    for stage in _stages(groups):
        sights = _look_at(stage, doors)
        with context.transaction():
            _keep(product, stage, sights)
        for group, found in zip(stage, sights, strict=True):
            for one in found.values():
                if isinstance(one, Denied):
                    denied[group.account.aws_id] = str(one)
        done += sum(len(group.names) for group in stage)
        context.progress(done=done)
    return Sights(len(addresses), denied)


def _seen_lately(context: StepContext, rows: Mapping[Address, Resource]) -> set[Address]:
    """Roles are of accounts that products share: the console's own rounds see them once for all of these.

    AWS lets IAM be asked less often than other services. Whoever asks for a look sees everything.
    """
    if context.run.actor_id:
        return set()
    since = timezone.now() - ROUND
    return {
        address
        for address, row in rows.items()
        if seen_by(address.kind) == Purpose.ACCESS
        and row.observed_at
        and row.observed_at >= since
        and not row.error
    }


def _groups(addresses: Iterable[Address]) -> list[Group]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for address in sorted(addresses):
        found[address.account, address.kind].append(address.name)
    accounts = {one.aws_id: one for one in Account.objects.all()}
    return [
        Group(accounts[account], kind, tuple(names))
        for (account, kind), names in found.items()
        if kind in KINDS
    ]


def _stages(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """Those that stand alone, then those that mean others."""
    later = frozenset[str]().union(*ONE_AFTER_ANOTHER)
    yield [group for group in groups if group.kind not in later]
    for kinds in ONE_AFTER_ANOTHER:
        yield [group for group in groups if group.kind in kinds]


def _doors(context: StepContext, wanted: Iterable[tuple[Account, Purpose]]) -> Doors:
    """All opened at a time."""
    ways = {one: _way(context, *one) for one in wanted}
    with ThreadPoolExecutor(max(len(ways), 1)) as threads:
        return dict(zip(ways, threads.map(_opened, ways.values()), strict=True))


def _way(context: StepContext, account: Account, purpose: Purpose) -> Callable[[], Door] | Refused:
    try:
        return way_into(context, account, purpose)
    except StepFailed as error:
        return Refused(str(error))


def _opened(way: Callable[[], Door] | Refused) -> Door | Refused:
    if isinstance(way, Refused):
        return way
    try:
        return way()
    except AwsError as error:
        return _refused(error)


def _refused(error: AwsError) -> Refused:
    return Denied(str(error)) if isinstance(error, AccessDenied) else Refused(str(error))


def _look_at(stage: Collection[Group], doors: Doors) -> list[dict[str, Sight]]:
    """All groups at a time: their calls wait for AWS most of the time. The database is asked before, by this thread."""
    known = ids()
    with ThreadPoolExecutor(max(len(stage), 1)) as threads:
        return list(threads.map(lambda group: _sights(group, doors[group.way], known), stage))


def _sights(group: Group, door: Door | Refused, known: Ids) -> dict[str, Sight]:
    if isinstance(door, Refused):
        return dict.fromkeys(group.names, door)
    try:
        found = KINDS[group.kind].read(door, group.names, known)
    except AwsError as error:
        return dict.fromkeys(group.names, _refused(error))
    return {name: found.get(name) for name in group.names}


SEEN, CHOSEN, CALLED = ("observed", "observed_at", "error"), ("told", "waits_for"), ("aws_id",)
"""What of a row tells how it was seen; what AWS chose for it, where it is there; what AWS calls it."""


def _keep(product: Product, stage: Sequence[Group], sights: Sequence[Mapping[str, Sight]]) -> None:
    """One statement for all rows of which the same is known, in an order that all looks keep, as they share rows."""
    told: dict[tuple[str, ...], list[Resource]] = defaultdict(list)
    for group, found in zip(stage, sights, strict=True):
        for name in group.names:
            row, fields = _row(found[name])
            row.product, row.kind, row.account, row.name = product, group.kind, group.account, name
            told[fields].append(row)
    for fields, rows in sorted(told.items(), key=lambda item: item[0]):
        Resource.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["kind", "account", "name"], update_fields=fields
        )


def _row(sight: Sight) -> tuple[Resource, tuple[str, ...]]:
    """An unsaved row, and which fields the sight tells: of what could not be seen only why."""
    if isinstance(sight, Refused):
        return Resource(error=str(sight)), ("error",)
    if sight is None:
        return Resource(observed_at=Now()), SEEN
    row = Resource(
        observed=sight.shape.as_json(),
        observed_at=Now(),
        told=dict(sight.told),
        waits_for=sight.waits_for,
        aws_id=sight.aws_id,
    )
    return row, (*SEEN, *CHOSEN, *(CALLED if sight.aws_id else ()))
