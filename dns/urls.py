"""Addresses of hostnames and hosted zones."""

from django.urls import path

from dns import views

urlpatterns = [
    path("products/<slug:slug>/domains/", views.domains, name="domains"),
    path("products/<slug:slug>/zone/", views.hosted_zone, name="hosted-zone"),
    path("products/<slug:slug>/environments/<slug:name>/hostnames/", views.hostnames, name="hostnames"),
]
