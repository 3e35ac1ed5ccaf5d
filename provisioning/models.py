"""Resources as the console knows them, and the plans that changed them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from products.models import Account, Product
from provisioning.shapes import Address
from runs.models import Run


class Resource(models.Model):
    """An AWS resource of a product, by its kind, account and name; `product` is None for one that several share.

    `aws_id` is what AWS calls it where that is not its name, `told` what it chose for it besides, and `waits_for` what it still
    does or a person must do before the resource works. `owned`: the console made it or adopted it, and left it as
    `applied`. Where `accepted` is set, somebody took the resource as it was then for what it should be. `observed` is how it
    was last seen, at `observed_at`: null when it was not there. `error` says why the last look at it failed. `drift` is what
    of a change by hand is on record: `[[field, as left, as seen]]`.
    """

    kind = models.CharField(max_length=40)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=300)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, related_name="aws_resources")
    aws_id = models.CharField(max_length=300, blank=True)
    told = models.JSONField(default=dict)
    waits_for = models.TextField(blank=True)
    owned = models.BooleanField(default=False)
    applied = models.JSONField(null=True)
    applied_at = models.DateTimeField(null=True)
    accepted = models.JSONField(null=True)
    accepted_reason = models.TextField(blank=True)
    observed = models.JSONField(null=True)
    observed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    drift = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "account", "name"], name="resource_once")]
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def address(self) -> Address:
        return Address(self.kind, self.account.aws_id, self.name)


class Look(models.Model):
    """The last look at all resources of a product; `conflicts` says by hostname which distribution of others has it."""

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    conflicts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"look at {self.product_id}"


class Apply(models.Model):
    """A plan that somebody had applied: frozen, with its digest. How far it is, its Run says."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    reason = models.TextField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="apply")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "applies"

    def __str__(self) -> str:
        return f"apply {self.pk} of {self.product}"

    @property
    def audit_place(self) -> dict[str, str]:
        return self.product.audit_place


class ChangeState(models.TextChoices):
    PENDING = "pending", "To do"
    BEGUN = "begun", "Begun"
    DONE = "done", "Done"


class PlannedChange(models.Model):
    """One change of an applied plan. A change that is `begun` may have reached AWS, whatever is on record."""

    apply = models.ForeignKey(Apply, on_delete=models.CASCADE, related_name="changes")
    position = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=10)
    kind = models.CharField(max_length=40)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=300)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    fields = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=ChangeState, default=ChangeState.PENDING)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["apply", "position"], name="change_place")]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.name}"

    @property
    def address(self) -> Address:
        return Address(self.kind, self.account.aws_id, self.name)
