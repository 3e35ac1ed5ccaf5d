"""People in Django's admin site, changed through the same services as on the pages; tokens to look at."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse

from users.models import ApiToken, User
from users.services import change_role, deactivate, reactivate

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic for the type checker only
else:
    ModelAdmin = admin.ModelAdmin


# Roles say who may do what; a group would say nothing, and off the record.
admin.site.unregister(Group)


class ServiceAdmin(ModelAdmin):
    """Rows to look at, and to change by a service that `save_model` calls. Nothing is added, deleted or done in bulk.

    A refusal becomes the page that says why, as everywhere.
    """

    actions = None
    show_full_result_count = False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Without Django's transaction, which would roll back what a service put on record of a refusal."""
        return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined,no-any-return]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ServiceAdmin):
    list_display = ["username", "display_name", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "display_name"]
    ordering = ["username"]

    fields = ["username", "display_name", "email", "role", "is_active", "last_login"]
    readonly_fields = ["username", "display_name", "email", "last_login"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Role and activity are a service and an event each."""
        assert isinstance(request.user, User)
        person = User.objects.get(pk=obj.pk)
        if "role" in form.changed_data:
            change_role(actor=request.user, person=person, role=obj.role)
        if "is_active" in form.changed_data:
            (reactivate if obj.is_active else deactivate)(actor=request.user, person=person)


@admin.register(ApiToken)
class ApiTokenAdmin(ServiceAdmin):
    list_display = ["name", "prefix", "user", "created_at", "expires_at", "revoked_at", "last_used_at"]
    exclude = ["digest"]
    list_select_related = ["user"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
