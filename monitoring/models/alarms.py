"""CloudWatch alarms, and when a person does not want to hear of them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from products.models import Account, Environment, Product


class Alarm(models.Model):
    """An alarm as CloudWatch last told of it. `state` is OK, ALARM or INSUFFICIENT_DATA; `watches` says in words what it guards.

    `product` and `environment` are whom it is about; a composite one may be about several environments or products, and
    then has none. `gone_at`: AWS has it no more.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    region = models.CharField(max_length=30)
    name = models.CharField(max_length=255)
    arn = models.CharField(max_length=400)
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.SET_NULL, null=True, related_name="+")
    watches = models.CharField(max_length=300)
    state = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    changed_at = models.DateTimeField(null=True)
    actions = models.BooleanField(default=True)
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "region", "name"], name="alarm_once")]
        indexes = [models.Index(fields=["environment", "state"], name="alarm_place")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_place(self) -> dict[str, str]:
        place = {"subject": f"alarm {self.name}"}
        if self.product:
            place["product"] = self.product.slug
        return place | ({"environment": self.environment.name} if self.environment else {})


class AlarmChange(models.Model):
    """One change of an alarm's state, from CloudWatch's own history."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    was = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "at", "state"], name="alarm_change_once")]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.alarm_id} {self.was} → {self.state}"


class Silence(models.Model):
    """A person does not want to hear of an alarm until then, because of this. `ended_at`: ended before its time."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="silences")
    reason = models.TextField()
    until = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"silence of {self.alarm_id} until {self.until}"
