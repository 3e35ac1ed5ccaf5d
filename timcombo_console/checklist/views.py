"""The checklist of a product as a page and as Markdown."""

from django.http import HttpResponse
from django.shortcuts import render

from products.selectors import product_for
from provisioning.pages import crumbs
from timcombo_console.checklist.lines import as_markdown
from timcombo_console.checklist.sections import sections, state_counts
from timcombo_console.checklist.view import view_of
from users.http import Request, page


@page(permission="estate.view")
def checklist(request: Request, slug: str) -> HttpResponse:
    """Every line of the owner's document, with its evidence."""
    product = product_for(request.user, slug)
    found = sections(view_of(product))
    context = {
        "product": product,
        "crumbs": crumbs(product, ("Checklist", "")),
        "sections": found,
        "counts": state_counts(found),
    }
    return render(request, "checklist/checklist.html", context)


@page(permission="estate.view")
def markdown(request: Request, slug: str) -> HttpResponse:
    """The same as a file."""
    product = product_for(request.user, slug)
    text = as_markdown(f"Implementation checklist of {product.name}", sections(view_of(product)))
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{product.slug}-checklist.md"'
    return answer
