"""Events in Django's admin site: to look at, never to change."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from audit.models import Event

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Event]  # generic for the type checker only
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Event)
class EventAdmin(ModelAdmin):
    list_display = ["at", "actor_name", "action", "result", "product", "environment", "subject", "summary"]
    list_filter = ["result"]
    ordering = ["-at", "-id"]
    actions = None
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return bool(getattr(request.user, "is_staff", False))

    has_module_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return False
