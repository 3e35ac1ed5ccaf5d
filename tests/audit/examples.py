"""Examples of the audit log's own actions (see `tests.examples`)."""

from audit.selectors import Filter
from tests.examples import Call, example
from timcombo_console.audit_log import services


@example("audit.export")
def export() -> Call:
    return lambda actor: services.export(actor=actor, wanted=Filter(result="ok"), format="csv")


@example("audit.verify")
def verify() -> Call:
    return lambda actor: services.verify(actor=actor)
