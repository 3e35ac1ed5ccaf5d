"""What is wished, what was seen, and the plan from both. No AWS call is made for it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from products.models import Environment, Product, Purpose
from provisioning.desired import desired
from provisioning.desired_edge import DISTRIBUTION, distribution_name
from provisioning.desired_roles import roles
from provisioning.differences import Field
from provisioning.gather import all_facts
from provisioning.ids import Ids
from provisioning.kept_roles import kept_roles
from provisioning.kinds import seen_by
from provisioning.models import Apply, ChangeState, Look, PlannedChange, Resource
from provisioning.planner import Plan, Seen, Wish, drift, make_plan, pending
from provisioning.shapes import SHAPES, Address, shape_of
from runs.models import RunState


@dataclass(frozen=True)
class Standing:
    """A resource of a product: how it should be, how it was seen, and since when that differs."""

    wish: Wish | None
    row: Resource | None
    drift: tuple[Field, ...] = ()
    pending: tuple[Field, ...] = ()

    @property
    def address(self) -> Address:
        if self.wish:
            return self.wish.address
        assert self.row
        return self.row.address


def wishes_of(product: Product) -> tuple[Wish, ...]:
    """What AWS should hold for the product; a resource that was accepted as it is is wished like that."""
    accepted = {row.address: row.accepted for row in resources().exclude(accepted=None)}
    everything = all_facts()
    facts = everything[product.slug]
    return tuple(
        replace(wish, shape=shape_of(wish.address.kind, kept))
        if (kept := accepted.get(wish.address))
        else wish
        for wish in (*roles(kept_roles(facts, everything.values())), *desired(facts))
    )


def resources() -> QuerySet[Resource]:
    return Resource.objects.select_related("account", "product")


def rows_of(product: Product, wishes: Iterable[Wish]) -> dict[Address, Resource]:
    """The rows of these resources, and of those that the console keeps for the product without a wish.

    Roles without a wish are their account owner's again.
    """
    names = {wish.address.name for wish in wishes}
    rows = resources().filter(Q(name__in=names) | Q(product=product, owned=True))
    wished = {wish.address for wish in wishes}
    found = {row.address: row for row in rows}
    rest = [a for a in found if a not in wished and seen_by(a.kind) != Purpose.ACCESS]
    unwanted = {a for a in rest if found[a].owned and found[a].product_id == product.pk} if rest else set()
    unwanted -= _wished_by_others(product) if unwanted else set()
    return {address: row for address, row in found.items() if address in wished or address in unwanted}


def _wished_by_others(product: Product) -> set[Address]:
    """What another product needs, too, is not for this one to delete."""
    others = (facts for slug, facts in all_facts().items() if slug != product.slug)
    return {wish.address for facts in others for wish in desired(facts)}


def seen_of(rows: Mapping[Address, Resource]) -> dict[Address, Seen]:
    """Those that somebody has looked at, without those at which the last look failed."""
    return {
        address: Seen(
            shape_of(row.kind, row.observed) if row.observed else None,
            row.owned,
            shape_of(row.kind, row.applied) if row.applied else None,
        )
        for address, row in rows.items()
        if row.observed_at and not row.error and row.kind in SHAPES
    }


@dataclass(frozen=True)
class Picture:
    """What is wished for a product and the rows of it: what both the plan and the standing of each resource follow from."""

    wishes: Mapping[Address, Wish]
    rows: Mapping[Address, Resource]

    @cached_property
    def seen(self) -> Mapping[Address, Seen]:
        return seen_of(self.rows)

    @cached_property
    def plan(self) -> Plan:
        """What to do so that AWS holds what is wished."""
        return make_plan(self.wishes.values(), self.seen)

    @cached_property
    def standings(self) -> list[Standing]:
        """Every resource in the order in which they are made."""
        ranks = {kind: rank for rank, kind in enumerate(SHAPES)}
        addresses = sorted({*self.wishes, *self.rows}, key=lambda a: (ranks.get(a.kind, len(ranks)), a))
        return [_standing(self.wishes.get(a), self.rows.get(a), self.seen.get(a)) for a in addresses]


def picture_of(product: Product) -> Picture:
    """As it is now, from the database alone."""
    wishes = {wish.address: wish for wish in wishes_of(product)}
    return Picture(wishes, rows_of(product, wishes.values()))


def plan_of(product: Product, only: Collection[Address] = ()) -> Plan:
    """The plan of a product; with `only` for these resources."""
    plan = picture_of(product).plan
    if not only:
        return plan
    return Plan(
        tuple(change for change in plan.changes if change.address in only),
        tuple(address for address in plan.unseen if address in only),
    )


def _standing(wish: Wish | None, row: Resource | None, found: Seen | None) -> Standing:
    if found is None:
        return Standing(wish, row)
    return Standing(wish, row, drift(found), pending(wish, found) if wish else ())


def ids() -> Ids:
    """What AWS calls the resources of all accounts; distributions and zones also by the settings."""
    known: dict[Address, str] = {}
    told: dict[Address, Mapping[str, str]] = {}
    for address, aws_id, more in (*_ids_in_settings(), *_ids_in_rows()):
        known |= {address: aws_id} if aws_id else {}
        told |= {address: more} if more else {}
    return Ids(known, told)


def _ids_in_settings() -> Iterator[tuple[Address, str, Mapping[str, str]]]:
    places = Environment.objects.exclude(distribution_id="").values_list(
        "product__slug", "name", "frontend_account__aws_id", "distribution_id", "distribution_domain"
    )
    for slug, name, account, aws_id, domain in places:
        told = {"domain": domain} if domain else {}
        yield Address(DISTRIBUTION, account, distribution_name(slug, name)), aws_id, told
    # Zones are of the app above this one.
    zones = Product.objects.exclude(hosted_zone__zone_id="").exclude(hosted_zone=None)
    for domain, account, zone_id in zones.values_list(
        "domain", "hosted_zone__account__aws_id", "hosted_zone__zone_id"
    ):
        yield Address("zone", account, domain), zone_id, {}


def _ids_in_rows() -> Iterator[tuple[Address, str, Mapping[str, str]]]:
    """Without what was seen of them, which is many times as much."""
    rows = Resource.objects.filter(~Q(aws_id="") | ~Q(told={}))
    for kind, account, name, aws_id, told in rows.values_list(
        "kind", "account__aws_id", "name", "aws_id", "told"
    ):
        yield Address(kind, account, name), aws_id, told


def look_of(product: Product) -> Look | None:
    return Look.objects.select_related("run").filter(product=product).first()


def seen_at(product: Product) -> datetime | None:
    """When the last look at all of the product's resources began, if one came to its end."""
    look = look_of(product)
    return look.seen_at if look else None


def resources_of(product: Product) -> dict[Address, Resource]:
    """Every row of the product, and of what it shares with others."""
    wishes = wishes_of(product)
    return rows_of(product, wishes)


def last_record_changes(product: Product, at_most: int = 5) -> list[PlannedChange]:
    """The changes of hostnames' records that were made last, newest first."""
    rows = PlannedChange.objects.select_related("apply__actor", "account")
    made = rows.filter(apply__product=product, kind="host-records", state=ChangeState.DONE)
    return list(made.order_by("-apply_id", "position")[:at_most])


def last_apply(product: Product) -> Apply | None:
    return Apply.objects.select_related("run", "actor").filter(product=product).order_by("-pk").first()


def active_apply(product: Product) -> Apply | None:
    states = (RunState.QUEUED, RunState.RUNNING)
    return Apply.objects.select_related("run").filter(product=product, run__state__in=states).first()


def applying() -> QuerySet[Apply]:
    """The plans that are being applied now, with `made` and `planned`: how many of their changes are."""
    states = (RunState.QUEUED, RunState.RUNNING)
    made = Count("changes", filter=Q(changes__state=ChangeState.DONE))
    rows = Apply.objects.select_related("product").filter(run__state__in=states)
    return rows.annotate(made=made, planned=Count("changes")).order_by("pk")


def change_of(run: int, position: int) -> PlannedChange:
    rows = PlannedChange.objects.select_related("account", "apply__product")
    return rows.get(apply__run=run, position=position)
