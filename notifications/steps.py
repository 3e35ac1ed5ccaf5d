"""The Run that sends a channel's due deliveries, on the queue of what only looks and tells."""

from notifications.models import Channel, Delivery
from notifications.outbox import next_due, save_failed, save_sent
from notifications.senders import NotSent, send
from runs.journal import storable
from runs.lease import clock
from runs.steps import WATCH, Done, Recipe, Step, StepContext

DELIVER = "deliver"
ROUND_SECONDS = 20.0
"""After so long the worker is free for others; what is left is a Run of its own."""


def deliver(context: StepContext) -> Done:
    """Send one after the other while there is something due, for 20 s at most."""
    scope = context.run.scope_names[0]
    channel = Channel.objects.get(pk=int(scope.partition(":")[2]))
    ends, counts = clock() + ROUND_SECONDS, {"sent": 0, "failed": 0}
    while clock() < ends and (delivery := next_due(channel)):
        context.lease.check()
        counts["sent" if _try(context, delivery) else "failed"] += 1
        context.progress(done=sum(counts.values()))
    return Done(counts)


RECIPE = Recipe(DELIVER, (Step("send", "Send", deliver),), queue=WATCH)


def _try(context: StepContext, delivery: Delivery) -> bool:
    began = clock()
    try:
        sent = send(delivery)
    except NotSent as failure:
        text = storable(str(failure))
        with context.transaction():
            save_failed(delivery, text, failure.status, _ms(began), context.run)
        context.log(f"Notification {delivery.pk} was not sent: {text}", level="warn")
        return False
    with context.transaction():
        save_sent(delivery, sent.status, storable(sent.but), _ms(began))
    return True


def _ms(began: float) -> int:
    return int((clock() - began) * 1000)
