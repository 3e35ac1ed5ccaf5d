"""Django's admin over the estate: lists for all who may, edits through the services, nothing else."""

import pytest
from django.contrib import admin as django_admin
from django.test import Client

from audit.models import Event
from dns.models import HostedZone, Hostname
from products.models import Account, ConfigRevision, Environment, Product
from users.models import User

pytestmark = pytest.mark.django_db
ROWS = [Account, Product, Environment, ConfigRevision, HostedZone, Hostname]


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("model", ROWS)
def test_lists_and_rows_without_delete_or_add(estate: None, browser: Client, model: type[Account]) -> None:
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    row = model.objects.all()[0]
    assert browser.get(base).status_code == 200
    assert browser.get(f"{base}{row.pk}/change/").status_code == 200
    assert browser.get(f"{base}add/").status_code == 403
    assert browser.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert not django_admin.site.get_model_admin(model).inlines


def test_nothing_is_offered_that_no_service_changes(browser: Client) -> None:
    offered = {model._meta.app_label for model in django_admin.site._registry}
    assert offered == {"audit", "dns", "products", "users"}
    assert "Groups" not in browser.get("/admin/").content.decode()


def test_an_edit_goes_through_the_service(prod: Environment, browser: Client) -> None:
    address = f"/admin/products/environment/{prod.pk}/change/"
    page = browser.get(address)
    form = page.context["adminform"].form
    post = {n: v for n, v in form.initial.items() if n in form.fields and v is not None and v is not False}
    post |= {"protected": "on", "reason": "Fewer requests", "cache_profile": "long", "confirm": ""}
    assert browser.post(address, post).status_code == 302
    prod.refresh_from_db()
    assert (prod.cache_profile, prod.settings_revision) == ("long", 2)
    event = Event.objects.get(action="environment.edit")
    assert (event.reason, event.result) == ("Fewer requests", "ok")
    refused = browser.post(address, {**post, "revision": 2, "bucket": "tim-app-other-855652006097"})
    assert refused.status_code == 422
    assert "Tim-Combo prod is protected" in refused.content.decode()
    assert Event.objects.filter(action="environment.edit", result="refused").count() == 1
    prod.refresh_from_db()
    assert prod.bucket == "tim-app-prod-855652006097"


def test_a_product_a_zone_and_an_account_are_edited(prod: Environment, browser: Client) -> None:
    for row, wish in [
        (prod.product, {"name": "Tim"}),
        (HostedZone.objects.get(product=prod.product), {"zone_id": "Z0123456789"}),
        (prod.frontend_account, {"tier": "nonprod"}),
    ]:
        address = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
        form = browser.get(address).context["adminform"].form
        post = {n: form[n].value() for n in form.fields} | wish | {"reason": "x"}
        answer = browser.post(address, {n: v for n, v in post.items() if v is not None})
        assert answer.status_code == 302, answer.content.decode()
    assert set(Event.objects.exclude(action="estate.import").values_list("action", flat=True)) == {
        "product.edit",
        "zone.edit",
        "account.edit",
    }


def test_a_role_and_an_end_asked_for_at_once_are_both_done(db: None, browser: Client) -> None:
    viewer = User.objects.create(username="vera", role="viewer")
    address = f"/admin/users/user/{viewer.pk}/change/"
    assert browser.post(address, {"role": "auditor"}).status_code == 302
    viewer.refresh_from_db()
    assert (viewer.role, viewer.is_active) == ("auditor", False)
    actions = set(Event.objects.filter(subject__contains="vera").values_list("action", flat=True))
    assert len(actions) == 2
