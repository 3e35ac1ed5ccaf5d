"""The delivery log: what was told to whom, and whether it arrived."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from notifications.models import Delivery
from notifications.selectors import deliveries
from timcombo_console.api.auth import seeing
from timcombo_console.api.lists import listed
from timcombo_console.api.shapes import Json, moment
from users.models import User

router = Router(tags=["notifications"])


@router.get("/deliveries", summary="Notifications that were sent or wait, newest first")
def delivery_log(
    request: HttpRequest, channel: str = "", state: str = "", cursor: str = "", limit: int = 50
) -> HttpResponse:
    def see(user: User) -> HttpResponse:
        found = deliveries(channel=channel, state=state)
        return listed(found, _delivery, cursor, limit, newest_first=True)

    return seeing(request, "estate.view", see)


def _delivery(one: Delivery) -> Json:
    return {
        "id": one.pk,
        "event": one.event_id,
        "channel": one.channel.name,
        "kind": one.kind,
        "subject": one.subject,
        "payload": one.payload,
        "state": one.state,
        "attempts": one.attempts,
        "created_at": moment(one.created_at),
        "next_at": moment(one.next_at) if one.is_waiting else None,
        "sent_at": moment(one.sent_at),
        "status": one.status_code,
        "error": one.error or None,
        "took_ms": one.took_ms,
    }
