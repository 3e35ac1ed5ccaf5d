"""Forms of the estate's pages."""

from collections.abc import Iterable

from django import forms

from products.forms import reason_field
from provisioning.shapes import Address


class ApplyForm(forms.Form):
    """The click that applies a plan: bound to the plan shown, with what is adopted or deleted ticked."""

    plan_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    adopt_all = forms.BooleanField(required=False)
    reason = reason_field()

    @property
    def ticked_keys(self) -> set[str]:
        return set(self.data.getlist("tick")) if hasattr(self.data, "getlist") else set()

    def ticked(self, adoptable: Iterable[Address]) -> set[Address]:
        """What was ticked; with all that may be adopted where that was."""
        parts = [key.split("/") for key in self.ticked_keys]
        every = set(adoptable) if self.cleaned_data.get("adopt_all") else set()
        return {Address(*one) for one in parts if len(one) == 3} | every


class ReasonForm(forms.Form):
    """Why."""

    reason = reason_field()
