"""Forms of the pages about alarms."""

from django import forms

from users.reasons import LONGEST_REASON


class SilenceForm(forms.Form):
    """For how many minutes an alarm is silenced, and why."""

    minutes = forms.TypedChoiceField(
        label="For",
        coerce=int,
        choices=[(30, "30 minutes"), (120, "2 hours"), (480, "8 hours"), (1440, "1 day"), (10080, "7 days")],
        initial=120,
    )
    reason = forms.CharField(
        label="Reason", max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )
