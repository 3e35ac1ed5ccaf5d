"""What an environment serves, asked again."""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import redirect

from monitoring.services.ask import ask
from products.selectors import environment_for
from runs.services import Busy
from users.http import Request, page


@page(permission="estate.view", methods=("POST",))
def environment_ask(request: Request, slug: str, name: str) -> HttpResponse:
    """Look now; a look that is under way is as good."""
    with suppress(Busy):
        ask(actor=request.user, environment=environment_for(request.user, slug, name))
    return redirect("environment", slug, name)
