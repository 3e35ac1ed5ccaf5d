"""Addresses of accounts, products, environments' settings and configuration."""

from django.urls import path

from products.views import accounts, configuration, configuration_edit, products

urlpatterns = [
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.account_new, name="account-new"),
    path("accounts/<slug:name>/", accounts.account, name="account"),
    path("accounts/<slug:name>/policies.json", accounts.account_policies, name="account-policies"),
    path("accounts/<slug:name>/edit/", accounts.account_edit, name="account-edit"),
    path("accounts/<slug:name>/check/", accounts.account_check, name="account-check"),
    path("configuration/", configuration.configurations, name="configurations"),
    path("products/new/", products.product_new, name="product-new"),
    path("products/<slug:slug>/", products.product, name="product"),
    path("products/<slug:slug>/edit/", products.product_edit, name="product-edit"),
    path("products/<slug:slug>/new-environment/", products.environment_new, name="environment-new"),
    path("products/<slug:slug>/configuration/", configuration.configuration, name="configuration"),
    path(
        "products/<slug:slug>/configuration/<slug:name>/",
        configuration_edit.configuration_edit,
        name="configuration-edit",
    ),
    path(
        "products/<slug:slug>/configuration/<slug:name>/history/",
        configuration.configuration_history,
        name="configuration-history",
    ),
    path(
        "products/<slug:slug>/configuration/<slug:name>/restore/<int:number>/",
        configuration_edit.configuration_restore,
        name="configuration-restore",
    ),
    path(
        "products/<slug:slug>/environments/<slug:name>/settings/",
        products.environment_settings,
        name="environment-settings",
    ),
]
