"""Forms of channels and rules. The services decide; a form only reads fields."""

from typing import Any

from django import forms

from notifications.kinds import KINDS
from notifications.models import Channel, ChannelKind, DeliveryState, Rule
from products.forms import LinesField, RowForm
from products.models import Environment
from users.forms import BOX


class ChannelForm(RowForm):
    """A channel. Its name and kind are chosen once."""

    addresses = LinesField(
        label="Addresses", required=False, help_text="For e-mail: one in a line, twenty at most."
    )

    class Meta:
        model = Channel
        fields = ["name", "kind", "addresses", "url", "setting", "enabled"]
        widgets = {"kind": forms.RadioSelect(attrs=BOX)}
        labels = {"url": "Address of the webhook", "setting": "Secret", "enabled": "Switched on"}
        help_texts = {
            "name": "Small letters, digits and hyphens, such as on-call-mail.",
            "url": "For a webhook: https://… of a public host. It is shown here, so it holds no secret.",
            "setting": "The end of the variable's name that holds it, such as TEAM: CONSOLE_CHAT_TEAM holds a chat's "
            "address for Apprise, CONSOLE_WEBHOOK_SECRET_TEAM what a webhook is signed with. For e-mail leave it empty.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.TypedChoiceField)
        kind.choices = ChannelKind.choices
        if self.instance.pk:
            self.only(["name", "kind"])


class RuleForm(RowForm):
    """A rule. Nothing chosen means everything."""

    kinds = forms.MultipleChoiceField(
        label="News",
        choices=[(kind.name, kind.label) for kind in KINDS.values()],
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs=BOX),
        help_text="None ticked: all of it.",
    )
    environment = forms.ChoiceField(
        required=False, help_text="News that belongs to no environment only goes to rules for every one."
    )

    class Meta:
        model = Rule
        fields = ["name", "channel", "product", "environment", "kinds", "enabled"]
        labels = {"enabled": "Switched on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].empty_label = "Choose a channel"  # type: ignore[attr-defined]
        self.fields["product"].empty_label = "Every product"  # type: ignore[attr-defined]
        names = list(Environment.objects.order_by("name").values_list("name", flat=True).distinct())
        kept = [self.instance.environment] if self.instance.environment not in ("", *names) else []
        environment = self.fields["environment"]
        assert isinstance(environment, forms.ChoiceField)
        environment.choices = [("", "Every environment"), *((name, name) for name in names + kept)]


class LogForm(forms.Form):
    """Which deliveries the log shows."""

    channel = forms.CharField(required=False, max_length=40)
    state = forms.ChoiceField(required=False, choices=[("", ""), *DeliveryState.choices])
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
