"""Workers that die at some call: whoever goes on ends right, and a second time does nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from aws.lease import Call
from runs import runner
from runs.context import StepContext
from runs.models import Run
from tests.fleets.world import NAMES, FleetWorld
from tests.runs.rows import expire
from tests.shipping import Answer


class Died(BaseException):
    """What a killed worker does: nothing more."""


@contextmanager
def dying_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The worker dies after this call (from 0) of Lambda that changes something was answered, before it can note it."""
    made: list[str] = []
    note = StepContext.call

    def call(self: StepContext, call: Call) -> None:
        if call.service == "lambda" and call.writes:
            made.append(call.operation)
            if len(made) > number:
                raise Died
        note(self, call)

    with monkeypatch.context() as patch:
        patch.setattr(StepContext, "call", call)
        yield made


def carry_on(answer: Answer, number: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Carry out until the worker dies; whether it did. Its lease ends, as it would by itself."""
    run = Run.objects.get(deployment=answer["id"])
    with dying_at(number, monkeypatch):
        try:
            while runner.advance(run.pk):
                pass
        except Died:
            expire(run)
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 2, 5, 6, 9, 11, 12, 14, 17])
def test_a_death_at_any_call_ends_with_all_handlers_switched(
    fleet_world: FleetWorld, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet_world.register("5.0.0")
    before = fleet_world.served()
    answer = fleet_world.world.promote("5.0.0", half="backend")
    assert carry_on(answer, number, monkeypatch)
    prepared = 2 * len(NAMES)
    if number < prepared:
        assert fleet_world.served() == before
    ended = fleet_world.world.carry_out(answer["id"])
    assert ended["status"] == "live", ended["error"]
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    versions = [version for name in NAMES for version in numbers(fleet_world, name)]
    assert versions == ["1", "2"] * len(NAMES)
    since = fleet_world.cloud.next_call()
    fleet_world.live("5.0.0")
    assert fleet_world.writes(since) == []


def numbers(fleet_world: FleetWorld, name: str) -> list[str]:
    found = fleet_world.lambda_of().list_versions_by_function(FunctionName=fleet_world.function(name))
    return [version["Version"] for version in found["Versions"] if version["Version"] != "$LATEST"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 3])
def test_a_death_while_everything_is_put_back_puts_everything_back(
    fleet_world: FleetWorld, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet_world.register("5.0.0")
    before = fleet_world.served()
    answer = fleet_world.world.promote("5.0.0", half="backend")
    fleet_world.world.do_before(answer, "switch-handlers")
    last = NAMES[-1]
    fleet_world.lambda_of().delete_alias(FunctionName=fleet_world.function(last), Name="live")
    died = carry_on(answer, number, monkeypatch)
    failed = fleet_world.world.carry_out(answer["id"])
    assert died or number > 0
    assert failed["status"] == "failed"
    assert last in failed["error"]
    found = {name: fleet_world._served(name, "test") for name in NAMES if name != last}
    assert found == {name: code for name, code in before.items() if name != last}


def test_a_pace_that_cannot_be_agreed_is_waited_for(fleet_world: FleetWorld, settings: Any) -> None:
    fleet_world.register("5.0.0")
    answer = fleet_world.world.promote("5.0.0", half="backend")
    run = Run.objects.get(deployment=answer["id"])
    known, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    assert not runner.advance(run.pk)
    settings.REDIS_URL = known
    run.refresh_from_db()
    assert run.is_active
    assert "Redis does not answer" in run.waiting_for
    assert fleet_world.world.carry_out(answer["id"])["status"] == "live"


def test_a_flushed_redis_loses_nothing(fleet_world: FleetWorld) -> None:
    from django.conf import settings

    from aws.bucket import open_redis

    fleet_world.register("5.0.0")
    answer = fleet_world.world.promote("5.0.0", half="backend")
    for step in ("prepare", "switch-handlers"):
        fleet_world.world.do_before(answer, step)
        open_redis(settings.REDIS_URL).flushall()
    assert fleet_world.world.carry_out(answer["id"])["status"] == "live"
