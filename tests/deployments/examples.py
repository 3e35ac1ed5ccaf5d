"""Examples of what people do with releases and deployments (see `tests.examples`)."""

from deployments.models import EnvironmentState, Fleet
from deployments.services.edits import accept_edits
from deployments.services.handlers import skip_handler
from deployments.services.mark_bad import mark_bad
from deployments.services.observe import look
from deployments.services.promote import promote, rollback
from deployments.services.prune import prune, prune_versions
from deployments.services.register import Incoming, register
from deployments.services.steer import cancel, retry, retry_handler, skip
from runs.models import RunState, RunStep, StepState
from tests.deployments import fleets
from tests.deployments.back_ends import NAMES, failed_deployment, partly_live, put_fleet
from tests.deployments.rows import end, environment, estate, live, ready
from tests.examples import Call, example, person
from users.models import User
from users.permissions import Role


def _manager() -> User:
    return person(Role.RELEASE_MANAGER, "set-up")


@example("release.register")
def register_a_build() -> Call:
    product = estate()
    source = {"any": Incoming("incoming/app.zip", "a" * 64)}
    return lambda actor: register(actor=actor, product=product, version="1.0.0", artifacts=source)


@example("release.mark_bad")
def mark_a_release_bad() -> Call:
    release = ready(estate(), "1.0.0", _manager())
    return lambda actor: mark_bad(actor=actor, release=release, bad=True, reason="It leaks.")


@example("deployment.promote")
def promote_a_release() -> Call:
    product = estate()
    release = ready(product, "1.0.0", _manager())
    dev = environment(product, "dev")
    return lambda actor: promote(actor=actor, environment=dev, release=release, reason="Try it.")


@example("deployment.rollback")
def roll_an_environment_back() -> Call:
    product, manager = estate(), _manager()
    dev = environment(product, "dev")
    for version in ("1.0.0", "1.1.0"):
        live(dev, ready(product, version, manager), manager)
    return lambda actor: rollback(actor=actor, environment=dev, reason="It is slow.")


@example("environment.prune")
def prune_an_environment() -> Call:
    dev = environment(estate(), "dev")
    return lambda actor: prune(actor=actor, environment=dev, reason="It is full.")


@example("deployment.cancel")
def cancel_a_deployment() -> Call:
    product, manager = estate(), _manager()
    under_way = promote(
        actor=manager,
        environment=environment(product, "dev"),
        release=ready(product, "1.0.0", manager),
        reason="Try.",
    )
    return lambda actor: cancel(actor=actor, deployment=under_way, reason="Wrong one.")


@example("deployment.retry")
def retry_a_deployment() -> Call:
    product, manager = estate(), _manager()
    failed = promote(
        actor=manager,
        environment=environment(product, "dev"),
        release=ready(product, "1.0.0", manager),
        reason="Try.",
    )
    end(failed, RunState.FAILED)
    return lambda actor: retry(actor=actor, deployment=failed, reason="The bucket is there now.")


@example("deployment.skip")
def skip_a_step() -> Call:
    product, manager = estate(), _manager()
    failed = promote(
        actor=manager,
        environment=environment(product, "dev"),
        release=ready(product, "1.0.0", manager),
        reason="Try.",
    )
    end(failed, RunState.FAILED)
    steps = RunStep.objects.filter(run=failed.run)
    steps.update(state=StepState.DONE)
    steps.filter(name="verify").update(state=StepState.FAILED)
    steps.filter(name="record").update(state=StepState.PENDING)
    EnvironmentState.objects.filter(environment=failed.environment).update(running=failed)
    return lambda actor: skip(actor=actor, deployment=failed, reason="The edge is slow today.")


@example("handler.skip")
def leave_a_handler_out() -> Call:
    failed = failed_deployment(_manager())
    return lambda actor: skip_handler(actor=actor, deployment=failed, name=NAMES[0], reason="It is not used.")


@example("handler.retry")
def try_a_handler_again() -> Call:
    part = partly_live(_manager())
    return lambda actor: retry_handler(actor=actor, deployment=part, name=NAMES[0], reason="Mended.")


@example("fleet.accept")
def accept_what_was_edited() -> Call:
    test = environment(estate(), "test")
    put_fleet(test, fleets.fleet(NAMES)).known.filter(name=NAMES[0]).update(memory=512)
    return lambda actor: accept_edits(actor=actor, environment=test, reason="Needs more memory.")


@example("fleet.prune")
def prune_versions_of_a_fleet() -> Call:
    test = environment(estate(), "test")
    assert test.backend_account is not None
    Fleet.objects.create(account=test.backend_account, prefix=test.function_prefix)
    return lambda actor: prune_versions(actor=actor, environment=test, reason="Storage is full.")


@example("environment.look")
def look_at_an_environment() -> Call:
    test = environment(estate(), "test")
    return lambda actor: look(actor=actor, environment=test)
