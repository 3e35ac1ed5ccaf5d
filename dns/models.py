"""Hosted zones and the hostnames of environments."""

from django.core.validators import RegexValidator
from django.db import models

from products.models import Account, Environment, Product, hostname

# AWS: Route 53 zone ids are up to 32 capital letters and digits and begin with Z.
zone_id = RegexValidator(r"^Z[A-Z0-9]{5,31}$", "A hosted zone id looks like Z0123456789ABCDEFGHIJ.")


class HostedZone(models.Model):
    """The Route 53 zone of a product's domain, and the account that holds it."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="hosted_zone")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    zone_id = models.CharField(max_length=32, blank=True, validators=[zone_id])

    def __str__(self) -> str:
        return self.product.domain


class Hostname(models.Model):
    """A name visitors use. It belongs to one environment; the first is the canonical one.

    `points_here` is what was last seen: the name resolves to the environment's distribution. None: not looked yet.
    """

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="hostnames")
    name = models.CharField(max_length=253, unique=True, validators=[hostname])
    position = models.PositiveSmallIntegerField(default=0)
    points_here = models.BooleanField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "position"],
                name="hostname_place",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name
