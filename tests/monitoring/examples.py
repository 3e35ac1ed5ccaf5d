"""Examples of what people do with what is measured and told (see `tests.examples`)."""

from monitoring.services.ask import ask
from monitoring.services.builds import register_build
from monitoring.services.silence import silence, unsilence
from tests.deployments.rows import environment, estate, live, ready
from tests.examples import Call, example, person
from tests.monitoring.rows import ringing_alarm
from users.permissions import Role


@example("build.register")
def tell_of_a_build() -> Call:
    product = estate()
    return lambda actor: register_build(actor=actor, product=product, version="1.0.0", status="failed")


@example("alarm.silence")
def silence_an_alarm() -> Call:
    alarm = ringing_alarm()
    return lambda actor: silence(actor=actor, alarm=alarm, minutes=30, reason="Known, TC-77")


@example("alarm.unsilence")
def end_a_silence() -> Call:
    alarm = ringing_alarm()
    silence(actor=person(Role.ADMIN, "somebody"), alarm=alarm, minutes=30, reason="Known, TC-77")
    return lambda actor: unsilence(actor=actor, alarm=alarm)


@example("truth.ask")
def ask_what_an_environment_serves() -> Call:
    product, manager = estate(), person(Role.RELEASE_MANAGER, "set-up")
    dev = environment(product, "dev")
    live(dev, ready(product, "1.0.0", manager), manager)
    return lambda actor: ask(actor=actor, environment=dev)
