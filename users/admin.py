"""People in Django's admin site, changed through the same services as on the pages; tokens to look at."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest

from users.models import ApiToken, User
from users.refusals import Refused
from users.services import change_role, create_person, deactivate, reactivate

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic for the type checker only
else:
    ModelAdmin = admin.ModelAdmin


# Roles say who may do what; a group would say nothing, and off the record.
admin.site.unregister(Group)


class ServiceAdmin(ModelAdmin):
    """No delete, no bulk actions: `save_by_service` changes the row, on record. A refusal becomes a message.

    It must not be raised: Django's admin would roll the transaction back, and with it the event of the refusal.
    """

    actions = None

    def save_by_service(self, actor: User, obj: Any, changed: list[str], new: bool) -> None:
        """Do what the form asks for (`changed` names its fields); set `obj.pk` of what is new. Raises Refused."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        try:
            self.save_by_service(request.user, obj, form.changed_data, not change)
        except Refused as refusal:
            request.refused = True  # type: ignore[attr-defined]
            messages.error(request, refusal.text)

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Django's own "was changed" is not said of what was refused."""
        if not getattr(request, "refused", False):
            super().message_user(request, message, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ServiceAdmin):
    list_display = ["username", "display_name", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "display_name"]
    ordering = ["username"]

    fields = ["username", "display_name", "email", "role", "is_active", "last_login"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["username", "display_name", "email", "last_login"] if obj else ["is_active", "last_login"]

    def save_by_service(self, actor: User, obj: User, changed: list[str], new: bool) -> None:
        if new:
            names = ["username", "display_name", "email", "role"]
            obj.pk = create_person(actor=actor, **{name: getattr(obj, name) for name in names}).person.pk
        elif "role" in changed:
            change_role(actor=actor, person=User.objects.get(pk=obj.pk), role=obj.role)
        elif "is_active" in changed:
            (reactivate if obj.is_active else deactivate)(actor=actor, person=User.objects.get(pk=obj.pk))


@admin.register(ApiToken)
class ApiTokenAdmin(ServiceAdmin):
    list_display = ["name", "prefix", "user", "created_at", "expires_at", "revoked_at", "last_used_at"]
    exclude = ["digest"]
    list_select_related = ["user"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
