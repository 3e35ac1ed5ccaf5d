"""Addresses of the audit log."""

from django.urls import path

from timcombo_console.audit_log import views

urlpatterns = [
    path("", views.audit, name="audit"),
    path("events/<int:pk>/", views.audit_event, name="audit-event"),
    path("export", views.audit_export, name="audit-export"),
    path("verify", views.audit_verify, name="audit-verify"),
]
