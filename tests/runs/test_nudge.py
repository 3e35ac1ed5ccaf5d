"""Nudges: what is sent, and that a broker that is away neither hinders nor is shown to anybody."""

import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from runs import counters
from runs import nudge as nudging
from runs.models import Counter, Run
from tests.runs.rows import begin
from tests.workers import Broker, Clone


@pytest.fixture
def to_broker(broker: Broker, settings: Any, cloned_database: Clone) -> Iterator[Broker]:
    """Nudges of this process go to a broker of the test's own."""
    settings.REDIS_URL = broker.url
    nudging.forget()
    yield broker
    nudging.forget()


def failed() -> float:
    return sum(Counter.objects.filter(name="nudges_failed").values_list("value", flat=True))


def messages(broker: Broker) -> list[dict[str, Any]]:
    with broker.valkey.client() as client:
        return [json.loads(body) for body in client.lrange("runs", 0, -1)]


def test_a_start_sends_the_id_and_nothing_else(to_broker: Broker) -> None:
    run = begin("short")

    (message,) = messages(to_broker)
    assert message["headers"]["task"] == "runs.tasks.advance"
    assert message["headers"]["argsrepr"] == f"({run.pk},)"
    assert message["headers"]["expires"]
    assert message["headers"]["eta"] is None
    assert failed() == 0


@pytest.mark.alone
def test_a_click_is_accepted_while_the_broker_is_down_and_the_failure_counted(to_broker: Broker) -> None:
    begin("short")
    to_broker.server.kill()
    began = time.monotonic()
    run = begin("short")
    assert time.monotonic() - began < 2
    assert Run.objects.filter(pk=run.pk, state="queued").exists()
    assert failed() == 1

    to_broker.server.start()
    assert nudging.nudge(run.pk, run.kind) or nudging.nudge(run.pk, run.kind)
    assert nudging.nudge(run.pk, run.kind)
    assert messages(to_broker)


@pytest.mark.alone
def test_a_broker_that_does_not_answer_costs_about_a_second(to_broker: Broker) -> None:
    begin("short")
    to_broker.server.process.send(signal.SIGSTOP)
    began = time.monotonic()
    assert not nudging.nudge(1, "short")
    assert time.monotonic() - began < 3
    to_broker.server.process.send(signal.SIGCONT)
    assert failed() == 1


def test_counters_add_up_by_name_and_labels(cloned_database: Clone) -> None:
    for _ in range(2):
        counters.add(
            {counters.key("a", service="s3"): 2, counters.key("a", service="sts"): 1, counters.key("b"): 5}
        )
    counters.add({})
    assert set(Counter.objects.values_list("name", "labels", "value")) == {
        ("a", '{"service": "s3"}', 4),
        ("a", '{"service": "sts"}', 2),
        ("b", "", 10),
    }
