"""Tables as CSV, which people open in a spreadsheet. Pure."""

import csv
import io
from collections.abc import Iterable

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """A cell that a spreadsheet takes for text, not for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def csv_row(cells: Iterable[str]) -> str:
    """One line of CSV with its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return text.getvalue()
