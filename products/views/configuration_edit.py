"""Editing one environment's configuration: the fields, then the difference with the reason, then saved.

It works without JavaScript. The page with the difference carries the values as text, so what is saved is what
was looked at.
"""

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from products import comparison
from products.configuration import differences, problems
from products.forms import SaveForm, carried_out
from products.models import Environment
from products.revisions import number_of, values_of
from products.selectors import environment_for, environments_of, revision_of
from products.served import still_read
from products.services import restore_config, save_config
from products.views.configuration import with_configuration
from users.http import Request, page


@page(permission="config.edit", methods=("GET", "POST"))
def configuration_edit(request: Request, slug: str, name: str) -> HttpResponse:
    """The fields; a POST says by `act` what next: look at the difference, edit again, or save."""
    environment = environment_for(request.user, slug, name)
    had, act = values_of(environment), request.POST.get("act", "")
    if request.method == "GET":
        return _fields(request, environment, had, {})
    if act == "save":
        return _save(request, environment)
    try:
        wanted = _read(request.POST, had)
    except ValueError as error:
        return _fields(request, environment, had, {"": str(error)}, kept=request.POST.get("text"))
    errors = problems(wanted)
    if not errors and wanted == had:
        errors = {"": "Nothing differs from what is saved already. Change a value first."}
    if errors or act == "edit":
        return _fields(request, environment, wanted, errors if act != "edit" else {})
    form = SaveForm(
        environment, initial={"text": comparison.as_text(wanted), "revision": number_of(environment)}
    )
    return _look(request, environment, wanted, form)


@page(permission="config.edit", methods=("GET", "POST"))
def configuration_restore(request: Request, slug: str, name: str, number: int) -> HttpResponse:
    """Makes an old revision the newest again, after a look at the difference."""
    environment = environment_for(request.user, slug, name)
    old = revision_of(environment, number)
    newest = number_of(environment)
    form = SaveForm(environment, request.POST or None, initial={"revision": newest})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        saved = carried_out(
            form,
            lambda: restore_config(
                actor=request.user,
                environment=environment,
                number=number,
                reason=asked["reason"],
                revision=asked["revision"],
            ),
        )
        if saved:
            return redirect(_saved_at(environment))
        form.carry_on(newest)
    return _look(request, environment, dict(old.values), form, restored=number)


def _read(post: QueryDict, had: dict[str, str]) -> dict[str, str]:
    if "text" in post:
        return comparison.from_text(str(post["text"]))
    return comparison.from_pairs(post.getlist("key"), post.getlist("value"), post.getlist("unset"), had)


def _save(request: Request, environment: Environment) -> HttpResponse:
    wanted = comparison.from_text(str(request.POST.get("text", "")))
    form = SaveForm(environment, request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        saved = carried_out(
            form,
            lambda: save_config(
                actor=request.user,
                environment=environment,
                values=wanted,
                reason=asked["reason"],
                revision=asked["revision"],
            ),
        )
        if saved:
            return redirect(_saved_at(environment))
        form.carry_on(number_of(environment))
    return _look(request, environment, wanted, form)


def _fields(
    request: Request,
    environment: Environment,
    wanted: dict[str, str],
    errors: dict[str, str],
    kept: str | None = None,
) -> HttpResponse:
    product = environment.product
    columns = with_configuration(environments_of(product))
    if environment not in columns:
        columns.append(environment)
    as_text = kept is not None or request.GET.get("view") == "text" or request.POST.get("view") == "text"
    context = {
        "product": product,
        "environment": environment,
        "columns": columns,
        "lines": comparison.lines(
            [(e.name, values_of(e)) for e in columns], environment.name, wanted, errors
        ),
        "text": kept if kept is not None else comparison.as_text(wanted),
        "errors": [text for key, text in errors.items() if as_text or not key],
        "as_text": as_text,
        "blank": range(3),
    }
    return render(request, "products/configuration_edit.html", context, status=422 if errors else 200)


def _look(
    request: Request,
    environment: Environment,
    wanted: dict[str, str],
    form: SaveForm,
    restored: int | None = None,
) -> HttpResponse:
    changes = differences(values_of(environment), wanted)
    context = {
        "product": environment.product,
        "environment": environment,
        "changes": [(c.key, c.old, c.new) for c in changes],
        "still_read": still_read(environment, changes),
        "form": form,
        "number": number_of(environment),
        "restored": restored,
    }
    return render(request, "products/configuration_save.html", context, status=422 if form.errors else 200)


def _saved_at(environment: Environment) -> str:
    return reverse("configuration-history", args=[environment.product.slug, environment.name])
