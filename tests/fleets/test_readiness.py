"""Whether the way back is open, seen before anybody needs it."""

from tests.fleets.world import NAMES, FleetWorld
from tests.shipping import ARCHIVE, PRODUCT

FIRST = NAMES[0]
OPEN = {"half": "", "to": "5.0.0", "files": [], "handlers": []}


def read(address: str) -> str:
    """A page as a release manager reads it."""
    from tests.users.rows import visitor
    from users.models import User

    page = visitor(User.objects.get(username="release-manager")).get(address)
    assert page.status_code == 200
    return str(page.text)


def ways(environment: str = "test") -> list[dict[str, object]]:
    from deployments.models import Readiness

    found = Readiness.objects.get(environment__product__slug=PRODUCT, environment__name=environment).ways
    assert isinstance(found, list)
    return found


def test_versions_that_are_gone_are_seen_and_their_code_is_loaded_anew(fleet_world: FleetWorld) -> None:
    assert ways() == []
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0")
    fleet_world.live("6.0.0")
    fleet_world.observe()
    assert ways() == [OPEN]
    function = fleet_world.function(FIRST)
    fleet_world.lambda_of().delete_function(FunctionName=function, Qualifier="2")
    fleet_world.observe()
    assert ways() == [OPEN]
    since = fleet_world.cloud.next_call()
    back = fleet_world.world.work(fleet_world.world.roll_back(half="backend"))
    assert back["status"] == "live"
    assert sorted(fleet_world.writes(since)) == ["PublishVersion", *["UpdateAlias"] * 6, "UpdateFunctionCode"]


def test_code_that_is_kept_nowhere_is_named(fleet_world: FleetWorld) -> None:
    from deployments.models import CodeCopy
    from tests.fleets.world import digest

    fleet_world.observe("dev")
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0", "dev")
    fleet_world.live("6.0.0", "dev")
    copy = CodeCopy.objects.get(bucket="tim-dev-lambda", sha256=digest(FIRST, "5.0.0"))
    s3 = fleet_world.cloud.client("s3", "development")
    s3.delete_object(Bucket=copy.bucket, Key=copy.key, VersionId=copy.version_id)
    fleet_world.observe("dev")
    lost = f"{FIRST}: neither a version nor a copy of its code is left."
    assert ways("dev") == [{**OPEN, "handlers": [lost]}]


def test_a_file_that_the_archive_lost_is_named_on_every_page_and_by_the_api(fleet_world: FleetWorld) -> None:
    world = fleet_world.world
    world.stock("1.0.0", "1.1.0")
    fleet_world.register("5.0.0", front="1.0.0")
    fleet_world.register("6.0.0", front="1.1.0")
    fleet_world.live("5.0.0", half="")
    fleet_world.live("6.0.0", half="")
    assert world.environment()["way_back"] is None
    fleet_world.observe()
    assert world.environment()["way_back"] == [OPEN]
    world.cloud.client("s3").delete_object(Bucket=ARCHIVE, Key=world.archived("5.0.0", "index.html"))
    fleet_world.observe()
    lost = f"Missing from the archive {ARCHIVE}, or changed there: index.html."
    assert world.environment()["way_back"] == [{**OPEN, "files": [lost]}]
    page = f"/products/{PRODUCT}/environments/test/"
    assert "Way back not open" in read(page)
    assert lost in read(page)
    back = read(f"{page}rollback/")
    assert lost in back
    assert "Its files are still in place" not in back
    assert "The release is whole" not in back
    assert lost not in read(f"{page}rollback/?half=backend")
    assert "The way back is not open" in read("/")
    assert "Tim-Combo" in read("/?show=attention")


def test_a_function_that_is_gone_and_one_that_aws_does_not_show_are_named(fleet_world: FleetWorld) -> None:
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0")
    fleet_world.live("6.0.0")
    fleet_world.lambda_of().delete_function(FunctionName=fleet_world.function(FIRST))
    fleet_world.observe()
    assert ways() == [{**OPEN, "handlers": [f"{FIRST}: there is no function for it any more."]}]


def test_a_way_back_is_due_after_every_deployment_and_every_quarter_of_an_hour(
    fleet_world: FleetWorld,
) -> None:
    from deployments.models import Readiness
    from timcombo_console.observing import WAYS_BACK_EVERY, look_back_everywhere, ways_back_due

    def due() -> list[str]:
        return [str(one) for one in ways_back_due()]

    assert due() == []
    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    assert due() == ["Tim-Combo test"]
    look_back_everywhere()
    look_back_everywhere()
    assert due() == []
    row = Readiness.objects.get(environment__product__slug=PRODUCT, environment__name="test")
    Readiness.objects.filter(pk=row.pk).update(asked_at=row.asked_at - WAYS_BACK_EVERY)
    assert due() == ["Tim-Combo test"]


def test_a_way_back_is_due_when_another_environment_changes_the_same_functions(
    fleet_world: FleetWorld,
) -> None:
    from django.utils import timezone

    from deployments.models import EnvironmentState
    from products.models import Environment
    from timcombo_console.observing import look_back_everywhere, ways_back_due

    def due() -> list[str]:
        return [str(one) for one in ways_back_due()]

    fleet_world.register("5.0.0")
    fleet_world.live("5.0.0")
    beside = Environment.objects.get(product__slug="flux-systems", name="test")
    EnvironmentState.objects.create(environment=beside, changed_at=timezone.now())
    look_back_everywhere()
    assert due() == []
    fleet_world.live("5.0.0")
    assert due() == ["Tim-Combo test", "Flux Systems test"]
