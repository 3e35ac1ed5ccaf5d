"""CSV that a browser keeps as a file."""

from collections.abc import Iterable

from django.http import HttpResponse


def csv_file(lines: Iterable[str], name: str) -> HttpResponse:
    """The lines as a file of that name, without its ending; whole, so that no file ends where a query failed."""
    answer = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
