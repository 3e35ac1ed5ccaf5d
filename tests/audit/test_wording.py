"""What a row of the audit log says at its beginning: what happened to which object."""

import pytest

from audit.models import Event
from deployments.outcome import deployment_ended
from deployments.services.promote import promote
from runs.models import RunState
from tests.audit.test_every_action import EVERY, permission
from tests.deployments.rows import end, environment, estate, ready
from tests.examples import all_examples, person, somebody_who_may, somebody_who_may_not
from timcombo_console.audit_log.presentation import Row, rows
from timcombo_console.audit_log.wording import TRIED
from users.permissions import Role
from users.refusals import Forbidden

pytestmark = pytest.mark.django_db
OBJECTS = {
    "deployment.promote": ("1.0.0", "dev"),
    "deployment.rollback": ("dev", "1.0.0"),
    "deployment.cancel": ("1.0.0", "dev"),
    "deployment.retry": ("1.0.0", "dev"),
    "deployment.skip": ("1.0.0", "dev"),
    "release.register": ("1.0.0",),
    "release.mark_bad": ("1.0.0",),
    "environment.prune": ("dev",),
}
"""Parts that the first words of a row must hold when it was done."""


def newest() -> Row:
    return rows([Event.objects.latest("id")])[0]


def test_every_action_has_words_of_its_own() -> None:
    assert set(EVERY) <= TRIED.keys()


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_what_was_done_is_said_with_its_object(name: str) -> None:
    all_examples()[name]()(somebody_who_may(permission(name)))
    start = newest().what[:90]
    assert [part for part in OBJECTS[name] if part not in start] == [], start


@pytest.mark.parametrize("name", EVERY)
def test_what_was_refused_is_said_with_its_object(name: str) -> None:
    call = all_examples()[name]()
    with pytest.raises(Forbidden):
        call(somebody_who_may_not(permission(name)))
    row = newest()
    assert row.what.startswith("Tried to ")
    assert "{" not in row.what
    if row.event.subject:
        assert row.event.subject in f"{row.what} · {row.where}"


def test_a_subject_is_kept_beside_its_product() -> None:
    event = Event(action="x.y", summary="Seen", subject="1.1.0", product="tim-combo", actor_name="ana")
    assert rows([event])[0].where == "1.1.0 · tim-combo"


def test_a_refused_call_names_its_address() -> None:
    event = Event(action="api.call", result="refused", summary="No.", subject="/api/v1/people")
    assert rows([event])[0].what == "Tried to call the API at /api/v1/people"


def test_the_ends_of_runs_name_release_and_environment() -> None:
    manager, product = person(Role.RELEASE_MANAGER, "ana"), estate()
    release, dev = ready(product, "1.0.0", manager), environment(product, "dev")
    first = promote(actor=manager, environment=dev, release=release, reason="Try it.")
    assert newest().what.startswith(f"Started the promotion of 1.0.0 to {dev}: ")
    end(first, RunState.FAILED)
    first.run.state, first.run.error = RunState.FAILED, "No answer."
    deployment_ended(first.run)
    assert newest().what.startswith(f"The promotion of 1.0.0 to {dev} failed: ")
