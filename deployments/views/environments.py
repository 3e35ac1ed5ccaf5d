"""The page of one environment."""

from django.http import HttpResponse
from django.shortcuts import render

from deployments.pages.environment import environment_page
from products.selectors import environment_for
from users.http import Request, page


@page(permission="estate.view")
def environment(request: Request, slug: str, name: str) -> HttpResponse:
    """What visitors of an environment get, and what ran there when."""
    found = environment_for(request.user, slug, name)
    before = request.GET.get("before", "")
    context = environment_page(request.user, found, int(before) if before.isdecimal() else None)
    return render(request, "deployments/environment.html", context)
