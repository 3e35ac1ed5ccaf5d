"""Editing a row, and what the edit changed, as the audit log keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db.models import Model

from audit.services import record
from users.models import User
from users.refusals import Invalid


@dataclass(frozen=True)
class Change:
    """The fields that an edit changed, with their values before and after. False when there are none."""

    before: dict[str, Any]
    after: dict[str, Any]

    def __bool__(self) -> bool:
        return bool(self.after)

    def __add__(self, other: "Change") -> "Change":
        return Change({**self.before, **other.before}, {**self.after, **other.after})


class Placed(Protocol):
    """A row that can say where it belongs in the audit log."""

    @property
    def audit_place(self) -> dict[str, str]: ...


def record_change(
    actor: User | None, action: str, row: Placed, summary: str, reason: str, change: Change
) -> None:
    """Append the event of an edit to the audit log, in the caller's transaction."""
    place = row.audit_place
    record(
        actor=actor,
        action=action,
        product=place.get("product", ""),
        environment=place.get("environment", ""),
        subject=place.get("subject", ""),
        summary=summary,
        reason=reason.strip(),
        before=change.before,
        after=change.after,
    )


def facts(row: Model, names: Iterable[str]) -> dict[str, Any]:
    """The named fields of a row as JSON; a related row is told by its name."""
    return {name: _plain(getattr(row, name)) for name in names}


def differs(row: Model, values: Mapping[str, Any]) -> bool:
    """Whether setting `values` on the saved row would change it."""
    return facts(row, values) != {name: _plain(value) for name, value in values.items()}


def edit(row: Model, values: Mapping[str, Any], exclude: Iterable[str] = ()) -> Change:
    """Set `values` on the row without saving it. Raises Invalid, which names every field that does not hold."""
    before = facts(row, values) if row.pk else dict.fromkeys(values)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        raise invalid(error) from error
    after = facts(row, values)
    changed = [name for name in values if before[name] != after[name]]
    return Change({n: before[n] for n in changed}, {n: after[n] for n in changed})


def invalid(error: ValidationError) -> Invalid:
    """Django's answer to a bad value as a refusal: one text for a person, and the texts by field."""
    errors = {name: [str(text) for text in texts] for name, texts in error.message_dict.items()}
    told = [
        f"{name.replace('_', ' ')}: {' '.join(texts)}" for name, texts in errors.items() if name != "__all__"
    ]
    told += errors.get("__all__", [])
    return Invalid("Nothing was saved. " + " ".join(told), errors=errors)


def given(reason: str) -> str:
    """The reason without spaces around it. Raises Invalid when there is none."""
    if not reason.strip():
        text = "A reason is required: the audit log keeps why it was done."
        raise Invalid(text, errors={"reason": [text]})
    return reason.strip()


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Model) else value
