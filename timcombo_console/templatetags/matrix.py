"""`{% cells row.cells %}` draws the environments of a product in the matrix."""

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString, mark_safe

from timcombo_console.cells import Cell, cell_html

register = template.Library()


@register.simple_tag
def cells(cells: Iterable[Cell]) -> SafeString:
    """All of a row at once, because a tag for each would take as long as drawing it."""
    return mark_safe("".join(map(cell_html, cells)))  # noqa: S308 - cells escape what they draw


@register.simple_tag
def moved_cell(cell: Cell) -> SafeString:
    """One that takes the place of its like on the page when htmx receives it."""
    return cell_html(cell, swap=True)
