"""What people do to people: one function per action, each on record."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q

from audit.services import record
from users.actions import action
from users.models import User
from users.permissions import Role
from users.refusals import Forbidden, Invalid, WrongState


@dataclass(frozen=True)
class InitialPassword:
    """A person and the password that opens the console for them once; it is shown to the admin and not kept."""

    person: User
    password: str


@action("person.create", permission="people.manage")
def create_person(
    *, actor: User | None, username: str, role: str, display_name: str = "", email: str = ""
) -> InitialPassword:
    """A new person with an initial password. Raises Invalid naming the fields that do not hold."""
    person = User(
        username=username.strip().lower(), role=role, display_name=display_name.strip(), email=email
    )
    password = _give_initial_password(person)
    _check(person)
    person.save()
    record(
        actor=actor,
        action="person.create",
        subject=person.username,
        summary=f"Created {person} as {_role(role)}",
        after={"username": person.username, "name": person.display_name, "role": role, "email": email},
    )
    return InitialPassword(person, password)


@action("person.deactivate", permission="people.manage")
def deactivate(*, actor: User | None, person: User, reason: str = "") -> User:
    """Sign the person out everywhere and keep them out, tokens included. What they did stays on record."""
    person = _locked_among_admins(person)
    if not person.is_active:
        raise WrongState(f"{person} is deactivated already. Nothing was changed.")
    _keep_an_admin(person)
    person.is_active = False
    person.session_epoch += 1
    person.save(update_fields=["is_active", "session_epoch"])
    record(
        actor=actor,
        action="person.deactivate",
        subject=person.username,
        summary=f"Deactivated {person}",
        reason=reason,
        before={"active": True},
        after={"active": False},
    )
    return person


@action("person.reactivate", permission="people.manage")
def reactivate(*, actor: User | None, person: User, reason: str = "") -> User:
    """Let the person in again, in their former role."""
    person = _locked(person)
    if person.is_active:
        raise WrongState(f"{person} is active already. Nothing was changed.")
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(
        actor=actor,
        action="person.reactivate",
        subject=person.username,
        summary=f"Reactivated {person} as {_role(person.role)}",
        reason=reason,
        before={"active": False},
        after={"active": True},
    )
    return person


@action("person.change_role", permission="people.manage")
def change_role(*, actor: User | None, person: User, role: str, reason: str = "") -> User:
    """Give the person another role, from their next click on; they have to sign in again."""
    person = _locked_among_admins(person)
    before = person.role
    if role not in Role.values:
        raise Invalid(f"There is no role {role!r}.", errors={"role": "Choose one of the roles."})
    if role == before:
        raise WrongState(f"{person} is {_role(role)} already. Nothing was changed.")
    if before == Role.ADMIN:
        _keep_an_admin(person)
    person.role = role
    person.session_epoch += 1
    person.save(update_fields=["role", "session_epoch"])
    record(
        actor=actor,
        action="person.change_role",
        subject=person.username,
        summary=f"Made {person} {_role(role)}",
        reason=reason,
        before={"role": before},
        after={"role": role},
    )
    return person


@action("person.reset_password", permission="people.manage")
def reset_password(*, actor: User | None, person: User, reason: str = "") -> InitialPassword:
    """A new initial password, for who lost theirs. Signs the person out everywhere."""
    person = _locked(person)
    password = _give_initial_password(person)
    person.session_epoch += 1
    person.save(update_fields=["password", "password_is_initial", "session_epoch"])
    record(
        actor=actor,
        action="person.reset_password",
        subject=person.username,
        summary=f"Gave {person} a new initial password",
        reason=reason,
    )
    return InitialPassword(person, password)


@action("own.change_password", permission="own.edit")
def change_own_password(*, actor: User, current: str, new: str) -> User:
    """Choose one's own password; ends one's other sessions. Raises Invalid naming the field that does not hold."""
    person = _locked(actor)
    if not person.check_password(current):
        raise Invalid("This is not your password.", errors={"current": "This is not your password."})
    if current == new:
        raise Invalid("Choose another password than the present one.", errors={"new": "Choose another one."})
    try:
        validate_password(new, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), errors={"new": " ".join(error.messages)}) from error
    person.set_password(new)
    person.password_is_initial = False
    person.save(update_fields=["password", "password_is_initial"])
    record(
        actor=actor, action="own.change_password", subject=actor.username, summary="Changed the own password"
    )
    return person


@action("own.change_settings", permission="own.edit")
def change_own_settings(*, actor: User, theme: str | None = None, shortcuts: bool | None = None) -> User:
    """Choose one's theme, and whether keys open pages; None leaves it as it is."""
    person = _locked(actor)
    before = {"theme": person.theme, "shortcuts": person.shortcuts}
    person.theme = person.theme if theme is None else theme
    person.shortcuts = person.shortcuts if shortcuts is None else shortcuts
    _check(person)
    person.save(update_fields=["theme", "shortcuts"])
    record(
        actor=actor,
        action="own.change_settings",
        subject=actor.username,
        summary="Changed the own settings",
        before=before,
        after={"theme": person.theme, "shortcuts": person.shortcuts},
    )
    return person


def _locked(person: User) -> User:
    return User.objects.select_for_update().get(pk=person.pk)


def _locked_among_admins(person: User) -> User:
    # In one order with all admins, so that two who remove each other wait for one another and do not block.
    rows = User.objects.select_for_update().filter(Q(pk=person.pk) | Q(role=Role.ADMIN, is_active=True))
    return next(row for row in rows.order_by("pk") if row.pk == person.pk)


def _role(role: str) -> str:
    label = Role(role).label.lower()
    return f"an {label}" if label[0] in "aeiou" else f"a {label}"


def _give_initial_password(person: User) -> str:
    password = secrets.token_urlsafe(15)
    person.set_password(password)
    person.password_is_initial = True
    return password


def _keep_an_admin(person: User) -> None:
    # The rows are locked, so that two admins cannot remove each other at the same moment.
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
    if [admin.pk for admin in admins] == [person.pk]:
        raise Forbidden(
            f"{person} is the last active admin. Nothing was changed. Make somebody else an admin first."
        )


def _check(person: User) -> None:
    try:
        person.full_clean()
    except ValidationError as error:
        errors = {field: " ".join(texts) for field, texts in error.message_dict.items()}
        raise Invalid(" ".join(errors.values()), errors=errors) from error
