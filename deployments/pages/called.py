"""What there is to say of the functions that environments call, before their handlers are compared."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from deployments.models import Deployment, Fleet
from deployments.pages.fleet import called_version
from deployments.selectors.sides import BackEnd, Compared
from deployments.wording import listed
from products.models import Environment

Told = TypeVar("Told")
Warned = tuple[str, str]
"""What happened, and what it means."""

Half = tuple[Compared, BackEnd]


def warnings_of(left: Half, right: Half) -> list[Warned]:
    """What is not as it was deployed."""
    return _each_once(left, right, _warnings)


def facts_of(left: Half, right: Half) -> list[str]:
    """What is not compared, or cannot differ."""
    return [*_shared(left, right), *_each_once(left, right, _facts)]


def _each_once(
    left: Half,
    right: Half,
    told: Callable[[Environment, BackEnd, Fleet, Deployment], Iterator[Told]],
) -> list[Told]:
    """What there is to say of the environments; of functions that both call, once."""
    found: dict[int, list[Told]] = {}
    for side, back in (left, right):
        fleet, running = back.fleet, back.fleet.running if back.fleet else None
        if side.environment and fleet and running:
            found.setdefault(fleet.pk, list(told(side.environment, back, fleet, running)))
    return [text for texts in found.values() for text in texts]


def _warnings(environment: Environment, back: BackEnd, fleet: Fleet, running: Deployment) -> Iterator[Warned]:
    name, called, version = environment.name, back.called, called_version(running, environment)
    if back.coming:
        coming = called_version(back.coming, environment)
        yield f"{coming} is being deployed to the functions that {name} calls.", "Handlers change meanwhile."
    if called.other:
        first = f"In {name} {_count(called.other)} {_are(called.other)} not as {version} holds {_them(called.other)}."
        why = f"{version} is partly live" if running.partial else f"changed since {version} was deployed"
        yield first, f"{listed(called.other)}: {why}. The list compares what was last seen."
    if called.missing:
        first = f"In {name} {_count(called.missing)} of {version} {_have(called.missing)} no function."
        yield first, f"{listed(called.missing)}: nobody gets {_them(called.missing)} there."


def _facts(environment: Environment, back: BackEnd, fleet: Fleet, running: Deployment) -> Iterator[str]:
    name, besides = environment.name, back.called.besides
    if fleet.functions is None:
        yield f"Nobody has looked at the functions of {name} yet: the handlers are those that were deployed."
    if besides:
        count = f"{len(besides):,} function{'' if len(besides) == 1 else 's'}"
        version, it = called_version(running, environment), "It is" if len(besides) == 1 else "They are"
        yield f"In {name} there {_are(besides)} {count} besides, which {version} does not hold. {it} not compared."


def _shared(left: Half, right: Half) -> Iterator[str]:
    (one, its), (other, others) = left, right
    if one.name != other.name and its.fleet and others.fleet and its.fleet.pk == others.fleet.pk:
        functions = f"{its.fleet.prefix}*"
        yield f"{one.name} and {other.name} call the same functions {functions}, so their handlers cannot differ."


def handlers_in_words(count: int) -> str:
    """ "3 handlers" """
    return f"{count:,} handler{'' if count == 1 else 's'}"


def _count(names: Sequence[str]) -> str:
    return handlers_in_words(len(names))


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _have(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _them(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"
