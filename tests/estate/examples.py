"""The example of the estate's action, for the guard test (see `tests/examples.py`)."""

from tests.cloud import ESTATE
from tests.examples import Call, example
from timcombo_console.estate.importing import import_estate


@example("estate.import")
def import_the_document() -> Call:
    return lambda actor: import_estate(actor=actor, text=ESTATE.read_text(), name=ESTATE.name)
