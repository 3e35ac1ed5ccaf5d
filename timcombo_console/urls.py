"""Addresses: each app's pages, the API, and what probes ask."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
