"""Whether the way back is open, seen before anybody needs it."""

from tests.fleets.world import NAMES, FleetWorld

FIRST = NAMES[0]


def way_back(environment: str = "test") -> dict[str, object]:
    from deployments.models import Fleet

    found = Fleet.objects.get(prefix={"test": "tim-sb-", "dev": "tim-dev-"}[environment]).readiness
    assert isinstance(found, dict)
    return found


def test_versions_that_are_gone_are_seen_and_their_code_is_loaded_anew(fleet_world: FleetWorld) -> None:
    assert way_back() == {"to": "", "missing": []}
    fleet_world.register("5.0.0")
    fleet_world.register("6.0.0")
    fleet_world.live("5.0.0")
    fleet_world.live("6.0.0")
    fleet_world.observe()
    assert way_back() == {"to": "5.0.0", "missing": []}
    function = fleet_world.function(FIRST)
    fleet_world.lambda_of().delete_function(FunctionName=function, Qualifier="2")
    fleet_world.observe()
    assert way_back() == {"to": "5.0.0", "missing": []}
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
    found = way_back("dev")
    assert found["to"] == "5.0.0"
    assert found["missing"] == [f"{FIRST}: neither a version nor a copy of its code is left."]
