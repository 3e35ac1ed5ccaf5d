"""Old versions deleted by a click: the page says what is due, AWS loses that, the page says what was deleted."""

from tests.fleets.test_readiness import read
from tests.fleets.world import FleetWorld

PAGE = "/products/tim-combo/environments/test/back-end/prune/"


def test_what_the_page_counts_is_deleted(fleet_world: FleetWorld) -> None:
    from deployments.models import Fleet
    from runs import runner
    from runs.models import Run
    from tests.users.rows import visitor
    from users.models import User

    for version in ("5.0.0", "6.0.0", "7.0.0", "5.0.1", "5.0.2", "5.0.3"):
        fleet_world.register(version)
        fleet_world.live(version)
    fleet_world.observe()
    text = read(PAGE)
    due = int(text.partition('<span class="big">')[2].partition("<")[0])
    # Of each handler there are the version that it began with and six of releases.
    assert due == 12
    manager = User.objects.get(username="release-manager")
    since = fleet_world.cloud.next_call()
    assert visitor(manager).post(PAGE, {"reason": "Storage is full."}).status_code == 302
    assert "They are being pruned." in read(PAGE)
    run = Run.objects.latest("id")
    while runner.advance(run.pk):
        pass
    assert len(fleet_world.cloud.calls(since, "lambda", "DeleteFunction")) == due
    text = read(PAGE)
    assert f"<dd>{due} versions deleted</dd>" in text
    assert "No function has more than 5 versions that the console knows of." in text
    assert Fleet.objects.get(prefix="tim-sb-").versions.filter(gone=True).count() == due
