"""Who visits in tests."""

from django.test import Client

from audit.models import Event
from users.models import User


def visitor(user: User) -> Client:
    """A browser in which `user` is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def events() -> list[tuple[str, str, str]]:
    """What is on record: action, result, who; oldest first."""
    return list(Event.objects.order_by("id").values_list("action", "result", "actor_name"))
