"""The configuration of a product's environments: side by side, as text, and every revision of one."""

from django.http import HttpResponse
from django.shortcuts import render

from products import comparison
from products.configuration import KeyChange, differences
from products.models import ConfigRevision, Environment, Kind
from products.revisions import values_of
from products.selectors import environment_for, environments_of, history_of, product_for, products_for
from users.http import Request, page

EDIT = "config.edit"


@page(permission="estate.view")
def configurations(request: Request) -> HttpResponse:
    """The way to each product's configuration."""
    return render(request, "products/configurations.html", {"products": products_for(request.user)})


@page(permission="estate.view")
def configuration(request: Request, slug: str) -> HttpResponse:
    """All values side by side. `q` filters keys, `only` is different or missing, `view` is text."""
    product = product_for(request.user, slug)
    columns = with_configuration(environments_of(product))
    words, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    rows = comparison.rows([(e.name, values_of(e)) for e in columns])
    found = [row for row in rows if words.lower() in row.key.lower()]
    context = {
        "product": product,
        "columns": columns,
        "texts": [(e, comparison.as_text(values_of(e))) for e in columns],
        "rows": [row for row in found if _wanted(row, only)],
        "total": len(found),
        "different": sum(not row.equal for row in found),
        "missing": sum(row.missing for row in found),
        "words": words,
        "only": only,
        "may_edit": request.user.may(EDIT),
        "as_text": request.GET.get("view") == "text",
    }
    return render(request, "products/configuration.html", context)


@page(permission="estate.view")
def configuration_history(request: Request, slug: str, name: str) -> HttpResponse:
    """Every revision of an environment, newest first, each with its difference to the one before."""
    environment = environment_for(request.user, slug, name)
    before = request.GET.get("before", "")
    history = history_of(environment, int(before) if before.isdecimal() else None)
    context = {
        "product": environment.product,
        "environment": environment,
        "entries": _with_differences(history.revisions),
        "older": history.before,
        "paged": bool(before),
        "may_edit": request.user.may(EDIT),
    }
    return render(request, "products/configuration_history.html", context)


def with_configuration(environments: list[Environment]) -> list[Environment]:
    """Those that read a configuration: apps, and any other that has one all the same."""
    return [e for e in environments if e.kind == Kind.APP or e.config]


def _wanted(row: comparison.Row, only: str) -> bool:
    return {"different": not row.equal, "missing": row.missing}.get(only, True)


def _with_differences(revisions: list[ConfigRevision]) -> list[tuple[ConfigRevision, list[KeyChange]]]:
    """Each revision with what it changed; the first of all changed everything that it holds."""
    older = [revision.values for revision in revisions[1:]]
    befores = [*older, {}] if revisions and revisions[-1].number == 1 else older
    return [(r, differences(before, r.values)) for r, before in zip(revisions, befores, strict=False)]
