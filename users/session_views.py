"""The door: signing in, signing out, and the page of who is locked out."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from users.forms import SignInForm
from users.http import Request, page
from users.sign_in import sign_in, sign_out
from users.views import safe_next


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated and request.method != "POST":
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = SignInForm(request.POST or None)
    if form.is_valid():
        if sign_in(request, **form.cleaned_data):
            return redirect(safe_next(request, resolve_url(settings.LOGIN_REDIRECT_URL)))
        form.add_error(None, "User name and password do not go together. The try is on record.")
    context = {"form": form, "next": safe_next(request, "")}
    return render(request, "users/login.html", context, status=422 if form.errors else 200)


@login_not_required
@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    sign_out(request)
    return redirect("login")


@page(permission="people.manage")
def admin_login(request: Request) -> HttpResponse:
    """Where Django's admin site sends who may not use it: refused here, on record."""
    return redirect("admin:index")


@page(permission=None)
def admin_password(request: Request) -> HttpResponse:
    """One changes one's password on the profile."""
    return redirect("profile")


def locked_out(request: HttpRequest, response: HttpResponse, credentials: object) -> HttpResponse:
    """What django-axes answers instead, after too many failures (settings.AXES_LOCKOUT_CALLABLE)."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    return render(request, "users/locked_out.html", {"minutes": minutes}, status=429)
