"""Numbers from CloudWatch: where they come from, what they were, and what asking for them costs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from products.models import Account
from runs.models import Run


class Source(models.Model):
    """Something that CloudWatch measures: `kind` is a key of `monitoring.kinds.KINDS`.

    `name` is what AWS calls it: a distribution's id, the prefix of a fleet's functions, a bucket, a certificate's ARN, for an
    API its address; `told` are an API's `dimensions`, or the `problem` because of which they are not known. Everything up to `until` is known in the kind's own period and
    up to `minutes_until` by the minute; `since` is where the numbers begin. `extra`: whether the additional metrics were
    seen, null while there was no traffic to tell by. `gone_at`: no environment has it any more. `spark` is its traffic
    of the last hour as points of a line.
    """

    kind = models.CharField(max_length=20)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    region = models.CharField(max_length=30)
    name = models.CharField(max_length=300)
    told = models.JSONField(default=dict)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    minutes_until = models.DateTimeField(null=True)
    extra = models.BooleanField(null=True)
    gone_at = models.DateTimeField(null=True)
    spark = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "account", "region", "name"], name="source_once")
        ]
        indexes = [models.Index(fields=["name"], name="source_name")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Sample(models.Model):
    """The values of one source in the period that begins `at` and lasts `period` seconds, in the order of its kind's metrics.

    A period without traffic has no sample, and a metric without data points is null: neither is zero.
    """

    pk = models.CompositePrimaryKey("source_id", "period", "at")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    period = models.IntegerField()
    at = models.DateTimeField()
    values = ArrayField(models.FloatField(null=True))

    def __str__(self) -> str:
        return f"{self.period} s of {self.source_id} at {self.at}"


class AccountSample(models.Model):
    """The values of all distributions of an account in one period, joined: what the page of everything draws."""

    pk = models.CompositePrimaryKey("account_id", "period", "at")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    period = models.IntegerField()
    at = models.DateTimeField()
    values = ArrayField(models.FloatField(null=True))

    def __str__(self) -> str:
        return f"{self.period} s of account {self.account_id} at {self.at}"


class Collection(models.Model):
    """How far the numbers of an account are: when they were last asked for, came, and failed to come (`error`: why).

    Samples since `stale_since` are not joined yet to days, nor those of the whole account.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    stale_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"numbers of {self.account_id}"


class Spending(models.Model):
    """What asking an account's CloudWatch took in one month: calls, and the metrics that AWS bills."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    calls = models.BigIntegerField(default=0)
    metrics = models.BigIntegerField(default=0)
    minute_metrics = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "month"], name="spending_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} in {self.account_id}"
