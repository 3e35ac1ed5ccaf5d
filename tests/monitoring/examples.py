"""Examples of what people do with what is measured and told (see `tests.examples`)."""

from monitoring.services.builds import register_build
from tests.deployments.rows import estate
from tests.examples import Call, example


@example("build.register")
def tell_of_a_build() -> Call:
    product = estate()
    return lambda actor: register_build(actor=actor, product=product, version="1.0.0", status="failed")
