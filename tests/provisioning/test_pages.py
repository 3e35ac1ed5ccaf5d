"""The pages of a product's AWS resources: what they say, and what their buttons do."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from provisioning.pages import key_of
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

BUCKET = "tim-app-dev-855652006097"
DEV = Address("bucket", MEDIA, BUCKET)


@pytest.fixture
def admin(estate: Estate) -> Client:
    client = Client()
    client.force_login(estate.admin)
    return client


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    found = client.get(reverse(name, args=[PRODUCT, *args]), query)
    assert found.status_code == 200
    return found.content.decode()


def test_before_anybody_looked_nothing_is_said_to_be_well(admin: Client) -> None:
    shown = page(admin, "estate")
    assert "Not seen yet" in shown
    assert "as they should be" not in shown
    assert "Look at the resources first." in page(admin, "estate-plan")


def test_a_look_a_plan_and_its_progress(estate: Estate, admin: Client) -> None:
    from provisioning.models import Apply, Look

    answer = admin.post(reverse("estate-look", args=[PRODUCT]))
    assert answer["Location"] == reverse("estate", args=[PRODUCT])
    assert 'hx-trigger="every 1s"' in page(admin, "estate")
    estate.carry_out(Look.objects.get().run_id or 0)
    shown = page(admin, "estate-plan")
    assert "The console keeps it from now on and changes what is listed" in shown
    body = {"plan_digest": estate.plan().digest, "reason": "TC-900", "tick": [key_of(DEV)]}
    answer = admin.post(reverse("estate-plan", args=[PRODUCT]), body)
    apply = Apply.objects.get()
    assert answer["Location"] == reverse("estate-apply", args=[PRODUCT, apply.pk])
    assert [change.name for change in apply.changes.exclude(action="create")] == [BUCKET]
    assert "It is about to begin." in page(admin, "estate-apply", apply.pk)
    assert "A plan is being applied." in page(admin, "estate")
    assert "Another plan is being applied." in page(admin, "estate-plan")
    estate.carry_out(apply.run_id)
    shown = page(admin, "estate-apply", apply.pk)
    assert "All 20 changes are made." in shown
    assert "hx-trigger" not in shown
    assert "In sync" in page(admin, "estate-resource", *DEV)


def test_all_is_adopted_by_one_tick(estate: Estate, admin: Client) -> None:
    from provisioning.models import Apply

    estate.look()
    changes = estate.plan().changes
    total = sum(change.action == "adopt" for change in changes)
    assert f"Adopt all {total} that somebody else made" in page(admin, "estate-plan")
    body = {"plan_digest": estate.plan().digest, "reason": "TC-900", "adopt_all": "on"}
    assert admin.post(reverse("estate-plan", args=[PRODUCT]), body).status_code == 302
    assert Apply.objects.get().changes.count() == len(changes)


def test_a_plan_of_yesterday_keeps_the_reason_and_shows_the_new_one(estate: Estate, admin: Client) -> None:
    estate.look()
    body = {"plan_digest": "0" * 64, "reason": "My long reason", "tick": [key_of(DEV)]}
    answer = admin.post(reverse("estate-plan", args=[PRODUCT]), body)
    shown = answer.content.decode()
    assert (answer.status_code, "it no longer holds" in shown, "My long reason" in shown) == (409, True, True)
    assert f'value="{key_of(DEV)}" checked' in shown


def test_without_a_reason_nothing_begins(estate: Estate, admin: Client) -> None:
    from provisioning.models import Apply

    estate.look()
    answer = admin.post(reverse("estate-plan", args=[PRODUCT]), {"plan_digest": estate.plan().digest})
    assert (answer.status_code, Apply.objects.count()) == (422, 0)


def test_who_may_not_apply_sees_the_plan_and_why(estate: Estate) -> None:
    from users.models import User
    from users.permissions import Role

    estate.look()
    viewer = Client()
    viewer.force_login(User.objects.create(username="v", display_name="Viewer", role=Role.VIEWER))
    assert "Only an admin may do this." in page(viewer, "estate-plan")
    body = {"plan_digest": estate.plan().digest, "reason": "x", "tick": [key_of(DEV)]}
    assert viewer.post(reverse("estate-plan", args=[PRODUCT]), body).status_code == 403


def test_drift_is_shown_with_both_ways_out(estate: Estate, admin: Client) -> None:
    estate.adopted()
    estate.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    estate.look()
    assert "Changed by hand" in page(admin, "estate")
    shown = page(admin, "estate-resource", *DEV)
    assert "Accept it as it is" in shown
    assert "Plan to put it right" in shown
    only = page(admin, "estate-plan", only=key_of(DEV))
    assert "1 to update" in only
    answer = admin.post(reverse("estate-resource", args=[PRODUCT, *DEV]), {"reason": "Legal hold"})
    assert answer.status_code == 302
    assert "In sync, as accepted" in page(admin, "estate-resource", *DEV)
    answer = admin.post(
        reverse("estate-resource", args=[PRODUCT, *DEV]), {"verb": "follow", "reason": "Over"}
    )
    assert "Edited here" in page(admin, "estate-resource", *DEV)


def test_a_failed_plan_goes_on_by_its_page(estate: Estate, admin: Client) -> None:
    estate.look()
    apply = estate.apply(DEV)
    denied = estate.cloud.faults("s3", "PutBucketTagging", "error", code="AccessDenied", status=403)
    estate.carry_out(apply.run_id)
    shown = page(admin, "estate-apply", apply.pk)
    assert "A change failed." in shown
    assert "Go on from the failed change" in shown
    estate.cloud.clear_faults(denied)
    url = reverse("estate-steer", args=[PRODUCT, apply.pk, "retry"])
    assert admin.post(url, {"reason": "Mended"}).status_code == 302
    assert estate.carry_out(apply.run_id).state == "succeeded"


def test_what_is_not_there_is_not_found(admin: Client) -> None:
    for name, args in (
        ("estate-resource", ["bucket", MEDIA, "other"]),
        ("estate-apply", [7]),
        ("estate-resource", ["nothing", "x", "y"]),
    ):
        assert admin.get(reverse(name, args=[PRODUCT, *args])).status_code == 404


@pytest.mark.parametrize(
    ("asked_from", "led_to"),
    [
        (f"/products/{PRODUCT}/domains/", f"/products/{PRODUCT}/domains/"),
        ("//elsewhere.example/", f"/products/{PRODUCT}/estate/"),
        ("", f"/products/{PRODUCT}/estate/"),
    ],
)
def test_a_look_leads_back_to_the_page_that_asked(admin: Client, asked_from: str, led_to: str) -> None:
    answer = admin.post(reverse("estate-look", args=[PRODUCT]), {"next": asked_from})
    assert answer["Location"] == led_to
    assert "Looking" in admin.get(f"/products/{PRODUCT}/domains/").text
