"""Addresses: the pages of each app, the API, and what probes ask."""

from django.contrib import admin
from django.urls import include, path, re_path

from timcombo_console import views
from timcombo_console.api.api import urls as api_urls
from timcombo_console.api.problems import nowhere

urlpatterns = [
    path("", views.matrix, name="matrix"),
    path("changes/", views.matrix_changes, name="matrix-changes"),
    path("products/<slug:slug>/environments/<slug:name>/menu/", views.cell_menu, name="cell-menu"),
    path("search/", views.search, name="search"),
    path("favicon.ico", views.favicon),
    path("on-call/", views.on_call, name="on-call"),
    path("on-call/now/", views.on_call_now, name="on-call-now"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("", include("users.urls")),
    path("audit/", include("timcombo_console.audit_log.urls")),
    path("", include("timcombo_console.checklist.urls")),
    path("", include("timcombo_console.new_product.urls")),
    path("", include("deployments.urls")),
    path("", include("provisioning.urls")),
    path("", include("monitoring.urls")),
    path("", include("products.urls")),
    path("", include("dns.urls")),
    path("notifications/", include("notifications.urls")),
    path("api/v1/", api_urls),
    re_path("^api(?:/|$)", nowhere),
    path("admin/", admin.site.urls),
]

handler400 = "timcombo_console.errors.bad_request"
handler500 = "timcombo_console.errors.server_error"
