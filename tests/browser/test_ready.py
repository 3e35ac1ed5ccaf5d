"""What may be promoted next is said in the matrix at every width."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.estate import Estate
from tests.browser.looking import Look
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("look", [Look(width=390), Look(width=1440)], indirect=True, ids=str)
def test_a_release_that_is_ready_for_an_environment_where_none_ran(
    look: Look, estate: Estate, sign_in: Callable[[User], Page]
) -> None:
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    page.goto("/")
    expect(page.get_by_role("link", name="1.0.0 ready")).to_be_visible()
