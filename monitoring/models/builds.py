"""Builds that CI tells of, the failed ones too."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from deployments.models.releases import version
from products.models import Product


class BuildStatus(models.TextChoices):
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


class Build(models.Model):
    """One build of a product as CI ended it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="builds")
    version = models.CharField(max_length=60, validators=[version])
    commit = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=BuildStatus)
    url = models.URLField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["product", "-at"], name="build_newest")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"build {self.version} of {self.product_id}"
