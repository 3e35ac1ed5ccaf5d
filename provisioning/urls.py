"""Addresses of a product's AWS resources, its plan, and what was applied."""

from django.urls import path

from provisioning import views

ESTATE = "products/<slug:slug>/estate"

urlpatterns = [
    path(f"{ESTATE}/", views.estate, name="estate"),
    path(f"{ESTATE}/look/", views.look, name="estate-look"),
    path(f"{ESTATE}/plan/", views.plan, name="estate-plan"),
    path(f"{ESTATE}/applied/<int:pk>/", views.applied, name="estate-apply"),
    path(f"{ESTATE}/applied/<int:pk>/<str:verb>/", views.steer, name="estate-steer"),
    path(f"{ESTATE}/resource/<str:kind>/<str:account>/<str:name>/", views.resource, name="estate-resource"),
]
