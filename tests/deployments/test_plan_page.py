"""What the plan page says of files and configuration before the click."""

import pytest

from products.models import Product
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product(manager: User) -> Product:
    """1.0.0, with two assets, runs in dev."""
    product = estate()
    live(environment(product, "dev"), ready(product, "1.0.0", manager, extra=2), manager)
    return product


def text_of(manager: User, version: str, name: str = "dev") -> str:
    page = visitor(manager).get(f"/products/tim-combo/environments/{name}/promote/{version}/")
    return " ".join(page.text.split())


def test_the_headline_counts_what_visitors_get(product: Product, manager: User) -> None:
    ready(product, "1.1.0", manager)
    text = text_of(manager, "1.1.0")
    assert '<b class="num">2 files</b> and' in text
    assert "2 files, inside S3" in text
    assert "3 files of 1.0.0 are no longer named and stay in the bucket." in text


def test_one_file_that_is_no_longer_named_is_one(product: Product, manager: User) -> None:
    ready(product, "1.1.0", manager, extra=2)
    assert "1 file of 1.0.0 is no longer named and stays in the bucket." in text_of(manager, "1.1.0")


@pytest.mark.parametrize(("extra", "whole"), [(9, True), (10, False)])
def test_a_list_of_twelve_is_shown_whole(product: Product, manager: User, extra: int, whole: bool) -> None:
    # index.html and two assets change, the others are new; one script goes and another comes.
    ready(product, "1.1.0", manager, extra=extra)
    text = text_of(manager, "1.1.0")
    assert ("?files=all" not in text) is whole
    assert text.count('<span class="op ') == (12 if whole else 8)


def test_a_new_config_json_does_not_contradict_values_that_stay(product: Product, manager: User) -> None:
    ready(product, "1.1.0", manager)
    text = text_of(manager, "1.1.0", "test")
    assert '<span class="mono">config.json</span>' in text
    assert "new; it carries the configuration" in text
    assert "Every value stays as it is." not in text
    assert "Every value stays as it is." in text_of(manager, "1.1.0")
