"""Django's admin: bulk viewing of the estate, and editing through the same services as the pages.

Nothing is added, deleted or edited in bulk here; accounts' roles, new rows and hostnames have pages of their own.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from products.forms import reason_field
from products.models import Account, ConfigRevision, Environment, Product
from products.services import edit_account, edit_environment, edit_product
from users.admin import ServiceAdmin
from users.models import User


class ReasonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row's fields and why they change."""

    reason = reason_field()


class EstateAdmin(ServiceAdmin):
    """Rows of the estate: lists for everybody who may see it."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return isinstance(request.user, User) and request.user.may("estate.view")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class EditedAdmin(EstateAdmin):
    """Besides, saved by `edit`: the service of this kind of row, for who has its `permission`."""

    form = ReasonForm
    permission: ClassVar[str]
    edit: Callable[[Any, Any, dict[str, Any], dict[str, Any]], None]
    """Given the actor, the row, the values that differ and all that was asked."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return isinstance(request.user, User) and request.user.may(self.permission)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        rows = {field.name for field in obj._meta.fields}
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in rows}
        self.edit(request.user, obj, values, form.cleaned_data)


@admin.register(Account)
class AccountAdmin(EditedAdmin):
    permission = "account.edit"
    list_display = ("name", "aws_id", "tier", "region", "description")
    list_filter = ("tier",)
    search_fields = ("name", "aws_id")

    def edit(self, actor: Any, row: Account, values: dict[str, Any], asked: dict[str, Any]) -> None:
        edit_account(actor=actor, account=row, values=values, roles={}, reason=asked["reason"])


@admin.register(Product)
class ProductAdmin(EditedAdmin):
    permission = "product.edit"
    list_display = ("name", "slug", "domain", "artifact_account", "artifact_bucket")
    list_select_related = ("artifact_account",)
    search_fields = ("name", "slug", "domain")
    readonly_fields = ("slug",)

    def edit(self, actor: Any, row: Product, values: dict[str, Any], asked: dict[str, Any]) -> None:
        edit_product(actor=actor, product=row, values=values, reason=asked["reason"])


class EnvironmentAdminForm(ReasonForm):
    """Besides: the revision that was read, and the name typed where the environment is protected."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    confirm = forms.CharField(
        required=False, help_text="The name of the environment, where it is protected and its place changes."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["revision"] = self.instance.settings_revision


@admin.register(Environment)
class EnvironmentAdmin(EditedAdmin):
    permission = "product.edit"
    form = EnvironmentAdminForm
    list_display = ("name", "product", "kind", "protected", "cache_profile", "bucket", "distribution_id")
    list_filter = ("kind", "protected", "cache_profile", "name")
    list_select_related = ("product",)
    search_fields = ("product__name", "bucket", "distribution_id")
    readonly_fields = ("product", "name", "position", "settings_revision", "config")

    def edit(self, actor: Any, row: Environment, values: dict[str, Any], asked: dict[str, Any]) -> None:
        edit_environment(
            actor=actor,
            environment=row,
            values=values,
            revision=asked["revision"],
            reason=asked["reason"],
            confirm=asked["confirm"],
        )


@admin.register(ConfigRevision)
class ConfigRevisionAdmin(EstateAdmin):
    list_display = ("environment", "number", "actor", "at", "reason")
    list_select_related = ("environment__product", "actor")
    search_fields = ("environment__product__name", "environment__name")
