"""An example of every action on people and tokens (see `tests.examples`)."""

from tests.examples import PASSWORD, Call, example, person
from users import services, tokens
from users.models import ApiToken, User
from users.permissions import Role


@example("person.create")
def create() -> Call:
    return lambda actor: services.create_person(actor=actor, username="new", role=Role.VIEWER)


@example("person.deactivate")
def deactivate() -> Call:
    somebody = person(Role.VIEWER, "somebody")
    return lambda actor: services.deactivate(actor=actor, person=somebody, reason="left")


@example("person.reactivate")
def reactivate() -> Call:
    somebody = person(Role.VIEWER, "somebody")
    services.deactivate(actor=None, person=somebody)
    return lambda actor: services.reactivate(actor=actor, person=somebody)


@example("person.change_role")
def change_role() -> Call:
    somebody = person(Role.VIEWER, "somebody")
    return lambda actor: services.change_role(actor=actor, person=somebody, role=Role.AUDITOR)


@example("person.reset_password")
def reset_password() -> Call:
    somebody = person(Role.VIEWER, "somebody")
    return lambda actor: services.reset_password(actor=actor, person=somebody)


@example("own.change_password")
def change_own_password() -> Call:
    return lambda actor: services.change_own_password(actor=actor, current=PASSWORD, new="quite another one")


@example("own.change_settings")
def change_own_settings() -> Call:
    return lambda actor: services.change_own_settings(actor=actor, theme="dark")


@example("token.issue")
def issue() -> Call:
    return lambda actor: tokens.issue(actor=actor, user=actor, name="ci", scopes=["read"], days=30)


@example("token.revoke")
def revoke() -> Call:
    token, _ = tokens.issue(
        actor=None, user=person(Role.VIEWER, "somebody"), name="ci", scopes=["read"], days=1
    )

    def call(actor: User) -> object:
        ApiToken.objects.filter(pk=token.pk).update(user=actor)
        return tokens.revoke(actor=actor, token=ApiToken.objects.get(pk=token.pk))

    return call
