"""What the API refuses, beside what it accepts with the same set-up; nothing is started twice."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from deployments.models import Deployment
from tests.builds import app_build, zip_of
from tests.shipping import BUILDS, PRODUCT, World
from tests.shipping import Answer as ApiAnswer


def test_a_click_in_a_busy_environment_names_the_running_deployment(world: World) -> None:
    first = world.promote("1.0.0")
    for second in (world.promote("1.1.0"), world.promote("1.0.0")):
        assert (second.status, second["code"], second["running"]) == (409, "busy", first["id"])
        assert second["kind"] == "deployment"
    assert world.promote("1.0.0", "dev").status == 202
    assert Deployment.objects.count() == 2


def test_clicks_at_the_same_moment_make_one_deployment(world: World) -> None:
    def click(_: int) -> ApiAnswer:
        try:
            return world.promote("1.0.0")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(click, range(6)))
    assert sorted(answer.status for answer in answers) == [202, 409, 409, 409, 409, 409]
    assert Deployment.objects.count() == 1
    assert {answer["running"] for answer in answers if answer.status == 409} == {Deployment.objects.get().pk}


def test_a_replayed_call_is_answered_as_the_first_and_another_body_is_refused(world: World) -> None:
    path = f"products/{PRODUCT}/environments/test/deployments"
    body = {"version": "1.0.0", "reason": "Release train"}
    first, again = (world.api.post(path, body, key="build-77") for _ in range(2))
    assert (first.status, again.status, first.body) == (202, 202, again.body)
    other = world.api.post(path, {**body, "version": "1.1.0"}, key="build-77")
    assert (other.status, Deployment.objects.count()) == (422, 1)


def test_a_plan_that_went_stale_is_refused_and_the_new_one_accepted(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    old = world.plan("1.1.0")
    assert world.plan("1.1.0")["digest"] == old["digest"]
    world.live("1.0.0")
    refused = world.promote("1.1.0", plan_digest=old["digest"])
    assert (refused.status, refused["code"]) == (409, "stale_plan")
    assert world.promote("1.1.0", plan_digest=world.plan("1.1.0")["digest"]).status == 202


def test_a_bad_release_is_refused_until_it_is_good_again(world: World) -> None:
    path = f"products/{PRODUCT}/releases/1.0.0/bad"
    assert world.api.post(path, {"bad": True, "reason": "It loses hours"}).status == 200
    refused = world.promote("1.0.0")
    assert (refused.status, refused["code"]) == (409, "bad_release")
    assert "It loses hours" in refused["detail"]
    assert world.api.post(path, {"bad": False, "reason": "It was the proxy"}).status == 200
    assert world.promote("1.0.0").status == 202


def test_a_release_without_an_artifact_for_the_environment_is_refused(world: World) -> None:
    refused = world.promote("1.2.0", "static")
    assert (refused.status, refused["code"]) == (409, "no_artifact")
    assert world.promote("1.1.0", "static").status == 202


def test_what_is_not_there_or_not_allowed_is_refused(world: World) -> None:
    assert world.promote("9.9.9").status == 404
    assert world.promote("1.0.0", "moon").status == 404
    path = f"products/{PRODUCT}/environments/test/deployments"
    refused = world.api_of("viewer").post(path, {"version": "1.0.0", "reason": "I may not"})
    assert (refused.status, refused["code"]) == (403, "forbidden")
    assert world.promote("1.0.0", reason=" ").status == 422
    assert world.roll_back()["code"] == "no_artifact"
    assert world.promote("1.0.0").status == 202


def test_production_needs_its_name_and_the_release_live_in_stage(world: World) -> None:
    world.stock("1.0.0")
    early = world.promote("1.0.0", "prod", confirm="prod")
    assert (early.status, early["code"]) == (409, "out_of_order")
    world.live("1.0.0", "stage")
    assert world.promote("1.0.0", "prod").status == 422
    assert world.live("1.0.0", "prod", confirm="prod")["status"] == "live"


def test_a_version_is_registered_once(world: World) -> None:
    same = world.api.register("1.0.0", **BUILDS["1.0.0"])
    assert (same.status, same["status"]) == (202, "ready")
    other = world.api.register("1.0.0", any=app_build("1.0.0 again"))
    assert (other.status, other["code"]) == (409, "version_exists")
    world.stock("1.0.0")
    assert world.live("1.0.0")["status"] == "live"


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (zip_of({"main.js": ""}), "There is no index.html"),
        (
            zip_of({"index.html": '<script src="/assets/gone-3f2a1b9c.js"></script>'}),
            "assets/gone-3f2a1b9c.js",
        ),
        (zip_of({"index.html": '<script src="/main.js"></script>', "main.js": ""}), "no hash of its content"),
        (zip_of({"index.html": "", "../etc/passwd": ""}), "../etc/passwd"),
        (zip_of({"index.html": "", "A.txt": "", "a.txt": ""}), "a.txt"),
        (b"no zip at all", "zip"),
    ],
)
def test_a_build_that_cannot_be_shipped_is_rejected_with_its_causes_and_may_be_sent_again(
    world: World, build: bytes, told: str
) -> None:
    accepted = world.api.register("7.0.0", any=build)
    assert accepted.status == 202, accepted.body
    rejected = world.ingest("7.0.0")
    assert rejected["status"] == "rejected"
    assert told in json.dumps(rejected["reasons"])
    refused = world.promote("7.0.0")
    assert (refused.status, refused["code"]) == (409, "bad_release")
    assert world.api.register("7.0.0", any=app_build("7.0.0")).status == 202
    assert world.ingest("7.0.0")["status"] == "ready"
    assert world.live("7.0.0")["status"] == "live"
