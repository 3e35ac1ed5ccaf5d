"""A receiver, a mail server, and the secrets that workers have in their environment."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.notifications.receivers import MailServer, Receiver, mailing, receiving
from tests.notifications.rows import SECRET, SETTING
from tests.products.conftest import admin, estate, manager, signed_in, viewer

__all__ = ["admin", "estate", "manager", "signed_in", "viewer"]


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.CONSOLE_WEBHOOK_SECRETS = {SETTING: SECRET}
    settings.CONSOLE_CHAT_SECRETS = {}
    settings.CONSOLE_PUBLIC_URL = "https://console.example.com"
    settings.DEMO = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as one:
        yield one


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A mail server, named as EMAIL_URL would."""
    with mailing(MailServer()) as server:
        settings.CONSOLE_EMAIL = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.DEFAULT_FROM_EMAIL = "Console <console@example.com>"
        yield server
