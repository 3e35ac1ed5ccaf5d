"""What pages say of visitors when a deployment fails at its switch, and what a rollback page says before the click."""

from django.test import Client

from products.models import Environment
from tests.shipping import PRODUCT, World

TEST = f"/products/{PRODUCT}/environments/test/"


def test_a_refused_first_entry_point_leaves_what_ran(world: World, browser: Client) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    fault = world.cloud.faults(
        "s3", "CopyObject", "error", resource="/index.html", status=403, code="AccessDenied"
    )
    failed = world.work(world.promote("1.1.0"))
    world.cloud.clear_faults(fault)
    assert (failed["status"], world.step(failed, "switch")) == ("failed", "failed")
    assert (world.environment()["running"], world.environment()["live"]) == ("1.0.0", "1.0.0")
    assert "<main>1.0.0</main>" in world.visit("/").body
    page = browser.get(f"/deployments/{failed['id']}/").text
    assert "visitors still get 1.0.0" in page
    assert "Entry points are written" not in page
    assert "Visitors get 1.0.0." in browser.get(TEST).text
    assert world.api.post(
        f"deployments/{failed['id']}/retry", {"reason": "The policy is mended."}
    ).status in (200, 202)
    assert world.carry_out(failed["id"])["status"] == "live"
    assert world.environment()["running"] == "1.1.0"


def test_a_refused_rollback_leaves_the_release_that_it_left_good(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    world.live("1.1.0")
    fault = world.cloud.faults(
        "s3", "CopyObject", "error", resource="/index.html", status=403, code="AccessDenied"
    )
    failed = world.work(world.roll_back())
    world.cloud.clear_faults(fault)
    assert failed["status"] == "failed"
    assert world.environment()["running"] == "1.1.0"
    world.live("1.0.0")
    assert world.work(world.roll_back())["version"] == "1.1.0"


def test_where_it_stopped_in_the_middle_nobody_claims_to_know(world: World, browser: Client) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    answer = world.promote("1.1.0")
    world.do_before(answer, "switch")
    from deployments.models import Deployment, EnvironmentState

    # As `switch` leaves it when its worker dies again and again with the entry point in flight.
    Deployment.objects.filter(pk=answer["id"]).update(switched_at="2026-11-22T00:00:00Z")
    EnvironmentState.objects.filter(environment__name="test").update(running=answer["id"])
    world.fail(answer, "switch")
    page = browser.get(f"/deployments/{answer['id']}/").text
    assert "visitors get 1.1.0 or still 1.0.0" in page
    assert "retry, or roll back" in page
    assert "Visitors get 1.1.0 or still 1.0.0." in browser.get(TEST).text


def test_the_release_that_runs_is_nothing_to_roll_back_to(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    world.live("1.1.0")
    refused = world.roll_back(version="1.1.0")
    assert (refused.status, refused["code"]) == (409, "wrong_state")
    assert world.roll_back(version="1.0.0").status == 202


def test_the_rollback_page_shows_what_the_other_configuration_changes(world: World, browser: Client) -> None:
    from products.models import ConfigRevision

    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    environment = Environment.objects.get(product__slug=PRODUCT, name="test")
    before = environment.config
    assert before is not None
    later = ConfigRevision.objects.create(
        environment=environment, number=before.number + 1, values={**before.values, "REACT_APP_NEW": "yes"}
    )
    Environment.objects.filter(pk=environment.pk).update(config=later)
    world.live("1.1.0")
    now = browser.get(f"{TEST}rollback/").text
    then = browser.get(f"{TEST}rollback/?version=1.0.0&config=then").text
    assert ("REACT_APP_NEW" in now, "Every value stays as it is" in now) == (False, True)
    assert ("REACT_APP_NEW" in then, "Every value stays as it is" in then) == (True, False)
    seen = _digest(now)
    asked = {"version": "1.0.0", "reason": "Errors", "config": "then", "plan_digest": seen}
    stale = browser.post(f"{TEST}rollback/", asked)
    assert (stale.status_code, "no longer holds" in stale.text) == (409, True)
    assert browser.post(f"{TEST}rollback/", {**asked, "plan_digest": _digest(then)}).status_code == 302


def _digest(page: str) -> str:
    return page.partition('name="plan_digest" value="')[2].partition('"')[0]


def test_after_a_rollback_the_page_says_what_may_be_chosen(world: World, browser: Client) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0")
    world.live("1.1.0")
    assert world.work(world.roll_back())["status"] == "live"
    page = browser.get(f"{TEST}rollback/").text
    assert "A rollback left each of the releases that were live here" in page
    assert "There is no release to go back to" not in page
    chosen = browser.get(f"{TEST}rollback/?version=1.1.0").text
    assert "get 1.1.0 again" in chosen


def test_a_deployment_that_is_past_does_not_say_that_visitors_get_it(world: World, browser: Client) -> None:
    world.stock("1.0.0", "1.1.0", "1.2.0")
    first, second = world.live("1.0.0"), world.live("1.1.0")
    assert "visitors get 1.1.0" in browser.get(f"/deployments/{second['id']}/").text
    replaced = browser.get(f"/deployments/{first['id']}/").text
    assert "Replaced" in replaced
    assert f"visitors get 1.1.0 now, by deployment {second['id']}" in replaced
    back = world.work(world.roll_back())
    left = browser.get(f"/deployments/{second['id']}/").text
    assert "Rolled back" in left
    assert "Live, verified" not in left
    assert f"visitors get 1.0.0 now, by deployment {back['id']}" in left

    answer = world.promote("1.2.0")
    world.do_before(answer, "invalidate")
    world.fail(answer, "invalidate")
    assert "Visitors get 1.2.0." in browser.get(f"/deployments/{answer['id']}/").text
    later = world.work(world.roll_back(version="1.0.0"))
    assert later["status"] == "live", later["error"]
    failed = browser.get(f"/deployments/{answer['id']}/").text
    assert f"Visitors get 1.0.0 now, by deployment {later['id']}." in failed
    assert "it is not verified yet" not in failed
