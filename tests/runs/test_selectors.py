"""What pages, probes and metrics read about Runs."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from prometheus_client import CollectorRegistry, generate_latest

from runs import counters, selectors, workers
from runs.claim import claim
from runs.metrics import RunsCollector
from runs.models import Run, RunStep, StepTime, Worker
from runs.services import retry_run
from tests.runs.rows import begin, carry_out, expire

pytestmark = pytest.mark.django_db


def test_queue_age_is_that_of_the_oldest_due_run() -> None:
    assert selectors.queue_age() == 0
    Run.objects.filter(pk=begin("short").pk).update(wake_at=Now() - timedelta(seconds=90))
    begin("short")
    assert 90 <= selectors.queue_age() < 100
    assert selectors.due_runs().count() == 2


def test_a_run_whose_worker_died_is_due_since_the_end_of_its_lease() -> None:
    run = begin("short")
    Run.objects.filter(pk=run.pk).update(wake_at=Now() - timedelta(hours=1))
    assert claim(run.pk)
    assert selectors.queue_age() == 0
    expire(run)
    assert 1 <= selectors.queue_age() < 10


def test_waiting_runs_say_why() -> None:
    carry_out(begin("patient"))
    begin("short")
    (waiting,) = selectors.waiting_runs()
    assert waiting.waiting_for == "the edge to answer"
    assert selectors.active_runs().count() == 2


def test_a_worker_is_alive_for_fifteen_seconds_after_it_was_heard_of() -> None:
    assert not selectors.alive_workers().exists()
    workers.say_alive()
    Worker.objects.create(name="runs@a", queues="runs")
    Worker.objects.create(name="both@a", queues="runs,wake")
    Worker.objects.create(name="runs@dead", queues="runs", seen_at=Now() - timedelta(seconds=16))
    assert {worker.name for worker in selectors.alive_workers()} == {"runs@a", "both@a"}
    assert {worker.name for worker in selectors.alive_workers("wake")} == {"both@a"}

    Worker.objects.filter(name="runs@dead").update(seen_at=Now() - timedelta(days=2))
    workers.say_alive()
    assert not Worker.objects.filter(name="runs@dead").exists()


def test_usual_times_are_medians_of_the_last_twenty() -> None:
    for seconds in [1000] * 5 + list(range(1, 21)):
        run = begin("short")
        RunStep.objects.filter(run=run, position=0).update(started_at=Now() - timedelta(seconds=seconds))
        carry_out(run)

    usual = selectors.usual_seconds("short")
    assert usual["first"] == pytest.approx(10.5, abs=0.3)
    assert usual["last"] < 1
    time = StepTime.objects.get(kind="short", step="first")
    assert (time.count, len(time.recent)) == (25, 20)
    assert time.buckets[4:7] == [4, 9, 20]


def test_steps_are_shown_with_label_time_and_usual_time() -> None:
    carry_out(begin("short"))
    run = begin("short")
    assert claim(run.pk)
    first, middle, _ = selectors.shown_steps(run)

    assert (first.label, middle.label) == ("First", "Middle")
    assert first.seconds is not None
    assert first.seconds >= 0
    assert middle.seconds is None
    assert middle.usual_seconds is not None


def test_a_retried_step_is_timed_from_its_retry() -> None:
    run = carry_out(begin("sulky_skippable"))
    RunStep.objects.filter(run=run, name="sulky").update(started_at=Now() - timedelta(days=1))
    retry_run(run)
    carry_out(run)
    assert RunStep.objects.get(run=run, name="sulky").started_at
    (shown,) = [step for step in selectors.shown_steps(run) if step.row.name == "sulky"]
    assert shown.seconds is not None
    assert shown.seconds < 60


def test_metrics_tell_runs_steps_queue_and_counters() -> None:
    registry = CollectorRegistry()
    registry.register(RunsCollector())
    assert "console_nudges_failed_total 0.0" in generate_latest(registry).decode()

    carry_out(begin("short"))
    carry_out(begin("patient"))
    Worker.objects.create(name="runs@a", queues="runs")
    counters.add({counters.key("aws_calls", service="s3", operation="PutObject"): 7})
    text = generate_latest(registry).decode()

    assert 'console_runs{kind="patient",state="running"} 1.0' in text
    assert 'console_runs{kind="short"' not in text
    assert 'console_step_seconds_count{kind="short",step="first"} 1.0' in text
    assert 'console_step_seconds_bucket{kind="short",le="0.5",step="first"} 1.0' in text
    assert 'console_aws_calls_total{operation="PutObject",service="s3"} 7.0' in text
    assert 'console_workers{queue="runs"} 1.0' in text
    assert "console_queue_age_seconds 0.0" in text
