"""The demo's release with handlers: what it changes beside what the emulated cloud begins with."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from devcloud.lambdas.running import ALWAYS, NEVER, fails_one_in
from devcloud.lambdas.seed import handler_zip
from devcloud.lambdas.state import Code
from devcloud.traffic.visits import POPULAR
from tests.shipping import World
from timcombo_console.demo.back_end import BROKEN, CHANGED_EVERY, build_back_end, build_handler, handler_names


def test_most_handlers_are_those_of_the_cloud() -> None:
    assert len(handler_names()) == 311
    assert all(build_handler(name) == handler_zip(name) for name in handler_names())
    assert build_back_end("9.0.0", handler_names()) == build_back_end("9.0.0", handler_names())


def test_a_broken_release_breaks_what_sample_visitors_call_most() -> None:
    names = handler_names()
    assert all(name.startswith(BROKEN) for name in names[:POPULAR])
    whole, broken = (_handlers(build_back_end("9.0.0", names, broken=broken)) for broken in (False, True))
    fails = {name for name, body in broken.items() if fails_one_in(Code.of(body)) == ALWAYS}
    assert fails == {*names[::CHANGED_EVERY], *(name for name in names if name.startswith(BROKEN))}
    assert {fails_one_in(Code.of(body)) for body in whole.values()} == {NEVER}
    assert [name for name in names if name not in fails and whole[name] != broken[name]] == []


def _handlers(artifact: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(artifact)) as archive:
        return {
            name.removesuffix(".zip"): archive.read(name)
            for name in archive.namelist()
            if name.endswith(".zip")
        }


@pytest.mark.slow
def test_it_is_registered_once_and_its_plan_shows_few_changes(world: World) -> None:
    from runs import runner
    from runs.models import Run

    call_command("demo_back_end", "9.0.0")
    assert world.ingest("9.0.0")["status"] == "ready"
    for run in Run.objects.filter(kind="observe"):
        while runner.advance(run.pk):
            pass
    counts = world.plan("9.0.0")["backend"]["counts"]
    assert counts["changed"] == len(handler_names()[::CHANGED_EVERY]) == 8
    assert counts["same"] == 311 - 8
    call_command("demo_back_end", "9.0.0")
    with pytest.raises(CommandError, match="registered with other content"):
        call_command("demo_back_end", "1.0.0")
