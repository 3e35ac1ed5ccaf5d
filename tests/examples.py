"""One example for every action, so that a guard test can prove: one event when it is done, one when it is refused.

To add one, write `tests/<app>/examples.py`:

    @example("person.deactivate")
    def deactivate_somebody() -> Call:
        person = somebody()                                       # set-up, as the console itself (actor=None)
        return lambda actor: deactivate(actor=actor, person=person)

The function prepares what the action needs and returns the one call of it. `tests/audit/test_every_action.py` makes
that call with an actor whose role may, and (prepared anew) with one who may not.
"""

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.contrib.auth.hashers import make_password

from users.models import User
from users.permissions import Role, may

Call = Callable[[User], object]
Preparation = Callable[[], Call]

EXAMPLES: dict[str, Preparation] = {}

PASSWORD = "a long enough password"


def example(action: str) -> Callable[[Preparation], Preparation]:
    """Register the example of `action`, the name given to `@action`."""

    def register(prepare: Preparation) -> Preparation:
        EXAMPLES[action] = prepare
        return prepare

    return register


def all_examples() -> dict[str, Preparation]:
    """The examples of every `tests/<app>/examples.py`."""
    for file in sorted(Path(__file__).parent.glob("*/examples.py")):
        importlib.import_module(f"tests.{file.parent.name}.examples")
    return EXAMPLES


def person(role: Role, name: str = "") -> User:
    """A saved person of that role who can sign in with PASSWORD; named by the role unless `name` says otherwise."""
    username = name or role.value.replace("_", "-")
    return User.objects.create(
        username=username, password=_hashed(), role=role, display_name=username.capitalize()
    )


@cache
def _hashed() -> str:
    # Once, because a hash that is good for people is slow for tests.
    return make_password(PASSWORD)


def somebody_who_may(permission: str) -> User:
    return person(next(role for role in Role if may(role, permission)), "may")


def somebody_who_may_not(permission: str) -> User:
    """Of a role that does not hold it; where every role does, somebody deactivated."""
    role = next((role for role in Role if not may(role, permission)), None)
    user = person(role or Role.VIEWER, "may-not")
    if role is None:
        User.objects.filter(pk=user.pk).update(is_active=False)
        user.refresh_from_db()
    return user
