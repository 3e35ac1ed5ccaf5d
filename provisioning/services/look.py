"""Looking at the AWS resources of a product. Nothing in AWS changes by it."""

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from audit.services import record
from products.models import Product
from provisioning.models import Look
from runs.models import Run
from runs.services import start
from users.actions import action
from users.models import User


@action("estate.look", permission="estate.view")
def look(*, actor: User, product: Product) -> Run:
    """Start a look at every resource of the product. Raises Busy while one is under way."""
    run = look_at(actor=actor, product=product)
    record(
        actor=actor,
        action="estate.look",
        product=product.slug,
        subject=product.name,
        subject_url=run.url,
        summary=f"Look at the AWS resources of {product} started.",
        run=run.pk,
    )
    return run


def look_at(*, actor: User | None, product: Product) -> Run:
    """Start such a look; the console's own are not put on record. Raises Busy while one is under way."""
    with transaction.atomic():
        run = start(
            kind="look",
            title=f"Look at the AWS resources of {product}",
            scopes=[f"look:{product.pk}"],
            actor=actor,
            url=reverse("estate", args=[product.slug]),
        )
        Look.objects.update_or_create(product=product, defaults={"run": run, "asked_at": Now()})
    return run
