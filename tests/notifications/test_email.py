"""E-mail: what arrives, and what is said while no mail server takes it."""

from email import message_from_string
from typing import Any

import pytest

from tests.notifications.receivers import MailServer, mailing
from tests.notifications.rows import deliver, email, pass_time, told

pytestmark = pytest.mark.django_db


def test_one_mail_goes_to_all_addresses(mail_server: MailServer) -> None:
    (delivery,) = told(email("ana@example.com", "team@example.com"))
    deliver()
    (mail,) = mail_server.got
    assert mail.sender == "console@example.com"
    assert mail.to == ["ana@example.com", "team@example.com"]
    message = message_from_string(mail.text)
    assert message["To"] == "ana@example.com, team@example.com"
    assert message["Subject"] == "Release ready: Tim-Combo 1.1.0"
    assert message["Message-ID"] == f"<console-delivery-{delivery.pk}@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert str(message.get_payload()).splitlines()[:3] == ["It is ready.", "", "Where: tim-combo"]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status_code) == ("sent", None)


def test_a_mail_server_that_is_down_is_tried_again(mail_server: MailServer, settings: Any) -> None:
    with mailing(MailServer()) as other:
        settings.EMAIL_PORT = other.port
    (delivery,) = told(email("ana@example.com"))
    deliver()
    delivery.refresh_from_db()
    assert delivery.state == "failed"
    assert delivery.error.startswith("The mail server did not take it:")
    pass_time(seconds=12.1)
    with mailing(other):
        deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("sent", 2)
    assert len(other.got) == 1


def test_what_the_mail_server_refuses_is_said(mail_server: MailServer) -> None:
    mail_server.refuses = "550 no such mailbox"
    (delivery,) = told(email("nobody@example.com"))
    deliver()
    delivery.refresh_from_db()
    assert "550" in delivery.error
    assert "no such mailbox" in delivery.error


def test_an_address_that_is_refused_is_said_and_the_others_get_it_once(mail_server: MailServer) -> None:
    mail_server.refuses, mail_server.only = "550 no such mailbox", "anna@example.com"
    (delivery,) = told(email("anna@example.com", "team@example.com"))
    deliver()
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("sent", 1)
    assert delivery.error == ("The mail server did not take it for anna@example.com (550 no such mailbox).")
    assert [mail.to for mail in mail_server.got] == [["team@example.com"]]


def test_without_a_mail_server_the_setting_is_named(settings: Any) -> None:
    settings.CONSOLE_EMAIL = False
    (delivery,) = told(email("ana@example.com"))
    deliver()
    delivery.refresh_from_db()
    assert delivery.error.startswith("No mail server is configured. Set EMAIL_URL")
