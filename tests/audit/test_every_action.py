"""The guard: every action writes exactly one event when it is done, and exactly one when it is refused."""

import importlib
from pathlib import Path

import pytest

from audit.models import Event
from tests.examples import all_examples, somebody_who_may, somebody_who_may_not
from users.actions import ACTIONS
from users.refusals import Forbidden

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "users",
    "products",
    "provisioning",
    "dns",
    "deployments",
    "monitoring",
    "notifications",
    "timcombo_console",
)


def load_every_action() -> list[str]:
    """Import each module that declares an action, however deep it lies."""
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            if "\n@action(" in file.read_text():
                importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return sorted(name for name in ACTIONS if not name.startswith("test."))


EVERY = load_every_action()


def permission(name: str) -> str:
    return str(ACTIONS[name].permission)  # type: ignore[attr-defined]


def test_every_action_has_an_example_and_every_example_an_action() -> None:
    missing = set(EVERY) - all_examples().keys()
    assert not missing, f"Write tests/<app>/examples.py for {sorted(missing)}; see tests/examples.py."
    assert not all_examples().keys() - set(EVERY)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(all_examples()))
def test_it_writes_one_event_when_it_is_done(name: str) -> None:
    call = all_examples()[name]()
    actor = somebody_who_may(permission(name))
    before = Event.objects.count()
    call(actor)
    written = list(Event.objects.order_by("id"))[before:]
    assert [(e.action, e.result, e.actor_name) for e in written] == [(name, "ok", actor.username)]


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(all_examples()))
def test_it_writes_one_event_when_it_is_refused(name: str) -> None:
    call = all_examples()[name]()
    actor = somebody_who_may_not(permission(name))
    before = Event.objects.count()
    with pytest.raises(Forbidden):
        call(actor)
    written = list(Event.objects.order_by("id"))[before:]
    assert [(e.action, e.result, e.actor_name) for e in written] == [(name, "refused", actor.username)]
