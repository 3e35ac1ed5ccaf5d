"""Alarms: the list, one with its history, silencing it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from monitoring.forms import SilenceForm
from monitoring.pages.alarms import alarm_page, alarms_page
from monitoring.selectors.alarms import alarm_for
from monitoring.services.silence import silence, unsilence
from products.forms import carried_out
from users.http import Request, page
from users.refusals import Refused


@page(permission="estate.view")
def alarms(request: Request) -> HttpResponse:
    """All alarms, ringing ones first."""
    return render(request, "monitoring/alarms.html", alarms_page(request.GET))


@page(permission="estate.view")
def alarm(request: Request, pk: int) -> HttpResponse:
    """One alarm: what it guards, its state and when that changed."""
    found = alarm_for(request.user, pk)
    return render(request, "monitoring/alarm.html", alarm_page(request.user, found) | {"form": SilenceForm()})


@page(permission="estate.view", methods=("POST",))
def alarm_silence(request: Request, pk: int) -> HttpResponse:
    """Tell nobody of it for a while."""
    found, form = alarm_for(request.user, pk), SilenceForm(request.POST)
    if form.is_valid():
        made = carried_out(form, lambda: silence(actor=request.user, alarm=found, **form.cleaned_data))
        if made:
            return redirect("alarm", pk)
    refused = " ".join(map(str, form.non_field_errors()))
    note = {"kind": "warn", "first": "Nothing was changed.", "second": refused} if refused else None
    context = alarm_page(request.user, found) | {"form": form, "note": note}
    return render(request, "monitoring/alarm.html", context, status=422)


@page(permission="estate.view", methods=("POST",))
def alarm_unsilence(request: Request, pk: int) -> HttpResponse:
    """Tell of it again."""
    found = alarm_for(request.user, pk)
    try:
        unsilence(actor=request.user, alarm=found)
    except Refused as refusal:
        note = {"kind": "warn", "first": "Nothing was changed.", "second": refusal.text}
        context = alarm_page(request.user, found) | {"form": SilenceForm(), "note": note}
        return render(request, "monitoring/alarm.html", context, status=refusal.status)
    return redirect("alarm", pk)
