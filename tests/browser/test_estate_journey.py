"""The AWS resources of a product in the browser, on the console as `./console up` starts it: adopted, changed by hand, put back."""

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import PATIENCE, Demo, demo_in, sign_in, tab, well_made

pytestmark = [pytest.mark.browser, pytest.mark.up, pytest.mark.slow, pytest.mark.timeout(300)]

ESTATE, MEDIA = "/products/flux-systems/estate", "855652006097"
BUCKET = "flux-app-dev-855652006097"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("estate")) as demo:
        yield demo


def by_hand(demo: Demo, service: str) -> Any:
    """The account's owner, past the console, with the keys that the README names."""
    keys, session = demo.facts["aws_owners"][MEDIA], cast("Any", boto3)
    return session.client(
        service,
        endpoint_url=demo.facts["aws_endpoint"],
        region_name="us-east-2",
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
    )


def apply(page: Page, reason: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Apply this plan").click()
    page.wait_for_url("**/estate/applied/**")


def look(page: Page) -> None:
    page.goto(f"{ESTATE}/")
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("the console looks every hour")).to_be_visible(timeout=PATIENCE)


def test_what_was_made_by_hand_is_adopted_changed_past_the_console_and_put_back(
    demo: Demo, browser: Browser
) -> None:
    with tab(browser, demo) as page:
        sign_in(page, demo, "admin")
        look(page)
        page.get_by_role("link", name="Plan", exact=True).click()
        expect(
            page.get_by_text("7 to create, 34 to adopt. Nothing is changed before you apply it.")
        ).to_be_visible()
        expect(page.get_by_text("PriceClass_100").first).to_be_visible()
        well_made(page)
        page.get_by_label("Adopt all 34 that somebody else made").check()
        apply(page, "TC-900: adopt what was made by hand.")
        expect(page.get_by_role("heading", name="All 41 changes are made.")).to_be_visible(timeout=PATIENCE)
        well_made(page)
        page.goto(f"{ESTATE}/")
        expect(page.get_by_text("All 73 resources are as they should be.")).to_be_visible()

        by_hand(demo, "s3").put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        )
        look(page)
        expect(page.get_by_text("Changed by hand", exact=True).nth(1)).to_be_visible()
        page.get_by_role("link", name=BUCKET).first.click()
        expect(page.get_by_role("heading", name="Changed by hand", exact=True)).to_be_visible()
        well_made(page)
        page.get_by_role("link", name="Plan to put it right").click()
        expect(page.get_by_text("1 to update. Nothing is changed before you apply it.")).to_be_visible()
        apply(page, "TC-901: nobody suspends versioning.")
        expect(page.get_by_role("heading", name="The change is made.")).to_be_visible(timeout=PATIENCE)
        assert by_hand(demo, "s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_rights_that_somebody_gave_a_role_are_found_and_taken_away(demo: Demo, browser: Browser) -> None:
    iam, role = by_hand(demo, "iam"), "deploy-console-deploy"
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    with tab(browser, demo) as page:
        sign_in(page, demo, "admin")
        look(page)
        page.goto("/accounts/media/")
        well_made(page)
        kept = page.get_by_role("listitem").filter(has_text=role)
        expect(kept.get_by_text("Changed by hand")).to_be_visible()
        kept.get_by_role("link", name="rights").click()
        expect(page.get_by_text("arn:aws:iam::aws:policy/AdministratorAccess").first).to_be_visible()
        page.get_by_role("link", name="Plan to put it right").click()
        apply(page, "TC-902: nobody deploys as an administrator.")
        expect(page.get_by_role("heading", name="The change is made.")).to_be_visible(timeout=PATIENCE)
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
