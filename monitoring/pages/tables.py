"""The numbers behind charts: as a table, and as CSV."""

from collections.abc import Iterator
from typing import Any

from monitoring.pages.charts import DRAWINGS, Chart, Line
from monitoring.pages.dashboard import Dashboard
from users.refusals import Missing
from users.spreadsheets import csv_row


def table_page(board: Dashboard, name: str) -> dict[str, Any]:
    """The context of `monitoring/_table.html`: one chart's numbers, the newest first. Raises Missing."""
    if name not in DRAWINGS or not (charts := board.charts([DRAWINGS[name]])):
        raise Missing(f"There is no chart {name[:40]!r} here.")
    (chart,) = charts
    rows = zip(board.times, *(line.values for line in chart.lines), strict=True)
    return {"chart": chart, "rows": [(at, values) for at, *values in reversed(list(rows))]}


def csv_lines(board: Dashboard) -> Iterator[str]:
    """All charts, the oldest first; what is not known is left empty. Percent are 0 to 100, latencies milliseconds."""
    charts = board.charts(list(DRAWINGS.values()))
    columns = [(_name(board, chart, line), line) for chart in charts for line in chart.lines]
    yield csv_row(["time", *(name for name, _ in columns)])
    for at, moment in enumerate(board.times):
        cells = ("" if (value := line.values[at]) is None else f"{value:.12g}" for _, line in columns)
        yield csv_row([moment.strftime("%Y-%m-%dT%H:%M:%SZ"), *cells])


def _name(board: Dashboard, chart: Chart, line: Line) -> str:
    """ "test requests", "test latency p95" """
    if any(line.label == one.name for one in board.chosen):
        return f"{line.label} {chart.drawing.name}"
    return f"{board.chosen[0].name} {chart.drawing.name} {line.label}"
