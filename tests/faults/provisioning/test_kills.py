"""Workers that are killed while a change of an AWS resource is on its way, which arrives late all the same."""

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.crew import Crew
from tests.provisioning.conftest import MEDIA, Estate
from tests.shipping import World

if TYPE_CHECKING:
    from runs.models import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LATE = 3.0
"""Seconds after which a call arrives that was on its way when its worker died."""

MOMENTS = (
    ("s3", "CreateBucket"),
    ("s3", "PutBucketVersioning"),
    ("s3", "PutBucketTagging"),
    ("s3", "PutBucketPolicy"),
    ("cloudfront", "CreateOriginAccessControl"),
)
"""The call at which the worker dies."""


def test_a_plan_goes_on_at_any_change_and_makes_nothing_twice(world: World, crew: Crew) -> None:
    estate = Estate(world.cloud)
    estate.adopted()
    crew.begin(runners=2)
    for service, operation in MOMENTS:
        name = f"tim-{operation.lower()}-{MEDIA}"
        estate.new_bucket("dev", name)
        estate.look()
        created = [change.address for change in estate.plan().changes if change.action == "create"]
        late = world.cloud.faults(service, operation, "latency", ms=LATE * 1000, count=1)
        since = world.cloud.next_call()
        run = estate.apply(*created).run
        crew.until(partial(_has_struck, world, late), operation)
        run.refresh_from_db()
        next(one for one in crew.workers.started if one.command.name == run.worker).kill()
        arrived = time.monotonic() + LATE
        _let_lease_end(run)
        crew.until(partial(_has_ended, run), f"the end after {operation}")
        time.sleep(max(0.0, arrived + 0.5 - time.monotonic()))
        assert _again(run).state == "succeeded", (operation, _again(run).error)
        estate.look()
        assert [change for change in estate.plan().changes if change.address.name == name] == [], operation
        made = [c["operation"] for c in world.cloud.calls(since) if c["code"] is None]
        assert (made.count("CreateBucket"), made.count("CreateOriginAccessControl")) == (1, 1)


def _has_struck(world: World, fault: int) -> bool:
    return not world.cloud.waits(fault)


def _has_ended(run: "Run") -> bool:
    return not _again(run).is_active


def _let_lease_end(run: "Run") -> None:
    from runs import nudge
    from tests.runs.rows import expire

    expire(run)
    nudge.nudge(run.pk)


def _again(run: "Run") -> "Run":
    return type(run).objects.get(pk=run.pk)
