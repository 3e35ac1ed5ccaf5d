"""Builds that CI tells of, and the statistics of deployments."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router

from monitoring.pages.statistics import period_of
from monitoring.selectors.statistics import builds_of, report_of
from monitoring.services.builds import register_build
from products.selectors import product_for
from timcombo_console.api import shapes
from timcombo_console.api.auth import doing, seeing
from timcombo_console.api.bodies import Strict
from timcombo_console.api.deployments import answer
from timcombo_console.api.lists import listed
from users.models import User

router = Router(tags=["builds and statistics"])
BUILDS = "/products/{slug}/builds"


class Ended(Strict):
    """How a build ended. `url` is an https address where CI shows it."""

    version: str
    status: Literal["succeeded", "failed"]
    commit: str = ""
    url: str = ""


@router.get(BUILDS, summary="A product's builds, newest first")
def builds(request: HttpRequest, slug: str, cursor: str = "", limit: int = 50) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        found = builds_of(product_for(user, slug))
        return listed(found, shapes.build, cursor, limit, newest_first=True)

    return seeing(request, "estate.view", look)


@router.post(BUILDS, summary="Tell of a build that ended, also of one that failed")
def add_build(request: HttpRequest, slug: str, given: Ended) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        made = register_build(
            actor=user,
            product=product_for(user, slug),
            version=given.version,
            status=given.status,
            commit=given.commit,
            url=given.url,
        )
        return shapes.build(made)

    return doing(request, 201, act)


@router.get(
    "/products/{slug}/statistics", summary="How often, how quickly and how well a product is deployed"
)
def statistics(request: HttpRequest, slug: str, period: str = "", env: str = "") -> HttpResponse:
    """`period` is 7d, 30d or 90d. `steps` are those of the environment `env`, by default of the `goal`.

    Times are seconds, ratios 0 to 1; `of` is how many things a figure is made of. Null is not known, never zero.
    """

    def look(user: User) -> HttpResponse:
        report = report_of(product_for(user, slug), period_of(period), env)
        return answer(shapes.statistics(report))

    return seeing(request, "estate.view", look)
