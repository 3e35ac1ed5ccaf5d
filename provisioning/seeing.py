"""Looking at all resources of a product, as the roles that only read, and keeping what was seen."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db.models.functions import Now

from aws.access import Account as Door
from aws.errors import AwsError
from products.door import way_into
from products.models import Account, Product, Purpose
from provisioning.ids import Ids
from provisioning.kinds import KINDS, Found, Refused
from provisioning.models import Resource
from provisioning.selectors import ids, rows_of, wishes_of
from provisioning.shapes import Address
from runs.steps import StepContext, StepFailed

ONE_AFTER_ANOTHER = (
    frozenset({"distribution", "bucket-policy", "proof", "monitoring", "alarm"}),
    frozenset({"host-records"}),
)
"""Kinds that mean others by what AWS calls them, which must have been seen before; all else comes first."""
Sight = Found | Refused | None


@dataclass(frozen=True)
class Group:
    """Resources of one kind in one account: what AWS lists is listed once for all of them."""

    account: Account
    kind: str
    names: tuple[str, ...]


def see(context: StepContext, product: Product) -> int:
    """Look at all that is wished or kept for the product; says how many resources that are.

    Other accounts and kinds are seen when one cannot be.
    """
    wishes = wishes_of(product)
    addresses = {*(wish.address for wish in wishes), *rows_of(product, wishes)}
    groups, done = _groups(addresses), 0
    doors = _doors(context, {group.account for group in groups})
    context.progress(done=0, total=len(addresses))
    for stage in _stages(groups):
        sights = _look_at(stage, doors)
        with context.transaction():
            for group, found in zip(stage, sights, strict=True):
                for name in group.names:
                    _keep(product, group, name, found[name])
        done += sum(len(group.names) for group in stage)
        context.progress(done=done)
    return len(addresses)


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


def _doors(context: StepContext, accounts: Iterable[Account]) -> Mapping[Account, Door | Refused]:
    """Into each account, or why not; all at a time."""
    ways = {account: _way(context, account) for account in accounts}
    with ThreadPoolExecutor(max(len(ways), 1)) as threads:
        return dict(zip(ways, threads.map(_opened, ways.values()), strict=True))


def _way(context: StepContext, account: Account) -> Callable[[], Door] | Refused:
    try:
        return way_into(context, account, Purpose.READ)
    except StepFailed as error:
        return Refused(str(error))


def _opened(way: Callable[[], Door] | Refused) -> Door | Refused:
    if isinstance(way, Refused):
        return way
    try:
        return way()
    except AwsError as error:
        return Refused(str(error))


def _look_at(stage: Collection[Group], doors: Mapping[Account, Door | Refused]) -> list[dict[str, Sight]]:
    """All groups at a time: their calls wait for AWS most of the time. The database is asked before, by this thread."""
    known = ids()
    with ThreadPoolExecutor(max(len(stage), 1)) as threads:
        return list(threads.map(lambda group: _sights(group, doors[group.account], known), stage))


def _sights(group: Group, door: Door | Refused, known: Ids) -> dict[str, Sight]:
    if isinstance(door, Refused):
        return dict.fromkeys(group.names, door)
    try:
        found = KINDS[group.kind].read(door, group.names, known)
    except AwsError as error:
        return dict.fromkeys(group.names, Refused(str(error)))
    return {name: found.get(name) for name in group.names}


def _keep(product: Product, group: Group, name: str, sight: Sight) -> None:
    where = {"kind": group.kind, "account": group.account, "name": name}
    if isinstance(sight, Refused):
        told: dict[str, object] = {"error": str(sight)}
    else:
        observed = sight.shape.as_json() if sight else None
        told = {"observed": observed, "observed_at": Now(), "error": ""}
    if isinstance(sight, Found):
        told |= {"told": dict(sight.told), "waits_for": sight.waits_for}
        told |= {"aws_id": sight.aws_id} if sight.aws_id else {}
    Resource.objects.update_or_create(**where, defaults=told, create_defaults={"product": product, **told})
