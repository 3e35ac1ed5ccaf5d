"""How an environment fares after a deployment."""

from django.http import HttpResponse
from django.shortcuts import render

from monitoring.pages.health import health_card
from users.http import Request, page
from users.refusals import Missing


@page(permission="estate.view")
def deployment_health(request: Request, pk: int) -> HttpResponse:
    """The card as it is now, for its own poll."""
    card = health_card(request.user, pk)
    if card is None:
        raise Missing(f"Nobody watched what came after deployment {pk}.")
    return render(request, "monitoring/_health.html", {"health": card})
