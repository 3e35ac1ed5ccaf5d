"""`{% products rows %}` draws the body of the matrix."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from timcombo_console.cells import Cell, cell_html, row_html

register = template.Library()


@register.simple_tag
def products(rows: Iterable[Mapping[str, Any]]) -> SafeString:
    """All at once, because nodes of a template for each would take as long as drawing it."""
    return SafeString("\n".join(row_html(r["name"], r["url"], r["domain"], r["cells"]) for r in rows))


@register.simple_tag
def moved_cell(cell: Cell) -> SafeString:
    """One that takes the place of its like on the page when htmx receives it."""
    return cell_html(cell, swap=True)
