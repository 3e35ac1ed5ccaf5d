"""What to do so that AWS holds what is wished, from what was seen there: no Django, no AWS, no clock."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from json import dumps
from typing import Literal

from provisioning.differences import Field, differences
from provisioning.shapes import KEPT_FOR_EVER, SHAPES, Address, Json, Shape

Action = Literal["create", "update", "adopt", "delete"]
CHOSEN: frozenset[Action] = frozenset({"adopt", "delete"})
"""What is done only when a person ticked it."""


@dataclass(frozen=True)
class Wish:
    """A resource as it should be. `place` names the environment that it is for, "" for the whole product."""

    address: Address
    shape: Shape
    place: str = ""


def wish(account: str, name: str, shape: Shape, place: str = "") -> Wish:
    """That the account of these 12 digits holds a resource of this name and shape."""
    return Wish(Address(shape.kind, account, name), shape, place)


@dataclass(frozen=True)
class Seen:
    """A resource as it was seen, None where there is none; `owned` once the console made or adopted it.

    `applied` is what the console last left there.
    """

    shape: Shape | None
    owned: bool = False
    applied: Shape | None = None


@dataclass(frozen=True)
class Change:
    """One thing to do. `before` and `after` are the whole shapes, `fields` where they differ."""

    address: Address
    action: Action
    before: Shape | None
    after: Shape | None
    place: str = ""

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return differences(self.before, self.after)

    @property
    def needs_tick(self) -> bool:
        return self.action in CHOSEN

    def as_json(self) -> Json:
        return {
            "kind": self.address.kind,
            "account": self.address.account,
            "name": self.address.name,
            "action": self.action,
            "fields": [field._asdict() for field in self.fields],
        }


@dataclass(frozen=True)
class Plan:
    """Changes in the order in which they are made. While there are `unseen` resources, it cannot be applied."""

    changes: tuple[Change, ...]
    unseen: tuple[Address, ...]

    @cached_property
    def digest(self) -> str:
        """Equal for plans that find the same and do the same."""
        told = [
            [*one.address, one.action, *(shape and shape.as_json() for shape in (one.before, one.after))]
            for one in self.changes
        ]
        text = dumps([told, self.unseen], sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()

    def chosen(self, ticked: Collection[Address]) -> tuple[Change, ...]:
        """What is done when these were ticked."""
        return tuple(one for one in self.changes if not one.needs_tick or one.address in ticked)


def make_plan(wishes: Iterable[Wish], seen: Mapping[Address, Seen]) -> Plan:
    """The plan for what was seen: a resource that was not looked at is in none of its changes."""
    wished = {one.address: one for one in wishes}
    unseen = tuple(address for address in wished if address not in seen)
    changes = [*_wanted(wished.values(), seen), *_unwanted(wished, seen)]
    return Plan(tuple(sorted(changes, key=_place_in_order)), unseen)


def _wanted(wishes: Iterable[Wish], seen: Mapping[Address, Seen]) -> Iterator[Change]:
    for wish in wishes:
        found = seen.get(wish.address)
        if found is None:
            continue
        action = _action(wish, found)
        if action:
            yield Change(wish.address, action, found.shape, wish.shape, wish.place)


def _action(wish: Wish, found: Seen) -> Action | None:
    """Nothing that somebody else made is touched before a person adopts it, even where it is as it should be."""
    if found.shape is None:
        return "create"
    if not found.owned:
        return "adopt"
    return "update" if found.shape != wish.shape else None


def _unwanted(wished: Collection[Address], seen: Mapping[Address, Seen]) -> Iterator[Change]:
    for address, found in seen.items():
        gone = address not in wished and address.kind not in KEPT_FOR_EVER
        if gone and found.owned and found.shape is not None:
            yield Change(address, "delete", found.shape, None)


def _place_in_order(change: Change) -> tuple[bool, int, Address]:
    """What others need is made first, and deleted last."""
    rank = list(SHAPES).index(change.address.kind)
    deleted = change.action == "delete"
    return deleted, -rank if deleted else rank, change.address


def drift(found: Seen) -> tuple[Field, ...]:
    """What somebody changed since the console last left the resource."""
    return differences(found.applied, found.shape) if found.owned and found.applied else ()


def pending(wish: Wish, found: Seen) -> tuple[Field, ...]:
    """What was edited in the console since it last left the resource."""
    return differences(found.applied, wish.shape) if found.owned and found.applied else ()
