"""Examples of what people do with AWS resources (see `tests.examples`)."""

from provisioning.models import Apply
from provisioning.services.accept import accept, stop_accepting
from provisioning.services.look import look
from provisioning.services.steer import cancel, retry
from runs.models import Run, RunState
from tests.deployments.rows import estate
from tests.examples import Call, example, person
from tests.provisioning.rows import DEV, apply_to, seen_bucket
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
