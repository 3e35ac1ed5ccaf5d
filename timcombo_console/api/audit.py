"""The audit log: filtered and paged, exported, verified."""

import json
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from audit.search import Filter, search
from audit.selectors import seals_of
from timcombo_console.api import shapes
from timcombo_console.api.auth import seeing
from timcombo_console.api.lists import cursor_of, limit_of
from users.models import User
from users.refusals import Invalid

router = Router(tags=["audit"])


class Wanted(Schema):
    """The filter, as on the page: each condition narrows it; times with their offset, `until` is not included."""

    actor: str = ""
    action: str = ""
    product: str = ""
    environment: str = ""
    result: str = ""
    run: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def as_filter(self) -> Filter:
        for name in ("since", "until"):
            given = getattr(self, name)
            if given is not None and given.tzinfo is None:
                raise Invalid(f"{name} needs its offset, for example {given.isoformat()}Z.")
        values = self.model_dump()
        return Filter(actor_name=values.pop("actor"), **values)


@router.get("/events", summary="Events, newest first")
def events(request: HttpRequest, wanted: Query[Wanted], cursor: str = "", limit: int = 50) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        page = search(wanted.as_filter(), before=cursor_of(cursor), limit=limit_of(limit))
        seals = seals_of(page.events)
        items = [shapes.event(event, seals.get(event.pk)) for event in page.events]
        body = {"items": items, "next": str(page.older) if page.older else None}
        return HttpResponse(json.dumps(body), content_type="application/json")

    return seeing(request, "audit.view", look)
