"""Pages of people, tokens and roles, and one's own profile."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from users import services, shown_once, tokens
from users.actions import ACTIONS
from users.forms import (
    PasswordForm,
    PersonForm,
    ReasonForm,
    RoleForm,
    SettingsForm,
    ThemeForm,
    TokenForm,
    put_back,
)
from users.http import Request, page
from users.models import ApiToken
from users.permissions import PERMISSIONS, ROLES, SCOPES, Role
from users.refusals import Invalid, Missing
from users.selectors import people as everybody
from users.selectors import person_by_id


def safe_next(request: HttpRequest, otherwise: str) -> str:
    """Where the form wants to go afterwards, when that is a page of this console."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else otherwise


@page(permission="people.manage")
def people(request: Request) -> HttpResponse:
    return render(request, "users/people.html", {"people": everybody()})


@never_cache
@page(permission="people.manage", methods=("GET", "POST"))
def person_new(request: Request) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if form.is_valid():
        try:
            made = services.create_person(actor=request.user, **form.cleaned_data)
        except Invalid as refusal:
            put_back(form, refusal)
        else:
            return shown_once.lead_to(request, "person-password-shown", made.person.pk, made.password)
    return render(request, "users/person_new.html", {"form": form}, status=422 if form.errors else 200)


@page(permission="people.manage")
def person(request: Request, pk: int) -> HttpResponse:
    shown = person_by_id(pk)
    forms = {"role_form": RoleForm(initial={"role": shown.role}), "reason_form": ReasonForm()}
    return render(
        request, "users/person.html", {"person": shown, "tokens": shown.tokens.order_by("-id"), **forms}
    )


@page(permission="people.manage", methods=("POST",))
def person_role(request: Request, pk: int) -> HttpResponse:
    form = _whole(RoleForm(request.POST))
    services.change_role(actor=request.user, person=person_by_id(pk), **form.cleaned_data)
    return redirect("person", pk)


@page(permission="people.manage", methods=("POST",))
def person_deactivate(request: Request, pk: int) -> HttpResponse:
    form = _whole(ReasonForm(request.POST))
    services.deactivate(actor=request.user, person=person_by_id(pk), **form.cleaned_data)
    return redirect("person", pk)


@page(permission="people.manage", methods=("POST",))
def person_reactivate(request: Request, pk: int) -> HttpResponse:
    form = _whole(ReasonForm(request.POST))
    services.reactivate(actor=request.user, person=person_by_id(pk), **form.cleaned_data)
    return redirect("person", pk)


@never_cache
@page(permission="people.manage", methods=("POST",))
def person_password(request: Request, pk: int) -> HttpResponse:
    if pk == request.user.pk:
        # It would end the very session that has to show the password.
        messages.info(request, "Nothing was changed. Your own password is changed here, by yourself.")
        return redirect("profile")
    form = _whole(ReasonForm(request.POST))
    made = services.reset_password(actor=request.user, person=person_by_id(pk), **form.cleaned_data)
    return shown_once.lead_to(request, "person-password-shown", pk, made.password)


@never_cache
@page(permission="people.manage")
def person_password_shown(request: Request, pk: int) -> HttpResponse:
    shown = person_by_id(pk)
    password = shown_once.take(request)
    if password is None:
        messages.info(request, "The initial password was shown once. If it is lost, give a new one.")
        return redirect("person", pk)
    made = services.InitialPassword(shown, password)
    return shown_once.forget(render(request, "users/password_shown.html", {"made": made}), request)


@page(permission="own.edit")
def tokens_page(request: Request) -> HttpResponse:
    shown = tokens.seen_by(request.user)[:200]
    return render(request, "users/tokens.html", {"tokens": shown, "all": request.user.may("people.manage")})


@never_cache
@page(permission="people.manage", methods=("GET", "POST"))
def token_new(request: Request) -> HttpResponse:
    form = TokenForm(request.POST or None, initial={"user": request.user.pk})
    if form.is_valid():
        try:
            token, raw = tokens.issue(actor=request.user, **form.cleaned_data)
        except Invalid as refusal:
            put_back(form, refusal)
        else:
            return shown_once.lead_to(request, "token-shown", token.pk, raw)
    return render(request, "users/token_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@page(permission="people.manage")
def token_shown(request: Request, pk: int) -> HttpResponse:
    token, raw = _token(pk), shown_once.take(request)
    if raw is None:
        messages.info(request, "The token was shown once. If its text is lost, revoke it and issue another.")
        return redirect("tokens")
    context = {"token": token, "raw": raw}
    return shown_once.forget(render(request, "users/token_shown.html", context), request)


@page(permission="own.edit", methods=("POST",))
def token_revoke(request: Request, pk: int) -> HttpResponse:
    # Not only among those the person sees: trying somebody else's is refused by the service, on record.
    token = _token(pk)
    form = _whole(ReasonForm(request.POST))
    tokens.revoke(actor=request.user, token=token, **form.cleaned_data)
    return redirect("tokens")


def _token(pk: int) -> ApiToken:
    token = ApiToken.objects.select_related("user").filter(pk=pk).first()
    if token is None:
        raise Missing(f"There is no token with the number {pk}.")
    return token


@page(permission="estate.view")
def permissions(request: Request) -> HttpResponse:
    """Computed from the tables that decide, so it cannot say anything else than what is so."""
    rows = [(text, [name in ROLES[role] for role in Role], _of(name)) for name, text in PERMISSIONS.items()]
    scopes = [(scope, [PERMISSIONS[name] for name in sorted(names)]) for scope, names in SCOPES.items()]
    return render(request, "users/permissions.html", {"roles": list(Role), "rows": rows, "scopes": scopes})


@never_cache
@page(permission=None, methods=("GET", "POST"))
def profile(request: Request) -> HttpResponse:
    """One's own password; the forms of the settings and the theme post to pages of their own."""
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        try:
            user = services.change_own_password(actor=request.user, **form.cleaned_data)
        except Invalid as refusal:
            put_back(form, refusal)
        else:
            update_session_auth_hash(request, user)
            messages.info(request, "Your password is changed. Your other sessions are signed out.")
            return redirect("profile")
    settings = SettingsForm(initial={"theme": request.user.theme, "shortcuts": request.user.shortcuts})
    context = {"form": form, "settings_form": settings}
    return render(request, "users/profile.html", context, status=422 if form.errors else 200)


@page(permission="own.edit", methods=("POST",))
def profile_settings(request: Request) -> HttpResponse:
    form = _whole(SettingsForm(request.POST))
    services.change_own_settings(actor=request.user, **form.cleaned_data)
    return redirect("profile")


@page(permission="own.edit", methods=("POST",))
def theme(request: Request) -> HttpResponse:
    form = _whole(ThemeForm(request.POST))
    services.change_own_settings(actor=request.user, **form.cleaned_data)
    return redirect(safe_next(request, "/"))


def _whole(form: Form) -> Form:
    """A form of choices and a reason that our own page offers: what does not fit it did not come from there."""
    if form.is_valid():
        return form
    texts = [f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items()]
    raise Invalid(f"This cannot be done as asked. {' '.join(texts)}")


def _of(permission: str) -> list[str]:
    """The names of the actions that it covers."""
    return sorted(
        name for name, service in ACTIONS.items() if getattr(service, "permission", "") == permission
    )
