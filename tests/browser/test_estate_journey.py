"""The AWS resources of a product in the browser, on the console as `./console up` starts it: adopted, changed by hand, put back."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, Page, expect

from devcloud.identity import WORKER_KEY, WORKER_SECRET
from tests.browser.demo import PATIENCE, Demo, demo_in, sign_in, tab, well_made

pytestmark = [pytest.mark.browser, pytest.mark.up, pytest.mark.slow, pytest.mark.timeout(300)]

ESTATE, MEDIA = "/products/flux-systems/estate", "855652006097"
BUCKET = "flux-app-dev-855652006097"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("estate")) as demo:
        yield demo


def s3_by_hand(demo: Demo) -> Any:
    """Somebody with rights of their own, past the console."""
    place = {"endpoint_url": demo.facts["aws_endpoint"], "region_name": "us-east-2"}
    worker = boto3.client("sts", aws_access_key_id=WORKER_KEY, aws_secret_access_key=WORKER_SECRET, **place)
    keys = worker.assume_role(
        RoleArn=f"arn:aws:iam::{MEDIA}:role/deploy-console-deploy",
        RoleSessionName="by-hand",
        ExternalId="7c1d52aa-19d8-4a7c-8f0b-3f1f6f6f2e02",
    )["Credentials"]
    return boto3.client(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        **place,
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
        expect(page.get_by_text("All 51 resources are as they should be.")).to_be_visible()

        s3_by_hand(demo).put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
        look(page)
        expect(page.get_by_text("Changed by hand", exact=True).nth(1)).to_be_visible()
        page.get_by_role("link", name=BUCKET).first.click()
        expect(page.get_by_role("heading", name="Changed by hand", exact=True)).to_be_visible()
        well_made(page)
        page.get_by_role("link", name="Plan to put it right").click()
        expect(page.get_by_text("1 to update. Nothing is changed before you apply it.")).to_be_visible()
        apply(page, "TC-901: nobody suspends versioning.")
        expect(page.get_by_role("heading", name="The change is made.")).to_be_visible(timeout=PATIENCE)
        assert s3_by_hand(demo).get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
