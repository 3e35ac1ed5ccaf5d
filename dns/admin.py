"""Django's admin: lists of zones and hostnames. A zone is edited by its service; hostnames have a page of their own."""

from typing import Any

from django.contrib import admin

from dns.models import HostedZone, Hostname
from dns.services import set_hosted_zone
from products.admin import EditedAdmin, EstateAdmin


@admin.register(HostedZone)
class HostedZoneAdmin(EditedAdmin):
    permission = "product.edit"
    list_display = ("product", "account", "zone_id")
    list_select_related = ("product", "account")
    search_fields = ("product__name", "zone_id")
    readonly_fields = ("product",)

    def edit(self, actor: Any, row: HostedZone, values: dict[str, Any], asked: dict[str, Any]) -> None:
        account, zone_id = asked["account"], asked["zone_id"]
        set_hosted_zone(
            actor=actor, product=row.product, account=account, zone_id=zone_id, reason=asked["reason"]
        )


@admin.register(Hostname)
class HostnameAdmin(EstateAdmin):
    list_display = ("name", "environment", "position", "points_here", "seen_at")
    list_filter = ("points_here",)
    list_select_related = ("environment__product",)
    search_fields = ("name",)
