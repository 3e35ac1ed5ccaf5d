"""What is proposed for a new product."""

import pytest

from timcombo_console.new_product.profiles import FULL, MINIMUM, bucket_name, proposals


def test_the_full_profile_is_the_documents() -> None:
    found = list(proposals(FULL))
    assert [one.name for one in found] == ["dev", "test", "stage", "prod", "static"]
    assert [one.cache_profile for one in found] == [
        "short",
        "medium",
        "production-like",
        "production",
        "long",
    ]
    hosts = [one.hostnames("shop.example") for one in found]
    assert hosts[0] == ["dev.shop.example"]
    assert hosts[3:] == [["app.shop.example"], ["shop.example", "www.shop.example"]]
    prod = found[3]
    assert (prod.protected, prod.requires, prod.web_acl) == (True, "stage", "count")


def test_the_minimum_needs_no_stage() -> None:
    assert [(one.name, one.requires) for one in proposals(MINIMUM)] == [("prod", ""), ("static", "")]


@pytest.mark.parametrize("slug", ["shop", "s" * 60, f"{'s' * 38}-{'t' * 20}"])
def test_bucket_names_fit_and_keep_the_account(slug: str) -> None:
    name = bucket_name(slug, "app-stage", "855652006097")
    assert len(name) <= 63
    assert name.endswith("-app-stage-855652006097")
    assert "--" not in name
