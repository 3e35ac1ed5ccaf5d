"""Forms of hostnames and hosted zones."""

from django import forms

from dns.models import HostedZone
from products.forms import LinesField, RowForm, reason_field


class HostnamesForm(forms.Form):
    """The hostnames of an environment in order."""

    names = LinesField(
        label="Hostnames", required=False, help_text="One in a line. The first is the canonical one."
    )
    reason = reason_field()


class HostedZoneForm(RowForm):
    """The zone of a product's domain."""

    class Meta:
        model = HostedZone
        fields = ["account", "zone_id"]
        labels = {"zone_id": "Hosted zone id"}
