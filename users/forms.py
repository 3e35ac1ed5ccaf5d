"""What people type about people and tokens. The services decide; their Invalid comes back to the fields."""

from typing import Any

from django import forms

from users.models import THEMES, User
from users.permissions import SCOPES, Role
from users.reasons import LONGEST_REASON
from users.refusals import Refused

BOX = {"class": "form-check-input"}


def put_back(form: forms.Form, refusal: Refused) -> None:
    """Show a service's refusal at the fields it names, or above the form."""
    errors: dict[str, str] = refusal.details.get("errors", {})
    for field, text in errors.items():
        form.add_error(field if field in form.fields else None, text)
    if not errors:
        form.add_error(None, refusal.text)


class SignInForm(forms.Form):
    username = forms.CharField(
        label="User name",
        max_length=100,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        strip=False, max_length=1000, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class PersonForm(forms.Form):
    username = forms.CharField(
        label="User name",
        max_length=100,
        help_text="Letters, digits and @ . + - _, in lower case. It cannot be changed later.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    display_name = forms.CharField(label="Name", max_length=100, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.VIEWER, widget=forms.RadioSelect(attrs=BOX))


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
    reason = forms.CharField(max_length=LONGEST_REASON, required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=LONGEST_REASON, required=False)


class TokenForm(forms.Form):
    user = forms.ModelChoiceField(
        User.objects.none(), label="Acts for", help_text="It may never do more than this person."
    )
    name = forms.CharField(
        max_length=100, help_text="Where it is used, such as “GitHub Actions of tim-combo”."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope.capitalize()) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple(attrs=BOX),
    )
    days = forms.IntegerField(label="Valid for days", min_value=1, max_value=365, initial=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["user"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = User.objects.filter(is_active=True).order_by("username")


class PasswordForm(forms.Form):
    current = forms.CharField(
        label="Present password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="New password",
        strip=False,
        help_text="At least 12 characters, not a common one, not like your name.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class SettingsForm(forms.Form):
    theme = forms.ChoiceField(choices=THEMES, widget=forms.RadioSelect(attrs=BOX))
    shortcuts = forms.BooleanField(label="Keys open pages: j k p r t / ?", required=False)


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=THEMES)
