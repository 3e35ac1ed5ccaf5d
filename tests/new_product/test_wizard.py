"""Setting up a product by its two pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from dns.models import HostedZone, Hostname
from products.models import Environment, Product
from provisioning.models import Look
from provisioning.selectors import wishes_of
from tests.examples import person
from tests.new_product.examples import media
from users.permissions import Role

pytestmark = pytest.mark.django_db


class Wizard:
    """An admin at the two pages."""

    def __init__(self, role: Role = Role.ADMIN) -> None:
        self.account = media()
        self.client = Client()
        self.client.force_login(person(role))
        self.first: dict[str, Any] = {
            "name": "Shop",
            "slug": "shop",
            "domain": "shop.example",
            "profile": "full",
            "frontend_account": self.account.pk,
            "dns_account": self.account.pk,
            "artifact_account": self.account.pk,
            "log_account": self.account.pk,
        }

    @property
    def second(self) -> str:
        answer = self.client.get(reverse("new-product"), self.first)
        assert answer.status_code == 302, answer.content.decode()
        return str(answer.headers["Location"])

    def proposed(self) -> dict[str, Any]:
        """What the second page would send unchanged."""
        form = self.client.get(self.second).context["form"]
        sent: dict[str, Any] = {name: field.value() for name in form.fields if (field := form[name]).value()}
        sent["reason"] = "TC-950"
        for one in form.environments:
            for field in one:
                value = field.value()
                if value not in (None, False, ""):
                    sent[field.html_name] = "\n".join(value) if isinstance(value, list) else value
        return sent

    def send(self, **changed: Any) -> Any:
        return self.client.post(self.second, {**self.proposed(), **changed})


def test_the_answers_become_rows_and_lead_to_the_plan() -> None:
    wizard = Wizard()
    answer = wizard.send()
    assert answer.headers["Location"] == reverse("estate-plan", args=["shop"])
    product = Product.objects.get()
    assert [one.name for one in product.environments.all()] == ["dev", "test", "stage", "prod", "static"]
    prod = product.environments.get(name="prod")
    assert (prod.requires.name if prod.requires else "", prod.protected, prod.web_acl) == (
        "stage",
        True,
        "count",
    )
    assert (prod.bucket, prod.price_class) == ("shop-app-prod-855652006097", "PriceClass_All")
    assert (product.log_bucket, product.log_account) == ("shop-logs-855652006097", wizard.account)
    assert (HostedZone.objects.get().zone_id, Hostname.objects.count()) == ("", 6)
    event = Event.objects.get(action="product.set_up")
    assert event.after
    assert (event.reason, event.after["environment static"]) == ("TC-950", "shop.example, www.shop.example")
    kinds = {wish.address.kind for wish in wishes_of(product)}
    assert {"zone", "certificate", "proof", "web-acl", "distribution", "host-records", "bucket"} <= kinds
    assert Look.objects.get().product == product


def test_the_plan_page_says_that_it_is_looked_and_asks_again() -> None:
    wizard = Wizard()
    wizard.send()
    page = wizard.client.get(reverse("estate-plan", args=["shop"])).content.decode()
    assert "The console looks at what is there in AWS." in page
    assert 'hx-trigger="every 1s"' in page


def test_answers_can_be_changed() -> None:
    wizard = Wizard()
    wizard.first |= {"profile": "minimum", "dns_account": "", "log_account": ""}
    wizard.send(
        **{"prod-hostnames": "go.shop.example", "prod-price_class": "PriceClass_200", "prod-web_acl": "none"}
    )
    product = Product.objects.get()
    prod = product.environments.get(name="prod")
    assert (prod.price_class, prod.web_acl, prod.requires) == ("PriceClass_200", "none", None)
    assert [one.name for one in prod.hostnames.all()] == ["go.shop.example"]
    assert not HostedZone.objects.exists()
    assert "zone" not in {wish.address.kind for wish in wishes_of(product)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dev-hostnames": "a.b.shop.example"}, "nor one label below it"),
        ({"dev-hostnames": "dev.other.example"}, "nor one label below it"),
        ({"dev-hostnames": "not a name"}, "A hostname looks like"),
        ({"dev-hostnames": "test.shop.example"}, "test.shop.example is there twice. Nothing was saved."),
        ({"dev-bucket": "Shop"}, "A bucket name has 3 to 63"),
        ({"dev-bucket": "shop-app-test-855652006097"}, "is there twice. Nothing was saved."),
        ({"dev-api_origin": "https://api.shop.example"}, "A back end needs its account"),
        ({"artifact_bucket": "X"}, "A bucket name has 3 to 63"),
        ({"reason": ""}, "This field is required"),
    ],
)
def test_what_does_not_hold_is_said_and_nothing_is_saved_or_lost(changed: dict[str, str], said: str) -> None:
    wizard = Wizard()
    answer = wizard.send(**changed, **{"stage-hostnames": "pre.shop.example"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert "pre.shop.example" in page
    assert not Product.objects.exists()


def test_a_hostname_of_another_environment_is_refused() -> None:
    wizard = Wizard()
    wizard.send()
    wizard.first |= {"slug": "other", "domain": "other.example", "name": "Other"}
    Hostname.objects.filter(name="dev.shop.example").update(name="dev.other.example")
    answer = wizard.send()
    assert answer.status_code == 422
    assert "dev.other.example belongs to Shop dev" in answer.content.decode()
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"slug": "Shop"}, "Use small letters"),
        ({"slug": "new"}, "has a meaning of its own"),
        ({"domain": "shop"}, "A hostname looks like"),
        ({"frontend_account": ""}, "This field is required"),
        ({"profile": "huge"}, "Select a valid choice"),
    ],
)
def test_the_first_page_says_what_does_not_hold(changed: dict[str, str], said: str) -> None:
    wizard = Wizard()
    answer = wizard.client.get(reverse("new-product"), wizard.first | changed)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


def test_a_taken_slug_or_domain_is_said_on_the_first_page() -> None:
    wizard = Wizard()
    wizard.send()
    page = wizard.client.get(reverse("new-product"), wizard.first).content.decode()
    assert "shop.example is the domain of Shop." in page
    assert "Product with this Slug already exists." in page


def test_a_second_page_without_the_first_leads_back() -> None:
    wizard = Wizard()
    answer = wizard.client.get(reverse("new-product-environments"))
    assert answer.headers["Location"].startswith(reverse("new-product"))


def test_only_admins_set_up_products() -> None:
    wizard = Wizard(Role.RELEASE_MANAGER)
    assert wizard.client.get(reverse("new-product")).status_code == 403
    assert "New product" not in wizard.client.get("/").content.decode()
    assert not Environment.objects.exists()
