"""Words that end nowhere, in reasons, notes, paths and errors: they wrap, and no page scrolls sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from deployments.models import Deployment, Release
from deployments.services.steer import cancel
from runs.models import Run
from tests.browser.estate import Estate
from tests.browser.looking import Look, overflow
from users.models import User
from users.permissions import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

WORD = "W" * 2000
PATH = "assets/" + "deep-folder-name/" * 20 + "x" * 180 + ".js"
TIM = "/products/tim-combo"
PAGES = [
    "/",
    "/deployments/",
    "/deployments/{running}/",
    "/deployments/{failed}/",
    "/deployments/{live}/",
    "/releases/",
    f"{TIM}/",
    f"{TIM}/releases/1.0.0/",
    f"{TIM}/releases/1.1.0/",
    f"{TIM}/releases/1.2.0/",
    f"{TIM}/environments/dev/",
    f"{TIM}/environments/stage/",
    f"{TIM}/environments/dev/rollback/",
    f"{TIM}/environments/prod/promote/1.1.0/",
    "/on-call/",
    "/audit/",
]


def lengthen(estate: Estate) -> None:
    """Every text that somebody or something from outside may fill in, as one word."""
    cancel(actor=estate.people[Role.RELEASE_MANAGER], deployment=estate.running, reason=WORD)
    Deployment.objects.update(reason=WORD)
    Release.objects.update(notes=WORD, commit="c" * 64)
    Release.objects.filter(version="1.0.0").update(bad=True, bad_reason=WORD)
    Release.objects.filter(version="1.2.0").update(reasons=[{"path": PATH, "text": WORD}])
    Run.objects.filter(pk=estate.failed.run_id).update(error=WORD)
    estate.failed.run.steps.filter(position=1).update(error=WORD)


@pytest.mark.parametrize("look", [Look(width=390), Look(width=1440)], indirect=True, ids=str)
def test_no_page_grows_with_its_words(look: Look, estate: Estate, sign_in: Callable[[User], Page]) -> None:
    lengthen(estate)
    page = sign_in(estate.people[Role.RELEASE_MANAGER])
    wide = {}
    for path in PAGES:
        address = path.format(running=estate.running.pk, failed=estate.failed.pk, live=estate.live.pk)
        page.goto(address)
        if overflow(page):
            wide[address] = overflow(page)
    assert wide == {}
