"""The pages of products and dns, and stand-ins for the addresses of other apps that they link to."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def other(request: HttpRequest, **names: str) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("", other, name="matrix"),
    path("releases/", other, name="releases"),
    path("login/", other, name="login"),
    path("logout/", other, name="logout"),
    path("", include("products.urls")),
    path("", include("dns.urls")),
    path("products/<slug:slug>/environments/<slug:name>/", other, name="environment"),
]
