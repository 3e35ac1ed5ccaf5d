"""Workers that are killed while their calls to Lambda are on their way, which arrive late all the same."""

import time
from collections import Counter
from typing import Any

import pytest

from aws.bucket import CONTROL_RATE
from tests.crew import Crew
from tests.fleets.world import NAMES, FleetWorld, fleet_world, handlers_there
from tests.shipping import Answer

__all__ = ["fleet_world", "handlers_there"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

LATE = 5.0
"""Seconds after which a call arrives that was on its way when its worker died."""

MOMENTS = (
    ("UpdateFunctionCode", 0),
    ("UpdateFunctionCode", 4),
    ("PublishVersion", 1),
    ("PublishVersion", 5),
    ("UpdateAlias", 0),
    ("UpdateAlias", 3),
)
"""The call after so many others of its kind, at which the worker dies with all that follow."""


@pytest.fixture(autouse=True)
def _watched_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSOLE_WAVE_SECONDS", "0.1")


def begin(crew: Crew, fleet_world: FleetWorld, *versions: str) -> None:
    """Register the versions, and start two workers: when one dies the other goes on."""
    for version in versions:
        fleet_world.register(version)
    crew.begin(runners=2)


def killed_at(crew: Crew, answer: Answer, late: int) -> None:
    """Wait until all calls that shall be late are on their way, and kill their worker."""
    crew.until(lambda: not crew.world.cloud.waits(late), "the late calls")
    crew.worker_of(answer).kill()


def slow_down(fleet_world: FleetWorld, operation: str, skip: int, count: int) -> int:
    return fleet_world.cloud.faults("lambda", operation, "latency", ms=LATE * 1000, skip=skip, count=count)


def go_on(crew: Crew, answer: Answer) -> Answer:
    """Another worker ends it; what was late has arrived then, too."""
    arrived = time.monotonic() + LATE
    crew.let_lease_end(answer)
    ended = crew.end_of(answer)
    time.sleep(max(0.0, arrived + 0.5 - time.monotonic()))
    return ended


def changed(fleet_world: FleetWorld, since: int) -> Counter[str]:
    """How many of its calls since then changed something, by operation."""
    return Counter(fleet_world.writes(since))


def test_a_worker_killed_at_any_call_leaves_every_alias_old_or_every_one_new(
    fleet_world: FleetWorld, crew: Crew
) -> None:
    begin(crew, fleet_world, *(f"5.{number}.0" for number in range(len(MOMENTS))))
    for number, (operation, place) in enumerate(MOMENTS):
        version, before = f"5.{number}.0", fleet_world.served()
        since = fleet_world.cloud.next_call()
        late = slow_down(fleet_world, operation, place, len(NAMES) - place)
        answer = fleet_world.world.promote(version, half="backend")
        killed_at(crew, answer, late)
        if operation != "UpdateAlias":
            assert fleet_world.served() == before
        go_on(crew, answer)
        assert fleet_world.served() == dict.fromkeys(NAMES, version), (operation, place)
        each = changed(fleet_world, since)
        assert (each["UpdateFunctionCode"], each["UpdateAlias"]) == (len(NAMES), len(NAMES))
        assert versions(fleet_world) == dict.fromkeys(NAMES, number + 2)
        since = fleet_world.cloud.next_call()
        crew.end_of(fleet_world.world.promote(version, half="backend"))
        assert fleet_world.writes(since) == []


def versions(fleet_world: FleetWorld) -> dict[str, int]:
    """How many versions each handler has."""
    return {name: len(_versions(fleet_world, name)) - 1 for name in NAMES}


def _versions(fleet_world: FleetWorld, name: str) -> list[Any]:
    found = fleet_world.lambda_of().list_versions_by_function(FunctionName=fleet_world.function(name))
    return list(found["Versions"])


@pytest.mark.parametrize("place", [0, 3])
def test_a_worker_killed_while_it_rolls_back_is_replaced(
    fleet_world: FleetWorld, crew: Crew, place: int
) -> None:
    begin(crew, fleet_world, "5.0.0", "6.0.0")
    for version in ("5.0.0", "6.0.0"):
        crew.end_of(fleet_world.world.promote(version, half="backend"))
    since = fleet_world.cloud.next_call()
    late = slow_down(fleet_world, "UpdateAlias", place, len(NAMES) - place)
    answer = fleet_world.world.roll_back(half="backend")
    killed_at(crew, answer, late)
    go_on(crew, answer)
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    assert changed(fleet_world, since) == {"UpdateAlias": len(NAMES)}


def test_a_worker_killed_and_redis_emptied_at_once_lose_nothing_and_hold_the_limit(
    fleet_world: FleetWorld, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSOLE_LAMBDA_SHARE", "1")
    begin(crew, fleet_world, "5.0.0")
    fleet_world.cloud.settings(lambda_rate=CONTROL_RATE)
    since = fleet_world.cloud.next_call()
    late = slow_down(fleet_world, "PublishVersion", 2, len(NAMES) - 2)
    answer = fleet_world.world.promote("5.0.0", half="backend")
    killed_at(crew, answer, late)
    crew.workers.broker.empty()
    go_on(crew, answer)
    assert fleet_world.served() == dict.fromkeys(NAMES, "5.0.0")
    codes = Counter(call["code"] for call in fleet_world.cloud.calls(since, "lambda"))
    assert codes["TooManyRequestsException"] == 0


@pytest.mark.parametrize(("skip", "count"), [(0, 1), (2, len(NAMES) - 2)], ids=["first wave", "last wave"])
def test_a_worker_killed_in_a_wave_updates_no_handler_twice(
    fleet_world: FleetWorld, crew: Crew, skip: int, count: int
) -> None:
    fleet_world.observe("dev")
    begin(crew, fleet_world, "5.0.0")
    since = fleet_world.cloud.next_call()
    late = slow_down(fleet_world, "UpdateFunctionCode", skip, count)
    answer = fleet_world.world.promote("5.0.0", "dev", half="backend")
    killed_at(crew, answer, late)
    go_on(crew, answer)
    assert fleet_world.served("dev") == dict.fromkeys(NAMES, "5.0.0")
    assert changed(fleet_world, since) == {"UpdateFunctionCode": len(NAMES)}


def test_what_is_cancelled_while_its_worker_is_dead_ends_and_nothing_is_switched(
    fleet_world: FleetWorld, crew: Crew
) -> None:
    begin(crew, fleet_world, "5.0.0")
    before = fleet_world.served()
    late = slow_down(fleet_world, "UpdateFunctionCode", 3, len(NAMES) - 3)
    answer = fleet_world.world.promote("5.0.0", half="backend")
    killed_at(crew, answer, late)
    wish = fleet_world.world.api.post(f"deployments/{answer['id']}/cancel", {"reason": "Wrong build"})
    assert wish.status == 202, wish.body
    crew.let_lease_end(answer)
    crew.until(lambda: not crew.run_of(answer).is_active, "the end")
    ended = fleet_world.world.deployment(answer["id"])
    assert ended["status"] == "cancelled"
    assert {step["status"] for step in ended["steps"]} <= {"done", "pending"}
    assert fleet_world.served() == before
    time.sleep(LATE)
    fleet_world.observe()
    assert fleet_world.edited() == {}
