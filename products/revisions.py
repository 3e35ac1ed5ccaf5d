"""Appending to the configuration of an environment. Revisions are never changed, only superseded."""

from collections.abc import Mapping

from products.configuration import problems
from products.models import ConfigRevision, Environment
from users.models import User
from users.refusals import Invalid


def locked(environment: Environment) -> Environment:
    """The environment's row as it is now, held until the transaction ends."""
    rows = Environment.objects.select_related("product", "config__actor")
    return rows.select_for_update(of=("self",)).get(pk=environment.pk)


def values_of(environment: Environment) -> dict[str, str]:
    """The newest configuration; empty when none was ever saved."""
    return dict(environment.config.values) if environment.config else {}


def number_of(environment: Environment) -> int:
    """The number of the newest revision; 0 when none was ever saved."""
    return environment.config.number if environment.config else 0


def append(
    environment: Environment,
    values: Mapping[str, str],
    *,
    actor: User | None,
    reason: str,
    restored_from: int | None = None,
) -> ConfigRevision:
    """Add the next revision to a locked environment. Raises Invalid, which names each key that does not hold."""
    errors = problems(values)
    if errors:
        raise Invalid("Nothing was saved. " + " ".join(errors.values()), errors=errors)
    revision = ConfigRevision.objects.create(
        environment=environment,
        number=number_of(environment) + 1,
        values=dict(values),
        reason=reason,
        actor=actor,
        restored_from=restored_from,
    )
    environment.config = revision
    environment.save(update_fields=["config"])
    return revision
