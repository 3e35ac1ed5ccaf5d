"""What every page knows: the cloud's sign, the person's theme, and where they may go."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from users.models import User


@dataclass(frozen=True)
class Place:
    """An entry of the navigation: the URL's name, its label, who may see it, the paths that belong to it."""

    name: str
    label: str
    permission: str
    paths: tuple[str, ...]


PLACES = (
    Place("matrix", "Environments", "estate.view", ("/products/",)),
    Place("deployments", "Deployments", "estate.view", ("/deployments/",)),
    Place("releases", "Releases", "estate.view", ("/releases/", "/compare/")),
    Place("configurations", "Configuration", "estate.view", ("/configuration/",)),
    Place("audit", "Audit log", "audit.view", ("/audit/",)),
    Place("accounts", "Accounts", "account.edit", ("/accounts/",)),
    Place("people", "People", "people.manage", ("/people/",)),
    Place("on-call", "On call", "estate.view", ("/on-call/",)),
)


def place_of(path: str) -> str:
    """The name of the navigation entry that `path` belongs to; "" when it belongs to none."""
    if path == "/":
        return "matrix"
    for place in reversed(PLACES):
        if any(mark in path for mark in place.paths):
            return place.name
    return ""


def console(request: HttpRequest) -> dict[str, Any]:
    signed_in = getattr(request, "user", None)
    user = signed_in if isinstance(signed_in, User) else None
    return {
        "demo": settings.DEMO,
        "demo_epoch": settings.CONSOLE_DEMO_EPOCH,
        "theme": user.theme if user else "auto",
        "shortcuts": bool(user and user.shortcuts),
        "places": [p for p in PLACES if user and user.may(p.permission)],
        "here": place_of(request.path),
    }
