"""Examples of what people do with AWS resources (see `tests.examples`)."""

from provisioning.models import Apply, ChangeState, PlannedChange
from provisioning.services.accept import accept, stop_accepting
from provisioning.services.look import look
from provisioning.services.records import remove_records, undo_records
from provisioning.services.steer import cancel, retry
from runs.models import Run, RunScope, RunState
from tests.deployments.rows import estate
from tests.examples import Call, example, person
from tests.provisioning.rows import DEV, apply_to, seen_bucket, seen_zone
from users.permissions import Role


@example("estate.look")
def look_at_resources() -> Call:
    product = estate()
    return lambda actor: look(actor=actor, product=product)


@example("estate.apply")
def apply_a_plan() -> Call:
    product = estate()
    seen_bucket(product)
    return lambda actor: apply_to(product, actor)


@example("estate.accept")
def accept_a_change() -> Call:
    product = estate()
    seen_bucket(product)
    return lambda actor: accept(actor=actor, product=product, address=DEV, reason="Legal hold")


@example("estate.unaccept")
def stop_accepting_a_change() -> Call:
    product = estate()
    row = seen_bucket(product)
    type(row).objects.filter(pk=row.pk).update(accepted=row.observed)
    return lambda actor: stop_accepting(actor=actor, product=product, address=DEV, reason="Over")


def _applied() -> Apply:
    product = estate()
    seen_bucket(product)
    apply_to(product, person(Role.ADMIN, "set-up"))
    return Apply.objects.select_related("run", "product").get()


@example("estate.cancel")
def stop_a_plan() -> Call:
    apply = _applied()
    return lambda actor: cancel(actor=actor, apply=apply, reason="Not now")


@example("estate.retry")
def go_on_with_a_plan() -> Call:
    apply = _applied()
    Run.objects.filter(pk=apply.run_id).update(state=RunState.FAILED)
    apply.refresh_from_db()
    return lambda actor: retry(actor=actor, apply=apply, reason="Mended")


@example("records.remove")
def remove_stray_records() -> Call:
    product = estate()
    seen_zone(product)
    return lambda actor: remove_records(
        actor=actor, product=product, hostname="old.tim-combo.com", reason="It is gone"
    )


@example("records.undo")
def take_back_a_change_of_records() -> Call:
    product = estate()
    seen_zone(product)
    admin = person(Role.ADMIN, "set-up")
    apply = remove_records(actor=admin, product=product, hostname="old.tim-combo.com", reason="It is gone")
    RunScope.objects.filter(run=apply.run_id).delete()
    planned = PlannedChange.objects.select_related("account", "apply__product").get()
    planned.state = ChangeState.DONE
    return lambda actor: undo_records(actor=actor, planned=planned, reason="It was not gone")
