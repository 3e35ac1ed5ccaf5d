"""Pages of channels, rules and the delivery log."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from notifications import services
from notifications.forms import ChannelForm, LogForm, RuleForm
from notifications.models import Channel
from notifications.pages import channel_page, delivery_page, log_context, overview
from notifications.selectors import channel_by, delivery_by, rule_by
from products.forms import carried_out
from users.forms import ReasonForm
from users.http import Request, page
from users.refusals import Invalid

VIEW = "estate.view"


@page(permission=VIEW)
def notifications(request: Request) -> HttpResponse:
    """Channels and rules."""
    return render(request, "notifications/notifications.html", overview(request.user))


@page(permission=services.EDIT, methods=("GET", "POST"))
def channel_new(request: Request) -> HttpResponse:
    form = ChannelForm(request.POST or None, initial={"kind": "email"})
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = {"values": form.values(), "reason": form.cleaned_data["reason"]}
        saved = carried_out(form, lambda: services.create_channel(actor=request.user, **asked))
        if saved:
            return redirect("channel", saved.name)
    return _form(request, "notifications/channel_form.html", form)


@page(permission=services.EDIT, methods=("GET", "POST"))
def channel_edit(request: Request, name: str) -> HttpResponse:
    found = channel_by(name)
    form = ChannelForm(request.POST or None, instance=channel_by(name))
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = {"values": form.values(), "reason": form.cleaned_data["reason"]}
        saved = carried_out(form, lambda: services.edit_channel(actor=request.user, channel=found, **asked))
        if saved:
            return redirect("channel", name)
    return _form(request, "notifications/channel_form.html", form, channel=found)


@page(permission=VIEW)
def channel(request: Request, name: str) -> HttpResponse:
    """One channel: where it leads, its rules, what was sent last."""
    return render(request, "notifications/channel.html", _channel(request, channel_by(name)))


@page(permission=VIEW)
def channel_now(request: Request, name: str) -> HttpResponse:
    """What moves on the channel's page, for its poll."""
    context = _channel(request, channel_by(name)) | {"oob": True}
    return render(request, "notifications/_channel_now.html", context)


def _channel(request: Request, found: Channel) -> dict[str, Any]:
    return channel_page(request.user, found)


@page(permission=VIEW, methods=("POST",))
def channel_test(request: Request, name: str) -> HttpResponse:
    """Sends a test; the channel's page shows how it went."""
    services.send_test(actor=request.user, channel=channel_by(name))
    return redirect("channel", name)


@page(permission=services.EDIT, methods=("GET", "POST"))
def rule_new(request: Request) -> HttpResponse:
    form = RuleForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = {"values": form.values(), "reason": form.cleaned_data["reason"]}
        if carried_out(form, lambda: services.create_rule(actor=request.user, **asked)):
            return redirect("notifications")
    return _form(request, "notifications/rule_form.html", form)


@page(permission=services.EDIT, methods=("GET", "POST"))
def rule_edit(request: Request, pk: int) -> HttpResponse:
    found = rule_by(pk)
    form = RuleForm(request.POST or None, instance=rule_by(pk))
    if request.method == "POST" and form.is_valid():
        asked: dict[str, Any] = {"values": form.values(), "reason": form.cleaned_data["reason"]}
        if carried_out(form, lambda: services.edit_rule(actor=request.user, rule=found, **asked)):
            return redirect("notifications")
    return _form(request, "notifications/rule_form.html", form, rule=found)


@page(permission=VIEW)
def deliveries(request: Request) -> HttpResponse:
    """The delivery log."""
    form = LogForm(request.GET)
    if not form.is_valid():
        raise Invalid("This filter of the delivery log does not hold. Choose one on the page.")
    return render(request, "notifications/deliveries.html", log_context(**form.cleaned_data))


@page(permission=VIEW)
def delivery(request: Request, pk: int) -> HttpResponse:
    """One delivery with all that was sent."""
    return render(request, "notifications/delivery.html", delivery_page(request.user, delivery_by(pk)))


@page(permission=VIEW, methods=("POST",))
def delivery_repeat(request: Request, pk: int) -> HttpResponse:
    """Has what was given up sent again."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise Invalid("The reason is too long. Nothing was sent.")
    services.repeat(actor=request.user, delivery=delivery_by(pk), reason=form.cleaned_data["reason"])
    return redirect("delivery", pk)


def _form(request: Request, template: str, form: ChannelForm | RuleForm, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
