"""Saving and restoring configurations: revisions, refusals, and what the audit log keeps."""

import pytest

from audit.models import Event
from products.models import ConfigRevision, Environment
from products.services import restore_config, save_config
from users.models import User
from users.refusals import Forbidden, Invalid, Missing, WrongState

pytestmark = pytest.mark.django_db
REASON = "Pilot ends today, TC-477"


def save(actor: User | None, environment: Environment, revision: int, **values: str) -> ConfigRevision:
    return save_config(actor=actor, environment=environment, values=values, reason=REASON, revision=revision)


def newest(environment: Environment) -> tuple[int, dict[str, str]]:
    environment.refresh_from_db()
    assert environment.config
    return environment.config.number, environment.config.values


def test_a_save_is_a_new_revision_and_one_event_with_the_difference(admin: User, dev: Environment) -> None:
    old = newest(dev)[1]
    save(admin, dev, 1, **{**old, "REACT_APP_FROM_EMAIL": "x@example.com", "NEW": "1"})
    assert newest(dev)[0] == 2
    assert dev.config_revisions.get(number=1).values == old
    event = Event.objects.get(action="config.save")
    assert (event.product, event.environment, event.reason, event.actor) == (
        "tim-combo",
        "dev",
        REASON,
        admin,
    )
    assert event.before == {"NEW": None, "REACT_APP_FROM_EMAIL": "noreply@happyhippo.ai"}
    assert event.after == {"NEW": "1", "REACT_APP_FROM_EMAIL": "x@example.com"}
    assert dev.settings_revision == 1


def test_the_first_save_is_revision_one(admin: User, prod: Environment) -> None:
    save(admin, prod, 0, A="1")
    assert newest(prod) == (1, {"A": "1"})


def test_a_save_on_an_old_revision_says_who_changed_what(admin: User, dev: Environment) -> None:
    save(admin, dev, 1, A="1")
    with pytest.raises(WrongState) as refused:
        save(admin, dev, 1, A="2")
    assert refused.value.code == "wrong_state"
    assert "revision 2, saved by Admin" in refused.value.text
    assert "you edited revision 1" in refused.value.text
    assert refused.value.details["newest"] == 2
    assert "REACT_APP_API_URL" in refused.value.details["changed"]
    assert newest(dev) == (2, {"A": "1"})
    save(admin, dev, 2, A="2")


def test_nothing_to_save_is_refused(admin: User, dev: Environment) -> None:
    with pytest.raises(Invalid, match="those of revision 1 already"):
        save(admin, dev, 1, **newest(dev)[1])
    assert newest(dev)[0] == 1


def test_a_secret_is_refused_by_the_key_and_kept_out_of_the_log(admin: User, dev: Environment) -> None:
    with pytest.raises(Invalid) as refused:
        save(admin, dev, 1, DB="postgres://user:hunter2@db/app", OK="1")
    assert list(refused.value.details["errors"]) == ["DB"]
    event = Event.objects.get(action="config.save", result="refused")
    assert "hunter2" not in f"{event.summary} {event.before} {event.after} {event.reason}"
    assert newest(dev)[0] == 1


def test_a_reason_is_required(admin: User, dev: Environment) -> None:
    with pytest.raises(Invalid, match="A reason is required"):
        save_config(actor=admin, environment=dev, values={"A": "1"}, reason=" ", revision=1)


def test_only_admins_save(manager: User, dev: Environment) -> None:
    with pytest.raises(Forbidden):
        save(manager, dev, 1, A="1")
    assert Event.objects.get(result="refused").actor == manager
    assert newest(dev)[0] == 1


def test_a_restore_is_a_new_revision_that_says_from_where(admin: User, dev: Environment) -> None:
    first = newest(dev)[1]
    save(admin, dev, 1, A="1")
    restored = restore_config(actor=admin, environment=dev, number=1, reason=REASON, revision=2)
    assert (restored.number, restored.restored_from, restored.values) == (3, 1, first)
    assert "restored from 1" in Event.objects.get(action="config.restore").summary
    with pytest.raises(Invalid, match="those of revision 3 already"):
        restore_config(actor=admin, environment=dev, number=1, reason=REASON, revision=3)
    with pytest.raises(Missing, match=r"no configuration revision 9\. The newest is 3"):
        restore_config(actor=admin, environment=dev, number=9, reason=REASON, revision=3)
