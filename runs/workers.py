"""Which workers are alive: each says so in its row every few seconds."""

import threading
from datetime import timedelta
from typing import Any

import structlog
from celery.signals import celeryd_after_setup, worker_init, worker_process_init, worker_shutting_down
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from runs import shutdown
from runs.models import Worker

BEAT_SECONDS = 5.0
ALIVE_SECONDS = 15
FORGET = timedelta(days=1)

log = structlog.get_logger(__name__)
_self: dict[str, str] = {"name": "this process", "queues": ""}


def name() -> str:
    """The name of the worker that this process belongs to, e.g. `runs@host`."""
    return _self["name"]


def alive(queue: str = "runs") -> QuerySet[Worker]:
    """The workers of `queue` that were heard of in the last 15 s."""
    seen = Worker.objects.filter(seen_at__gt=Now() - timedelta(seconds=ALIVE_SECONDS))
    return seen.filter(queues__regex=rf"(^|,){queue}(,|$)")


def say_alive() -> None:
    """Write this worker's row."""
    Worker.objects.bulk_create(
        [Worker(name=_self["name"], queues=_self["queues"], seen_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at", "queues"],
    )
    Worker.objects.filter(seen_at__lt=Now() - FORGET).delete()


def _beat() -> None:
    waiting = threading.Event()
    while not shutdown.requested():
        try:
            say_alive()
        except DatabaseError as error:
            log.warning("heartbeat failed", error=str(error))
        connection.close()
        waiting.wait(BEAT_SECONDS)


@worker_init.connect
def _begin(**_: Any) -> None:
    shutdown.forget()


@celeryd_after_setup.connect
def _learn_name(sender: str, instance: Any, **_: Any) -> None:
    # In the main process, before it forks its children, which do not learn it by themselves.
    _self.update(name=sender, queues=",".join(sorted(instance.app.amqp.queues.consume_from)))


@worker_process_init.connect
def _begin_to_beat(**_: Any) -> None:
    threading.Thread(target=_beat, name="heartbeat", daemon=True).start()


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    shutdown.request()
