"""Addresses of setting up a product."""

from django.urls import path

from timcombo_console.new_product import views

urlpatterns = [
    path("new-product/", views.basics, name="new-product"),
    path("new-product/environments/", views.environments, name="new-product-environments"),
]
