"""Small sentences on the pages of releases, comparisons and products, each beside its opposite."""

import pytest

from deployments.models import Release, ReleaseStatus
from products.models import Environment, Product
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role, who_may

pytestmark = pytest.mark.django_db
COMPARE = "/products/tim-combo/compare/"


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def product(manager: User) -> Product:
    """1.0.0 runs in dev."""
    product = estate()
    live(environment(product, "dev"), ready(product, "1.0.0", manager), manager)
    return product


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ("env-moon", "rel-1.0.0", "has no environment moon to compare"),
        ("rel-1.0.0", "rel-9", "has no release 9 that is ready to compare"),
        ("mud", "rel-9", "has no side &#x27;mud&#x27; and no release 9 that is ready to compare"),
    ],
)
def test_a_side_that_there_is_not_is_named(
    product: Product, manager: User, left: str, right: str, told: str
) -> None:
    answer = visitor(manager).get(COMPARE, {"left": left, "right": right})
    assert answer.status_code == 404
    assert told in answer.text


@pytest.mark.parametrize("asked", [{}, {"left": "env-dev"}, {"left": "env-dev", "right": "rel-1.0.0"}])
def test_sides_that_there_are_are_compared_or_waited_for(
    product: Product, manager: User, asked: dict[str, str]
) -> None:
    answer = visitor(manager).get(COMPARE, asked)
    assert answer.status_code == 200
    assert "Nothing was compared." not in answer.text


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (ReleaseStatus.REJECTED, "Nothing of a rejected build is kept"),
        (ReleaseStatus.INGESTING, "as soon as the build has been checked"),
    ],
)
def test_a_release_says_why_it_lists_no_files(
    product: Product, manager: User, status: ReleaseStatus, told: str
) -> None:
    Release.objects.update(status=status)
    assert told in visitor(manager).get("/products/tim-combo/releases/1.0.0/").text


def test_a_static_site_has_no_back_end(product: Product, manager: User) -> None:
    Environment.objects.update(backend_account=None, kind="app")
    assert "none, a static site" not in visitor(manager).get("/products/tim-combo/").text
    Environment.objects.filter(name="dev").update(kind="static")
    assert visitor(manager).get("/products/tim-combo/").text.count("none, a static site") == 1


def test_roles_are_listed_as_a_sentence_lists_them() -> None:
    assert who_may("audit.view") == "a release manager, an admin or an auditor"
    assert who_may("audit.verify") == "an admin or an auditor"
    assert who_may("people.manage") == "an admin"
