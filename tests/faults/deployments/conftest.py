from tests.shipping import prepared, template, world

__all__ = ["prepared", "template", "world"]
