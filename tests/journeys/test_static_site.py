"""A static site: replaced in place, pages that are gone are gone, folders and unknown addresses have their pages."""

from django.test import Client

from tests.shipping import PRODUCT, World

SITE = "static"


def test_pages_that_a_release_no_longer_has_are_deleted_and_come_back_with_a_rollback(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0", SITE)
    assert (world.visit("/prices.html", SITE).status, world.visit("/contact.html", SITE).status) == (200, 404)
    plan = world.plan("1.1.0", SITE)
    assert [file["path"] for file in plan["removed_from_manifest"]] == ["prices.html"]
    assert any("not atomic" in warning for warning in plan["warnings"])
    world.live("1.1.0", SITE)
    world.settle()
    assert (world.visit("/prices.html", SITE).status, world.visit("/contact.html", SITE).status) == (404, 200)
    assert "prices.html" not in world.objects(SITE)
    assert world.work(world.roll_back(SITE))["status"] == "live"
    world.settle()
    assert (world.visit("/prices.html", SITE).status, world.visit("/contact.html", SITE).status) == (200, 404)


def test_folders_answer_their_index_and_unknown_addresses_the_sites_own_page(world: World) -> None:
    world.stock("1.0.0")
    world.live("1.0.0", SITE)
    assert "docs/index.html 1.0.0" in world.visit("/docs/", SITE).body
    assert "index.html 1.0.0" in world.visit("/", SITE).body
    unknown = world.visit("/no/such/page.html", SITE)
    assert (unknown.status, "404.html 1.0.0" in unknown.body) == (404, True)


def test_pages_deleted_by_a_failed_deployment_are_forgotten_by_the_edge_after_the_next(world: World) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0", SITE)
    assert world.visit("/prices.html", SITE).status == 200
    answer = world.promote("1.1.0", SITE)
    world.do_before(answer, "invalidate")
    world.fail(answer, "invalidate")
    world.live("1.1.0", SITE)
    world.settle()
    assert (world.visit("/prices.html", SITE).status, world.visit("/contact.html", SITE).status) == (404, 200)


def test_the_plan_says_which_pages_go_and_which_files_stay(world: World, browser: Client) -> None:
    world.stock("1.0.0", "1.1.0")
    world.live("1.0.0", SITE)
    page = browser.get(f"/products/{PRODUCT}/environments/{SITE}/promote/1.1.0/").text
    assert "1 page of 1.0.0 is deleted." in page
    assert "no longer named, deleted" in page
