"""Addresses of what is measured, judged and found."""

from django.urls import path

from monitoring.views import statistics

PRODUCT = "products/<slug:slug>"

urlpatterns = [
    path("statistics/", statistics.statistics, name="statistics"),
    path(f"{PRODUCT}/statistics/", statistics.product_statistics, name="product-statistics"),
    path(f"{PRODUCT}/statistics.csv", statistics.product_statistics_csv, name="product-statistics-csv"),
]
