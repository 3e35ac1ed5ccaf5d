"""Saving and restoring the public configuration of environments."""

from collections.abc import Mapping

from products.changes import Change, given, record_change
from products.configuration import differences
from products.models import ConfigRevision, Environment
from products.revisions import append, locked, number_of, values_of
from products.selectors import revision_of
from users.actions import action
from users.models import User
from users.refusals import Invalid, WrongState


@action("config.save", permission="config.edit")
def save_config(
    *, actor: User | None, environment: Environment, values: Mapping[str, str], reason: str, revision: int
) -> ConfigRevision:
    """Save the whole public configuration of an environment, as edited from revision number `revision` (0: none).

    Visitors get it with the next deployment. Raises WrongState when `revision` is not the newest, Invalid when a
    value does not hold, looks like a secret, or nothing differs, or the reason is missing.
    """
    return _save(actor, "config.save", environment, values, reason, revision, None)


@action("config.restore", permission="config.edit")
def restore_config(
    *, actor: User | None, environment: Environment, number: int, reason: str, revision: int
) -> ConfigRevision:
    """Save the values of revision `number` again, as a new revision. Raises Missing, and what `save_config` raises."""
    old = revision_of(environment, number)
    return _save(actor, "config.restore", environment, old.values, reason, revision, number)


def _save(
    actor: User | None,
    name: str,
    environment: Environment,
    values: Mapping[str, str],
    reason: str,
    revision: int,
    restored: int | None,
) -> ConfigRevision:
    row = locked(environment)
    before, number = values_of(row), number_of(row)
    if revision != number:
        raise _superseded(row, revision)
    saved = append(row, values, actor=actor, reason=given(reason), restored_from=restored)
    changes = differences(before, saved.values)
    if not changes:
        raise Invalid(f"The values are those of revision {number} already. Nothing was saved.")
    change = Change({c.key: c.old for c in changes}, {c.key: c.new for c in changes})
    what = f"Configuration of {row} saved as revision {saved.number}"
    summary = what + (f", restored from {restored}" if restored is not None else "")
    record_change(actor, name, row, summary, reason, change)
    return saved


def _superseded(row: Environment, revision: int) -> WrongState:
    newest = row.config
    if newest is not None and revision and not row.config_revisions.filter(number=revision).exists():
        return WrongState(
            f"{row} has no configuration revision {revision}; the newest is {newest.number}. Nothing was saved. "
            "Read it again."
        )
    if newest is None:
        return WrongState(
            f"{row} has no configuration revision {revision}; none was saved yet. Read it again."
        )
    who = newest.actor or "the console"
    changed = differences(_values_at(row, revision), newest.values)
    told = ", ".join(c.key for c in changed[:10]) + (
        f" and {len(changed) - 10} more" if len(changed) > 10 else ""
    )
    return WrongState(
        f"The newest configuration of {row} is revision {newest.number}, saved by {who} at "
        f"{newest.at:%Y-%m-%d %H:%M} UTC; you edited revision {revision}. "
        f"Changed since: {told or 'nothing'}. Nothing was saved.",
        newest=newest.number,
        changed=[c.key for c in changed],
    )


def _values_at(row: Environment, revision: int) -> dict[str, str]:
    found = row.config_revisions.filter(number=revision).first()
    return dict(found.values) if found else {}
