"""`GET /api/v1/notifications/deliveries`."""

import pytest

from tests.console.test_api import API, Caller, body, code
from tests.examples import person
from tests.notifications.receivers import Answer, Receiver
from tests.notifications.rows import SECRET, deliver, told, webhook
from users.permissions import Role

pytestmark = pytest.mark.django_db
LOG = f"{API}/notifications/deliveries"


def test_the_delivery_log_newest_first(receiver: Receiver) -> None:
    receiver.answers = [Answer(500, b"no")]
    first, second = told(webhook(receiver.url), times=2)
    deliver()
    caller = Caller(person(Role.VIEWER), ["read"])
    answer = caller.get(LOG, limit=1)
    (newest,) = body(answer)["items"]
    assert newest["id"] == second.pk
    assert (newest["state"], newest["status"], newest["error"], newest["next_at"]) == (
        "sent",
        204,
        None,
        None,
    )
    assert newest["payload"] == second.payload
    assert SECRET not in answer.content.decode()
    (older,) = body(caller.get(LOG, cursor=body(answer)["next"]))["items"]
    assert (older["id"], older["state"], older["attempts"]) == (first.pk, "failed", 1)
    assert older["error"] == "127.0.0.1 answered 500: no"
    assert older["next_at"].endswith("Z")
    assert [one["id"] for one in body(caller.get(LOG, state="failed", channel="hook"))["items"]] == [first.pk]


def test_what_does_not_hold_is_refused() -> None:
    caller = Caller(person(Role.VIEWER), ["read"])
    assert code(caller.get(LOG, state="lost")) == (422, "invalid")
    assert code(caller.get(LOG, channel="none")) == (404, "not_found")
    assert code(Caller(person(Role.AUDITOR), ["audit"]).get(LOG)) == (403, "forbidden")
