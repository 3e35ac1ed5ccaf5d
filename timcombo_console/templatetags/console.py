"""Template tags of the console's look: signs, sizes, ages."""

from django import template

register = template.Library()
