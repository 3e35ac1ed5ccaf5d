"""Addresses of the checklist."""

from django.urls import path

from timcombo_console.checklist import views

urlpatterns = [
    path("products/<slug:slug>/checklist/", views.checklist, name="checklist"),
    path("products/<slug:slug>/checklist.md", views.markdown, name="checklist-markdown"),
]
