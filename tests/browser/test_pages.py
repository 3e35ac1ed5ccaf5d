"""Every page in Chromium, light and dark, wide and on a phone: no violation, no console message, no sideways scroll."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.estate import Estate
from tests.browser.looking import LOOKS, Look, axe, overflow
from tests.provisioning.rows import DEV
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
SignIn = Callable[[User], Page]

TIM = "/products/tim-combo"
PAGES = {
    Role.RELEASE_MANAGER: [
        "/",
        "/?q=nothing-like-it",
        "/deployments/",
        "/releases/",
        "/configuration/",
        "/notifications/",
        "/notifications/channels/hook/",
        "/on-call/",
        "/search/?q=1",
        "/profile/",
        "/permissions/",
        "/tokens/",
        f"{TIM}/",
        f"{TIM}/environments/dev/",
        f"{TIM}/environments/prod/",
        f"{TIM}/environments/prod/promote/1.1.0/",
        f"{TIM}/environments/dev/rollback/",
        f"{TIM}/environments/prod/rollback/",
        f"{TIM}/releases/1.1.0/",
        f"{TIM}/releases/1.2.0/",
        f"{TIM}/releases/new/",
        f"{TIM}/compare/?left=env-dev&right=env-stage",
        f"{TIM}/configuration/",
        "/statistics/",
        "/monitoring/",
        "/monitoring/?range=7d&sort=errors_5xx",
        "/monitoring/collection/",
        "/alarms/",
        "/alarms/{alarm}/",
        f"{TIM}/monitoring/?env=dev",
        f"{TIM}/monitoring/?env=dev&env=test&env=stage&range=6h",
        f"{TIM}/monitoring/table/?env=dev&chart=requests",
        f"{TIM}/statistics/?env=dev",
        "/products/flux-systems/statistics/",
        "/deployments/{running}/",
        "/deployments/{failed}/",
        "/deployments/{live}/",
    ],
    Role.ADMIN: [
        "/accounts/",
        "/accounts/new/",
        "/notifications/",
        "/notifications/channels/new/",
        "/notifications/channels/hook/",
        "/notifications/channels/hook/edit/",
        "/notifications/rules/new/",
        "/notifications/rules/{rule}/edit/",
        "/notifications/deliveries/",
        "/notifications/deliveries/{delivery}/",
        "/people/",
        "/people/new/",
        "/new-product/",
        (
            "/new-product/environments/?name=Shop&slug=shop&domain=shop.example&profile=full"
            "&frontend_account={media}&dns_account={media}&artifact_account={media}"
        ),
        f"{TIM}/edit/",
        f"{TIM}/estate/",
        f"{TIM}/domains/",
        f"{TIM}/checklist/",
        f"{TIM}/estate/plan/",
        f"{TIM}/estate/plan/?only={'/'.join(DEV)}",
        f"{TIM}/estate/resource/{'/'.join(DEV)}/",
        f"{TIM}/estate/applied/{{applied}}/",
    ],
    Role.AUDITOR: ["/audit/", "/audit/?environment=prod"],
}


@pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)
@pytest.mark.parametrize("role", PAGES)
def test_pages(role: Role, look: Look, estate: Estate, sign_in: SignIn, said: list[str]) -> None:
    page = sign_in(estate.people[role])
    wrong = []
    for path in PAGES[role]:
        address = path.format(
            running=estate.running.pk,
            failed=estate.failed.pk,
            live=estate.live.pk,
            applied=estate.applied.pk,
            media=estate.media.pk,
            rule=estate.delivery.channel.rules.get().pk,
            delivery=estate.delivery.pk,
            alarm=estate.alarm.pk,
        )
        answer = page.goto(address)
        assert answer is not None
        found = [*axe(page), *said, *([f"{overflow(page)} px too wide"] if overflow(page) else [])]
        said.clear()
        if answer.status != 200:
            found.append(f"answered {answer.status}")
        wrong += [f"{address}: {one}" for one in found]
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)
def test_refusals_and_the_sign_in_page(
    look: Look, estate: Estate, sign_in: SignIn, page: Page, said: list[str]
) -> None:
    page.goto("/login/")
    assert axe(page) == []
    assert said == []
    sign_in(estate.people[Role.VIEWER])
    for path, status in (("/people/", 403), ("/nowhere/", 404), ("/products/nowhere/", 404)):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status
        assert axe(page) == []
        assert overflow(page) == 0
        assert [one for one in said if str(status) not in one] == []
        said.clear()
