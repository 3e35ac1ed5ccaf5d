"""Addresses of channels, rules and the delivery log."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("", views.notifications, name="notifications"),
    path("channels/new/", views.channel_new, name="channel-new"),
    path("channels/<slug:name>/", views.channel, name="channel"),
    path("channels/<slug:name>/now/", views.channel_now, name="channel-now"),
    path("channels/<slug:name>/edit/", views.channel_edit, name="channel-edit"),
    path("channels/<slug:name>/test/", views.channel_test, name="channel-test"),
    path("rules/new/", views.rule_new, name="rule-new"),
    path("rules/<int:pk>/edit/", views.rule_edit, name="rule-edit"),
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<int:pk>/", views.delivery, name="delivery"),
    path("deliveries/<int:pk>/again/", views.delivery_repeat, name="delivery-repeat"),
]
