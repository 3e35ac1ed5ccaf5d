"""Telling the workers that a Run is due. A message that is lost changes nothing: `wake` sends another."""

from functools import cache, partial

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.pools import ProducerPool
from redis.exceptions import RedisError

from runs import counters
from runs.models import Run
from runs.steps import RUNS, recipe_of

ADVANCE = "runs.tasks.advance"
EXPIRES_SECONDS = 10
PATIENCE_SECONDS = 1

log = structlog.get_logger(__name__)


def nudge(run_id: int, kind: str) -> bool:
    """Send one message for the Run, to the workers of its kind; False, counted and logged, when the broker does not take it within a second."""
    try:
        with _producers().acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            current_app.send_task(
                ADVANCE,
                (run_id,),
                producer=producer,
                queue=queue_of(kind),
                retry=False,
                expires=EXPIRES_SECONDS,
            )
    except (KombuError, RedisError, OSError) as error:
        log.warning("nudge failed", run=run_id, error=str(error))
        counters.add({counters.key("nudges_failed"): 1})
        return False
    return True


def queue_of(kind: str) -> str:
    """An unknown kind fails with its cause, whichever worker takes it."""
    recipe = recipe_of(kind)
    return recipe.queue if recipe else RUNS


def nudge_on_commit(run: Run) -> None:
    """Nudge once the transaction is committed; a failure never reaches the person whose click was accepted."""
    transaction.on_commit(partial(nudge, run.pk, run.kind), robust=True)


@cache
def _producers() -> ProducerPool:
    """Producers of our own: the workers' connections wait longer than a person should."""
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    connection = Connection(settings.REDIS_URL, transport_options={**patience, "max_retries": 0})
    return ProducerPool(connections=connection.Pool(limit=4), limit=4)


def forget() -> None:
    """Close the connections to the broker; the next nudge opens new ones, to where the settings then say."""
    if _producers.cache_info().currsize:
        _producers().force_close_all()  # type: ignore[attr-defined]
    _producers.cache_clear()
