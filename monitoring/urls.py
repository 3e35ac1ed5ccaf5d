"""Addresses of what is measured, judged and found."""

from django.urls import path

from monitoring.views import alarms, dashboards, health, statistics, truth

PRODUCT = "products/<slug:slug>"

urlpatterns = [
    path("monitoring/", dashboards.overview, name="overview"),
    path("monitoring/now/", dashboards.overview_now, name="overview-now"),
    path("monitoring.csv", dashboards.overview_csv, name="overview-csv"),
    path("monitoring/collection/", dashboards.collection, name="collection"),
    path(f"{PRODUCT}/monitoring/", dashboards.monitoring, name="monitoring"),
    path(f"{PRODUCT}/monitoring/now/", dashboards.monitoring_now, name="monitoring-now"),
    path(f"{PRODUCT}/monitoring/table/", dashboards.monitoring_table, name="monitoring-table"),
    path(f"{PRODUCT}/monitoring.csv", dashboards.monitoring_csv, name="monitoring-csv"),
    path(f"{PRODUCT}/environments/<slug:name>/ask/", truth.environment_ask, name="environment-ask"),
    path("deployments/<int:pk>/health/", health.deployment_health, name="deployment-health"),
    path("alarms/", alarms.alarms, name="alarms"),
    path("alarms/<int:pk>/", alarms.alarm, name="alarm"),
    path("alarms/<int:pk>/silence/", alarms.alarm_silence, name="alarm-silence"),
    path("alarms/<int:pk>/unsilence/", alarms.alarm_unsilence, name="alarm-unsilence"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics.csv", statistics.statistics_csv, name="statistics-csv"),
    path(f"{PRODUCT}/statistics/", statistics.product_statistics, name="product-statistics"),
    path(f"{PRODUCT}/statistics.csv", statistics.product_statistics_csv, name="product-statistics-csv"),
]
