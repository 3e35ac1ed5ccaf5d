"""The audit log: filtered and paged, exported, verified."""

import json
from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router, Schema

from audit.models import Result
from audit.search import Filter, search
from audit.selectors import seals_of
from timcombo_console.api import shapes
from timcombo_console.api.auth import doing, seeing
from timcombo_console.api.lists import cursor_of, limit_of
from timcombo_console.audit_log.export import lines
from timcombo_console.audit_log.forms import in_utc, unknown
from timcombo_console.audit_log.services import export, in_words, verify
from users.models import User
from users.refusals import Invalid

router = Router(tags=["audit"])


class Wanted(Schema):
    """The filter, as on the page: each condition narrows it; times with their offset, `until` is not included."""

    actor: str = ""
    action: str = ""
    product: str = ""
    environment: str = ""
    result: Result | Literal[""] = ""
    run: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def as_filter(self, request: HttpRequest, *others: str) -> Filter:
        """What is asked for. `others` are the call's further parameters; any else is refused."""
        if wrong := unknown(request.GET, [*type(self).model_fields, *others]):
            raise Invalid(wrong)
        for name in ("since", "until"):
            if given := getattr(self, name):
                _check_time(name, given)
        values = self.model_dump()
        return Filter(actor_name=values.pop("actor").lower(), **values)


def _check_time(name: str, given: datetime) -> None:
    if given.tzinfo is None:
        raise Invalid(f"{name} needs its offset, for example {given.isoformat()}Z.")
    try:
        in_utc(given)
    except ValueError as error:
        raise Invalid(f"{name}: {error}") from error


@router.get("/events", summary="Events, newest first")
def events(request: HttpRequest, wanted: Query[Wanted], cursor: str = "", limit: int = 50) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        page = search(
            wanted.as_filter(request, "cursor", "limit"), before=cursor_of(cursor), limit=limit_of(limit)
        )
        seals = seals_of(page.events)
        items = [shapes.event(event, seals.get(event.pk)) for event in page.events]
        body = {"items": items, "next": str(page.older) if page.older else None}
        return HttpResponse(json.dumps(body), content_type="application/json")

    return seeing(request, "audit.view", look)


TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


@router.get("/export", summary="Everything the filter matches, as CSV or JSON lines")
def export_events(request: HttpRequest, wanted: Query[Wanted], format: str = "jsonl") -> HttpResponseBase:  # noqa: A002
    def look(user: User) -> HttpResponseBase:
        made = export(actor=user, wanted=wanted.as_filter(request, "format"), format=format)
        answer = StreamingHttpResponse(lines(made), content_type=TYPES[format])
        answer["Content-Disposition"] = f'attachment; filename="audit.{format}"'
        return answer

    return seeing(request, "audit.export", look)


@router.post("/verify", summary="Walk the chain and name the first broken row")
def verify_chain(request: HttpRequest) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        verdict = verify(actor=user)
        return {
            "ok": verdict.ok,
            "ended": verdict.ended,
            "seals": verdict.seals,
            "unsealed": verdict.unsealed,
            "first_broken": verdict.first_broken,
            "text": in_words(verdict),
        }

    return doing(request, 200, act, sees="audit.view")
