"""The pages: who sees what, what a post does, and that nothing typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.models import Event
from products.models import Account, Environment, Product
from runs.models import Run
from users.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

CONFIGURATION = "/products/tim-combo/configuration/"
DEV = f"{CONFIGURATION}dev/"
PROD = f"{CONFIGURATION}prod/"
SETTINGS = "/products/tim-combo/environments/dev/settings/"
PAGES = [
    "/accounts/",
    "/accounts/media/",
    "/configuration/",
    "/products/tim-combo/",
    CONFIGURATION,
    f"{CONFIGURATION}?view=text",
    f"{DEV}history/",
    SETTINGS,
    "/products/tim-combo/environments/dev/hostnames/",
]
EDITING = [
    "/accounts/new/",
    "/accounts/media/edit/",
    "/products/new/",
    "/products/tim-combo/edit/",
    "/products/tim-combo/new-environment/",
    "/products/tim-combo/zone/",
    DEV,
    f"{DEV}?view=text",
    f"{DEV}restore/1/",
]


def html(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()
    text: str = answer.content.decode()
    return text


@pytest.mark.parametrize("address", PAGES)
def test_pages_for_everybody(estate: None, viewer: User, signed_in: SignIn, address: str) -> None:
    text = html(signed_in(viewer).get(address))
    assert "<h1" in text
    assert ">Save" not in text


@pytest.mark.parametrize("address", EDITING)
def test_pages_for_admins(estate: None, viewer: User, admin: User, signed_in: SignIn, address: str) -> None:
    assert "<form" in html(signed_in(admin).get(address))
    html(signed_in(viewer).get(address), 403)
    assert Event.objects.get(action="page.open").result == "refused"


@pytest.mark.parametrize(
    "address",
    ["/accounts/x/", "/products/x/", "/products/tim-combo/configuration/x/history/", f"{DEV}restore/9/"],
)
def test_what_does_not_exist_is_said(estate: None, admin: User, signed_in: SignIn, address: str) -> None:
    text = html(signed_in(admin).get(address), 404)
    assert "There " in text or "The newest is 1" in text


def test_configuration_side_by_side(estate: None, viewer: User, signed_in: SignIn) -> None:
    browser = signed_in(viewer)
    text = html(browser.get(CONFIGURATION))
    assert "us-east-2_oWj5l1j6m" in text
    assert "not set" in text
    flux = html(browser.get("/products/flux-systems/configuration/"))
    assert "same as dev" in flux
    different = html(browser.get(f"{CONFIGURATION}?q=cognito&only=different"))
    assert "REACT_APP_COGNITO_CLIENT_ID" in different
    assert "REACT_APP_API_URL" not in different
    assert "No key contains “zzz”" in html(browser.get(f"{CONFIGURATION}?q=zzz"))


def test_pages_make_a_constant_number_of_queries(
    estate: None, viewer: User, signed_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = signed_in(viewer)
    expected = [(CONFIGURATION, 5), ("/products/tim-combo/", 7), ("/accounts/", 4)]
    for address, queries in expected:
        with django_assert_num_queries(queries):
            browser.get(address)
    dev = Environment.objects.get(product__slug="tim-combo", name="dev")
    for number in range(10, 30):
        dev.pk, dev.name, dev.position = None, f"dev-{number}", number
        dev.save()
    for address, queries in expected:
        with django_assert_num_queries(queries):
            browser.get(address)


def test_an_edit_shows_the_difference_before_it_saves(
    dev: Environment, admin: User, signed_in: SignIn
) -> None:
    browser = signed_in(admin)
    fields = {"key": ["REACT_APP_FROM_EMAIL", "NEW"], "value": ["x@example.com", "<b>1</b>"], "act": "look"}
    keys = [k for k in dev.config.values if k != "REACT_APP_FROM_EMAIL"]  # type: ignore[union-attr]
    fields["unset"] = [keys[0]]
    fields["key"] = [*keys, *fields["key"]]
    fields["value"] = [*(dev.config.values[k] for k in keys), *fields["value"]]  # type: ignore[union-attr]
    look = browser.post(DEV, fields)
    text = html(look)
    assert "You are about to change 3 values in dev" in text
    assert "&lt;b&gt;1&lt;/b&gt;" in text
    assert "revision 1 → 2" in text
    assert dev.config_revisions.count() == 1
    form = look.context["form"]
    post = {"text": form["text"].value(), "revision": form["revision"].value(), "act": "save"}
    assert "This field is required" in html(browser.post(DEV, post), 422)
    saved = browser.post(DEV, {**post, "reason": "TC-477"})
    assert saved.headers["Location"] == f"{DEV}history/"
    dev.refresh_from_db()
    assert dev.config
    assert dev.config.number == 2
    assert dev.config.values["NEW"] == "<b>1</b>"
    assert keys[0] not in dev.config.values
    history = html(browser.get(f"{DEV}history/"))
    assert "TC-477" in history
    assert "Restore revision 1" in history


def test_a_value_that_does_not_hold_stays_in_its_field(
    dev: Environment, admin: User, signed_in: SignIn
) -> None:
    text = html(
        signed_in(admin).post(DEV, {"key": ["S"], "value": ["AKIAIOSFODNN7EXAMPLE"], "act": "look"}), 422
    )
    assert "The value of S looks like an AWS access key" in text
    assert 'value="AKIAIOSFODNN7EXAMPLE"' in text
    as_text = html(signed_in(admin).post(DEV, {"text": "nonsense", "act": "look", "view": "text"}), 422)
    assert "Line 1 has no “=”" in as_text
    assert ">nonsense</textarea>" in as_text


def test_nothing_to_save_is_said(dev: Environment, admin: User, signed_in: SignIn) -> None:
    assert dev.config
    pairs = {"key": list(dev.config.values), "value": list(dev.config.values.values()), "act": "look"}
    assert "Nothing differs from what is saved already" in html(signed_in(admin).post(DEV, pairs), 422)


def test_going_back_to_the_fields_keeps_the_values(dev: Environment, admin: User, signed_in: SignIn) -> None:
    text = html(signed_in(admin).post(DEV, {"text": "ONLY=this", "act": "edit"}))
    assert 'value="this"' in text
    assert dev.config_revisions.count() == 1


def test_somebody_was_faster(dev: Environment, admin: User, signed_in: SignIn) -> None:
    browser = signed_in(admin)
    post = {"text": "A=1", "revision": "1", "reason": "Mine", "act": "save"}
    browser.post(DEV, post)
    late = browser.post(DEV, {**post, "text": "A=2"})
    text = html(late, 422)
    assert "is revision 2, saved by Admin" in text
    assert ">Mine</textarea>" in text.replace("\n", "")
    assert late.context["form"]["revision"].value() == 2
    again = browser.post(DEV, {**post, "text": "A=2", "revision": "2"})
    assert again.status_code == 302


def test_a_protected_environment_asks_for_its_name(prod: Environment, admin: User, signed_in: SignIn) -> None:
    browser = signed_in(admin)
    assert "prod is protected. Type its name." in html(browser.post(PROD, {"text": "A=1", "act": "look"}))
    post = {"text": "A=1", "revision": "0", "reason": "x", "act": "save"}
    assert "Type prod, the name" in html(browser.post(PROD, {**post, "confirm": "Prod"}), 422)
    assert browser.post(PROD, {**post, "confirm": "prod"}).status_code == 302
    assert prod.config_revisions.count() == 1


def test_a_restore(dev: Environment, admin: User, signed_in: SignIn) -> None:
    browser = signed_in(admin)
    browser.post(DEV, {"text": "A=1", "revision": "1", "reason": "x", "act": "save"})
    address = f"{DEV}restore/1/"
    assert "Restore revision 1 for dev" in html(browser.get(address))
    assert browser.post(address, {"reason": "Back", "revision": "2"}).status_code == 302
    dev.refresh_from_db()
    assert dev.config
    assert (dev.config.number, dev.config.restored_from) == (3, 1)
    html(browser.post(address, {"reason": "Again", "revision": "3"}), 422)


def test_settings_are_saved_and_refused_by_the_form(
    dev: Environment, admin: User, viewer: User, signed_in: SignIn
) -> None:
    browser = signed_in(admin)
    page = browser.get(SETTINGS)
    post = {k: v for k, v in page.context["form"].initial.items() if v is not None} | {"reason": "TTL"}
    post.pop("protected")
    assert "Nothing differs" in html(browser.post(SETTINGS, post), 422)
    assert "not like its id" in html(
        browser.post(SETTINGS, {**post, "distribution_domain": "E1.cloudfront.net"}), 422
    )
    assert browser.post(SETTINGS, {**post, "cache_profile": "long"}).status_code == 302
    dev.refresh_from_db()
    assert (dev.cache_profile, dev.settings_revision) == ("long", 2)
    assert "you read 1" in html(browser.post(SETTINGS, {**post, "cache_profile": "medium"}), 422)
    html(signed_in(viewer).post(SETTINGS, {**post, "revision": "2", "cache_profile": "medium"}), 403)
    assert Event.objects.filter(action="environment.edit", result="refused", actor=viewer).exists()


def test_accounts_and_products_are_added(admin: User, signed_in: SignIn) -> None:
    browser = signed_in(admin)
    account = {
        "name": "edge",
        "aws_id": "111122223333",
        "tier": "prod",
        "region": "eu-west-1",
        "resources": "db=x",
    }
    role = {"deploy_role": "arn:aws:iam::999922223333:role/x"}
    assert "names another account" in html(browser.post("/accounts/new/", {**account, **role}), 422)
    made = browser.post("/accounts/new/", {**account, "deploy_role": "arn:aws:iam::111122223333:role/x"})
    assert made.headers["Location"] == "/accounts/edge/"
    edge = Account.objects.get()
    assert edge.resources == {"db": "x"}
    product = {
        "slug": "docs",
        "name": "Docs",
        "domain": "docs.example.com",
        "artifact_account": edge.pk,
        "artifact_bucket": "docs-releases",
        "branding": "display_name=Docs",
    }
    assert browser.post("/products/new/", product).headers["Location"] == "/products/docs/"
    assert "No environment yet" in html(browser.get("/products/docs/"))
    environment = {
        "name": "live",
        "kind": "static",
        "cache_profile": "long",
        "price_class": "PriceClass_All",
        "web_acl": "none",
        "frontend_account": edge.pk,
        "bucket": "docs-live",
        "failure_budget": "0",
        "watch_minutes": "15",
        "reason": "First",
    }
    made = browser.post("/products/docs/new-environment/", environment)
    assert made.headers["Location"] == "/products/docs/environments/live/settings/"
    names = {"names": "www.docs.example.com\ndocs.example.com", "reason": "First"}
    assert browser.post("/products/docs/environments/live/hostnames/", names).status_code == 302
    assert "www.docs.example.com" in html(browser.get("/products/docs/"))
    zone = {"account": edge.pk, "zone_id": "Z0123456789", "reason": ""}
    assert browser.post("/products/docs/zone/", zone).status_code == 302
    assert Product.objects.get().hosted_zone.zone_id == "Z0123456789"
    actions = list(Event.objects.filter(result="ok").order_by("pk").values_list("action", flat=True))
    assert actions == [
        "account.create",
        "product.create",
        "environment.create",
        "hostnames.edit",
        "zone.edit",
    ]


def test_a_check_is_started_once(estate: None, admin: User, viewer: User, signed_in: SignIn) -> None:
    html(signed_in(viewer).post("/accounts/media/check/"), 403)
    browser = signed_in(admin)
    assert browser.post("/accounts/media/check/").headers["Location"] == "/accounts/media/"
    assert "Looking" in html(browser.get("/accounts/media/"))
    assert "is under way, started by Admin" in html(browser.post("/accounts/media/check/"), 409)
    run = Run.objects.get()
    assert (run.kind, list(run.scopes.values_list("scope", flat=True))) == (
        "check_account",
        ["observe:855652006097"],
    )
    assert Event.objects.get(action="account.check", result="ok").run == run.pk
