"""The filter of the audit log, as its address spells it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms

from audit.models import Result
from audit.selectors import Filter

OFFSET_AFTER_SPACE = re.compile(r"(:\d\d(?:\.\d+)?)\s+\+?(\d\d:\d\d)$")
"""In an address a plus sign has become a space, when it was not escaped."""


class MomentField(forms.Field):
    """A moment such as 2026-11-22T09:00:00Z or 2026-11-22 10:00+01:00; without an offset it is UTC."""

    def to_python(self, value: object) -> datetime | None:
        text = str(value or "").strip()
        if text in ("", "now"):
            return None
        try:
            moment = datetime.fromisoformat(OFFSET_AFTER_SPACE.sub(r"\1+\2", text.replace(" UTC", "Z")))
        except ValueError as error:
            raise forms.ValidationError(
                "Write it as 2026-11-22 09:00, in UTC, or with its offset as 2026-11-22T10:00+01:00."
            ) from error
        try:
            return in_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError, in words, where UTC counts no such year."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Write a time between the years 1 and 9999, in UTC.") from error


class FilterForm(forms.Form):
    person = forms.CharField(required=False, max_length=150)
    action = forms.CharField(required=False, max_length=60)
    product = forms.CharField(required=False, max_length=60)
    environment = forms.CharField(required=False, max_length=60)
    result = forms.ChoiceField(required=False, choices=[("", "Any"), *Result.choices])
    run = forms.IntegerField(required=False, min_value=1)
    since = MomentField(label="From", required=False)
    until = MomentField(label="to", required=False)
    before = forms.IntegerField(required=False, min_value=1)

    def clean(self) -> dict[str, Any]:
        """Refuses a filter that there is none of: left out, it would show or export more than was asked for."""
        if wrong := unknown(self.data, self.fields):
            raise forms.ValidationError(wrong)
        return self.cleaned_data

    def filter(self) -> Filter:
        """What is asked for. Only after `is_valid`."""
        apart = ("person", "before", "format")
        asked = {name: self.cleaned_data[name] for name in self.fields if name not in apart}
        return Filter(actor_name=self.cleaned_data["person"].lower(), **asked)

    def address(self, **changed: object) -> str:
        """This filter as a query string with some fields changed, from its newest event on. Times carry their offset."""
        values = {name: self.cleaned_data.get(name) for name in self.fields if name != "before"} | changed
        return "?" + urlencode({name: _text(value) for name, value in values.items() if value})


class ExportForm(FilterForm):
    """A filter whose matches are exported, all of them: there is no page to begin before."""

    before = None  # type: ignore[assignment]
    format = forms.CharField(required=False)


def unknown(asked: Iterable[str], known: Iterable[str]) -> str:
    """Which of the parameters asked for do not exist, in words; "" when all do."""
    wrong = sorted(set(asked) - set(known))
    if not wrong:
        return ""
    return f"There is no parameter {', '.join(wrong)[:200]}. There are {', '.join(known)}."


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
