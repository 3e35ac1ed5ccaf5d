"""Pages of the audit log: the filtered list, one event, export, verification."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from audit.selectors import chain_state, event_by_id, search
from timcombo_console.audit_log import services
from timcombo_console.audit_log.drawing import draw, draw_facet
from timcombo_console.audit_log.export import lines
from timcombo_console.audit_log.forms import ExportForm, FilterForm
from timcombo_console.audit_log.presentation import by_day, facets, rows
from users.actions import permit
from users.http import Request, page
from users.refusals import Invalid, Missing

TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


@page(permission="audit.view")
def audit(request: Request) -> HttpResponse:
    form = FilterForm(request.GET)
    valid = form.is_valid()
    found = search(form.filter(), before=form.cleaned_data["before"]) if valid else None
    shown = rows(found.events) if found else []
    context = {
        "rows": shown,
        **_filter_bar(form),
        "days": [(day, map(draw, of_day)) for day, of_day in by_day(shown)],
        "older": f"{form.address()}&before={found.older}" if found and found.older else "",
        "newest": form.address() if form.cleaned_data.get("before") else "",
        "chain": chain_state(),
        "may_verify": request.user.may("audit.verify"),
        "may_export": valid and request.user.may("audit.export"),
    }
    return render(request, "audit/audit.html", context, status=200 if valid else 422)


@page(permission="audit.view")
def audit_event(request: Request, pk: int) -> HttpResponse:
    event = event_by_id(pk)
    if event is None:
        raise Missing(f"There is no event with the number {pk}. Events are never removed, so it never was.")
    row = rows([event])[0]
    return render(request, "audit/event.html", {"row": row, "drawn": draw(row, unfolded=True)})


@page(permission="audit.view")
def audit_export(request: Request) -> StreamingHttpResponse:
    permit(services.export, actor=request.user)
    form = ExportForm(request.GET)
    if not form.is_valid():
        told = " ".join(str(text) for texts in form.errors.values() for text in texts)
        raise Invalid(f"The filter does not hold, so nothing was exported. {told}")
    asked = form.cleaned_data["format"]
    made = services.export(actor=request.user, wanted=form.filter(), format=asked)
    response = StreamingHttpResponse(lines(made), content_type=TYPES[made.format])
    name = f"audit-{timezone.now():%Y-%m-%dT%H%MZ}.{made.format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page(permission="audit.view", methods=("POST",))
def audit_verify(request: Request) -> HttpResponse:
    verdict = services.verify(actor=request.user)
    (messages.success if verdict.ok else messages.error)(request, services.in_words(verdict))
    return redirect("audit")


def _filter_bar(form: FilterForm) -> dict[str, Any]:
    """The form, its facets, its parts as pills (text, address without it), and what its text fields do not hold."""
    set_fields = [
        name for name in ("person", "action", "product", "environment", "result", "run") if _value(form, name)
    ]
    return {
        "form": form,
        "facets": map(draw_facet, facets(form)),
        "filter": form.address(),
        "chosen": [(_value(form, name), form.address(**{name: ""})) for name in set_fields],
        "kept": [(name, _value(form, name)) for name in set_fields if name != "person"],
        "since": _time(form, "since"),
        "until": _time(form, "until"),
        "audit_url": reverse("audit"),
    }


def _value(form: FilterForm, name: str) -> str:
    return str(form.cleaned_data.get(name) or "")


def _time(form: FilterForm, name: str) -> str:
    """A valid time in UTC, as the field shows it; what does not hold stays as it was typed."""
    moment = form.cleaned_data.get(name)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else form.data.get(name, "")
