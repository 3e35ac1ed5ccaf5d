"""The forms of releases and deployments: shape and fields only; the services judge."""

from typing import Any

from django import forms
from django.http import QueryDict

from deployments.models import Artifact
from deployments.selectors.plans import HALVES
from deployments.services.register import LONGEST_COMMIT, LONGEST_NOTES
from products.models import Environment, Product
from users.reasons import LONGEST_REASON
from users.refusals import Refused

REASON = forms.CharField(
    label="Reason",
    max_length=LONGEST_REASON,
    widget=forms.Textarea(attrs={"rows": 3}),
    help_text="It goes on record.",
)


class ReasonForm(forms.Form):
    """A reason, for whatever is asked."""

    reason = REASON


class DeployForm(forms.Form):
    """The click on a plan: bound to its digest, with a reason, and the name typed where the environment is protected."""

    plan_digest = forms.CharField(widget=forms.HiddenInput, required=False)
    half = forms.ChoiceField(
        widget=forms.HiddenInput, required=False, choices=[(name, name) for name in ("", *HALVES)]
    )
    reason = REASON

    def __init__(self, *args: Any, environment: Environment, override: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if override:
            self.fields["override"] = forms.CharField(
                label="Why promote it past the promotion path", max_length=LONGEST_REASON, required=False
            )
        if environment.protected:
            self.fields["confirm"] = forms.CharField(
                label=f"Type {environment.name} to confirm",
                max_length=60,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    def bind_to(self, digest: str) -> None:
        """Have the next click hold to the plan with this digest, whatever was sent with the last one."""
        self.initial["plan_digest"] = digest
        if isinstance(self.data, QueryDict):
            self.data = {**self.data.dict(), "plan_digest": digest}


class RollbackForm(DeployForm):
    """The click on a rollback. The page's own radios say to which `version` and with which `config`."""

    bad = forms.BooleanField(required=False)

    def __init__(self, *args: Any, leaving: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if leaving:
            self.fields["bad"].label = f"Mark {leaving} bad, so that nobody promotes it again"
        else:
            del self.fields["bad"]


class ReleaseForm(forms.Form):
    """A release by hand: version and one zip per target."""

    version = forms.CharField(max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    commit = forms.CharField(max_length=LONGEST_COMMIT, required=False)
    notes = forms.CharField(
        required=False, max_length=LONGEST_NOTES, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        back_end = [Artifact.BACKEND] if product.handler_bucket else []
        names = [Artifact.ANY, *product.environments.values_list("name", flat=True), *back_end]
        labels = {
            Artifact.ANY: "Zip for all app environments",
            Artifact.BACKEND: "Zip of the back end's handlers",
        }
        for name in names:
            label = labels.get(name, f"Zip for {name}")
            widget = forms.ClearableFileInput(attrs={"accept": ".zip"})
            self.fields[f"artifact.{name}"] = forms.FileField(label=label, required=False, widget=widget)

    def uploads(self) -> dict[str, Any]:
        """The uploaded files by target."""
        named = ((name.removeprefix("artifact."), file) for name, file in self.files.items())
        return {target: file for target, file in named if f"artifact.{target}" in self.fields}


class CompareForm(forms.Form):
    """Two sides of a product: each a release or what an environment runs."""

    left = forms.ChoiceField()
    right = forms.ChoiceField()

    def __init__(self, *args: Any, sides: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in ("left", "right"):
            choices = self.fields[field]
            assert isinstance(choices, forms.ChoiceField)
            choices.choices = sides


def show_refusal(form: forms.Form, refusal: Refused) -> None:
    """Put a service's refusal where the person looks: beside the fields it names, else above the form."""
    errors = refusal.details.get("errors") or {}
    placed = False
    for field, texts in errors.items():
        known = field if field in form.fields else None
        placed = placed or known is not None
        for text in texts if isinstance(texts, list) else [texts]:
            form.add_error(known, text)
    if not placed and not errors:
        form.add_error(None, refusal.text)
