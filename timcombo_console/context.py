"""What every page knows: the cloud's sign, the person's theme, and where they may go."""

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from timcombo_console.addresses import address
from users.models import User


@dataclass(frozen=True)
class Place:
    """An entry of the navigation: the URL's name, its label, who may see it, which paths belong to it."""

    name: str
    label: str
    permission: str
    paths: re.Pattern[str]

    @property
    def address(self) -> str:
        return address(self.name)


OF_PRODUCT = "/products/[^/]+"
PLACES = (
    Place("matrix", "Environments", "estate.view", re.compile("/$|/products/")),
    Place(
        "deployments", "Deployments", "estate.view", re.compile(f"/deployments/|({OF_PRODUCT})?/statistics/")
    ),
    Place("releases", "Releases", "estate.view", re.compile(f"({OF_PRODUCT})?/(releases|compare)/")),
    Place("configurations", "Configuration", "estate.view", re.compile(f"({OF_PRODUCT}.*)?/configuration/")),
    Place("overview", "Numbers", "estate.view", re.compile(f"/(monitoring|alarms)|{OF_PRODUCT}/monitoring/")),
    Place("audit", "Audit log", "audit.view", re.compile("/audit/")),
    Place("accounts", "Accounts", "account.edit", re.compile("/accounts/")),
    Place("people", "People", "people.manage", re.compile("/people/")),
    Place("notifications", "Notifications", "notify.edit", re.compile("/notifications/")),
    Place("on-call", "On call", "estate.view", re.compile("/on-call/")),
)


def place_of(path: str) -> str:
    """The name of the navigation entry that `path` belongs to, the most particular one; "" when none."""
    return next((place.name for place in reversed(PLACES) if place.paths.match(path)), "")


def console(request: HttpRequest) -> dict[str, Any]:
    signed_in = getattr(request, "user", None)
    user = signed_in if isinstance(signed_in, User) else None
    return {
        "demo": settings.DEMO,
        "demo_epoch": settings.CONSOLE_DEMO_EPOCH,
        "demo_began_again": settings.CONSOLE_DEMO_BEGAN_AGAIN,
        "theme": user.theme if user else "auto",
        "shortcuts": bool(user and user.shortcuts),
        "places": [p for p in PLACES if user and user.may(p.permission)],
        "here": place_of(request.path),
    }
