"""What `/metrics` says about notifications."""

import pytest

from notifications.models import Delivery
from tests.notifications.rows import email, told
from timcombo_console.metrics import metrics_text

pytestmark = pytest.mark.django_db


def test_what_waits_for_each_channel_and_how_many_are_in_each_state() -> None:
    email("team@example.com", name="unused")
    told(email("ops@example.com"), times=3)
    first = Delivery.objects.first()
    assert first is not None
    Delivery.objects.filter(pk=first.pk).update(state="sent")
    text = metrics_text().decode()
    assert 'console_notifications_waiting{channel="mail"} 2.0' in text
    assert 'console_notifications_waiting{channel="unused"} 0.0' in text
    assert 'console_notifications{state="sent"} 1.0' in text
    assert 'console_notifications{state="pending"} 2.0' in text
    assert 'console_notifications{state="given_up"} 0.0' in text
