"""The Run that sends: order, failures, rests, giving up, and workers that die."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from audit.models import Event
from notifications.models import Channel, Delivery, DeliveryState
from notifications.outbox import NEVER_TRIED, next_due
from notifications.retention import forget_old
from notifications.senders import send
from notifications.services import edit_channel, repeat, send_test
from notifications.starting import start_due
from notifications.telling import tell
from runs.models import Run, RunState
from runs.nudge import queue_of
from tests.notifications.receivers import Answer, Receiver, receiving
from tests.notifications.rows import (
    deliver,
    happen,
    pass_time,
    resting,
    rule,
    told,
    webhook,
)
from tests.runs.rows import carry_out
from users.refusals import WrongState

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_what_is_due_is_sent_in_order_and_nothing_twice(receiver: Receiver) -> None:
    sent = told(webhook(receiver.url), times=3)
    (run,) = deliver()
    assert run.state == RunState.SUCCEEDED
    assert [int(got.headers["X-Console-Delivery"]) for got in receiver.got] == [one.pk for one in sent]
    assert states() == ["sent"] * 3
    row = Delivery.objects.earliest("pk")
    assert (row.attempts, row.status_code, row.error) == (1, 204, "")
    assert row.sent_at is not None
    assert row.took_ms is not None
    assert deliver() == []


def test_it_has_a_queue_of_its_own_and_a_channel_one_run(receiver: Receiver) -> None:
    told(webhook(receiver.url), webhook(receiver.url, "second"))
    assert queue_of("deliver") == "watch"
    assert queue_of("promote") == queue_of("rollback") == "runs"
    assert [start_due(), start_due()] == [2, 0]
    assert Run.objects.filter(kind="deliver").count() == 2


def test_500_and_then_200(receiver: Receiver) -> None:
    receiver.answers = [Answer(500, b"<b>not</b>\n now")]
    told(webhook(receiver.url))
    deliver()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.status_code) == ("failed", 1, 500)
    assert row.error == "127.0.0.1 answered 500: <b>not</b> now"
    assert Delivery.objects.filter(next_at__gt=Now()).exists()
    assert deliver() == []
    pass_time(seconds=12.1)
    deliver()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.status_code, row.error) == ("sent", 2, 204, "")
    first, second = receiver.got
    assert first.headers["X-Console-Delivery"] == second.headers["X-Console-Delivery"]
    assert first.body == second.body


def test_one_that_is_refused_keeps_no_other_back(receiver: Receiver) -> None:
    receiver.answers = [Answer(400)]
    told(webhook(receiver.url), times=3)
    deliver()
    assert states() == ["failed", "sent", "sent"]
    assert Channel.objects.get().failures == 0


def test_a_receiver_that_is_down_is_tried_with_one_at_a_time_until_it_is_back() -> None:
    with receiving(Receiver()) as was_there:
        pass
    channel = webhook(was_there.url)
    told(channel, times=50)
    deliver()
    assert states().count("failed") == 3
    assert resting(channel)
    assert deliver() == []

    pass_time(seconds=12.1)
    Delivery.objects.filter(state="failed").update(next_at=Now())
    deliver()
    assert Channel.objects.get().failures == 4
    assert sum(Delivery.objects.values_list("attempts", flat=True)) == 4
    assert "could not be asked" in Delivery.objects.filter(state="failed").earliest("pk").error

    pass_time(hours=1.3)
    with receiving(was_there):
        deliver()
    assert states() == ["sent"] * 50
    assert (Channel.objects.get().failures, resting(channel)) == (0, False)


def test_after_a_day_all_that_waits_is_given_up_on_record_once(receiver: Receiver) -> None:
    receiver.always = Answer(503)
    told(webhook(receiver.url, "dead"), times=20)
    deliver()
    assert states().count("failed") == 3
    pass_time(hours=25)
    (run,) = deliver()
    assert run.state == RunState.SUCCEEDED
    assert states() == ["given_up"] * 20
    assert Delivery.objects.filter(error=NEVER_TRIED).count() == 16
    event = Event.objects.get(action="channel.gave_up")
    assert (event.result, event.subject, event.run) == ("failed", "channel dead", run.pk)
    assert event.after == {"channel": "dead", "given_up": 20}
    assert "answered 503" in event.summary
    assert deliver() == []


def test_what_was_given_up_is_sent_again_by_a_person_for_another_day(receiver: Receiver) -> None:
    receiver.answers = [Answer(503), Answer(503)]
    (delivery,) = told(webhook(receiver.url))
    with pytest.raises(WrongState, match="is waiting"):
        repeat(actor=None, delivery=delivery)
    deliver()
    pass_time(hours=25)
    deliver()
    repeat(actor=None, delivery=delivery)
    deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("sent", 1)
    assert len({got.headers["X-Console-Delivery"] for got in receiver.got}) == 1
    with pytest.raises(WrongState, match="is sent"):
        repeat(actor=None, delivery=delivery)


def test_a_test_goes_first_and_wakes_a_channel_that_rests(receiver: Receiver) -> None:
    receiver.always = Answer(500)
    channel = webhook(receiver.url)
    told(channel, times=9)
    deliver()
    assert resting(channel)
    receiver.always = Answer()
    made = send_test(actor=None, channel=channel)
    receiver.got.clear()
    deliver()
    assert receiver.got[0].headers["X-Console-Delivery"] == str(made.pk)
    assert receiver.got[0].json["kind"] == "test"
    made.refresh_from_db()
    assert made.state == "sent"


def test_a_channel_that_is_switched_off_drops_what_waits(receiver: Receiver) -> None:
    channel = webhook(receiver.url)
    told(channel, times=2)
    edit_channel(actor=None, channel=channel, values={"enabled": False})
    assert deliver() == []
    assert states() == ["given_up"] * 2
    assert (
        Event.objects.get(action="channel.edit").summary == "Channel hook changed; 2 that waited were dropped"
    )
    with pytest.raises(WrongState, match="switched off"):
        send_test(actor=None, channel=channel)
    with pytest.raises(WrongState, match="switched off"):
        repeat(actor=None, delivery=Delivery.objects.earliest("pk"))
    edit_channel(actor=None, channel=channel, values={"enabled": True})
    assert deliver() == []


def test_a_worker_that_dies_between_sending_and_saving_repeats_under_the_same_id(receiver: Receiver) -> None:
    channel = webhook(receiver.url)
    told(channel, times=2)
    start_due()
    due = next_due(channel)
    assert due is not None
    send(due)
    # It died here. Another worker takes the Run over.
    run = carry_out(Run.objects.get(kind="deliver"))
    assert run.state == RunState.SUCCEEDED
    ids = [got.headers["X-Console-Delivery"] for got in receiver.got]
    assert ids == [str(due.pk), str(due.pk), str(due.pk + 1)]
    assert receiver.got[0].body == receiver.got[1].body
    assert states() == ["sent"] * 2


def test_the_step_run_twice_sends_nothing_more(receiver: Receiver) -> None:
    told(webhook(receiver.url))
    (run,) = deliver()
    run.steps.update(state="pending")
    Run.objects.filter(pk=run.pk).update(state="queued", ended_at=None, wake_at=Now(), lease_until=None)
    assert carry_out(run).state == RunState.SUCCEEDED
    assert len(receiver.got) == 1


def test_an_unknown_failure_of_one_is_shown_and_keeps_no_other_back(receiver: Receiver) -> None:
    told(webhook(receiver.url), times=2)
    first = Delivery.objects.earliest("pk")
    Channel.objects.update(kind="pigeon")
    deliver()
    first.refresh_from_db()
    assert first.error == "It could not be sent: ValueError: 'pigeon' is not a valid ChannelKind"
    Channel.objects.update(kind="webhook")
    pass_time(seconds=30)
    deliver()
    assert states() == ["sent"] * 2


def test_old_deliveries_go_and_the_log_stays(receiver: Receiver) -> None:
    receiver.answers = [Answer(), Answer(500)]
    channel = webhook(receiver.url)
    told(channel, times=2)
    deliver()
    Delivery.objects.update(created_at=F("created_at") - timedelta(days=91))
    rule(channel, "alarm.rang")
    happen()
    tell()
    events = Event.objects.count()
    forget_old()
    assert sorted(states()) == ["failed", "pending"]
    assert Event.objects.count() == events


def test_states_have_words() -> None:
    assert DeliveryState.FAILED.label == "Failed, tried again"
