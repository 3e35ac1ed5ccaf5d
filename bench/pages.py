"""Pages, in the server's time, over as many rows as years of use leave."""

from collections.abc import Iterator

from bench.database import database
from bench.report import Row


def measure(full: bool) -> Iterator[Row]:
    """Rows as they come. `full` fills the audit log with ten million events instead of one."""
    with database() as owner:
        # As a web worker starts: all pages imported, garbage collected.
        import timcombo_console.wsgi  # noqa: F401
        from bench import audit_pages, estate_pages

        yield from audit_pages.measure(owner, audit_pages.FULL if full else audit_pages.EVENTS)
        yield from estate_pages.measure(owner)
