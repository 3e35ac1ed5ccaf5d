"""`{% cell cell %}` draws one environment of the matrix."""

from django import template
from django.utils.safestring import SafeString

from timcombo_console.cells import Cell, cell_html

register = template.Library()


@register.simple_tag
def cell(cell: Cell, swap: bool = False) -> SafeString:
    """See `timcombo_console.cells`."""
    return cell_html(cell, swap=swap)
