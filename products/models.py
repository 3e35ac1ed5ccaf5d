"""The estate a team owns: AWS accounts, products, their environments and the environments' configuration."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models.functions import Now

slug = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", "Use small letters, digits and single hyphens.")
twelve_digits = RegexValidator(r"^\d{12}$", "An AWS account id has 12 digits.")
role_arn = RegexValidator(
    r"^arn:aws:iam::\d{12}:role/[\w+=,.@/-]+$", "A role ARN looks like arn:aws:iam::123456789012:role/name."
)
region = RegexValidator(r"^[a-z]{2}(-[a-z]+)+-\d$", "A Region looks like us-west-2.")
bucket_name = RegexValidator(
    r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    "A bucket name has 3 to 63 small letters, digits, dots and hyphens.",
)
distribution_id = RegexValidator(r"^E[A-Z0-9]{6,20}$", "A distribution id looks like E25ON3LWW4KFNF.")
distribution_domain = RegexValidator(
    r"^d[a-z0-9]+\.cloudfront\.net$",
    "The distribution's domain looks like d111111abcdef8.cloudfront.net, not like its id.",
)

hostname = RegexValidator(
    r"^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
    "A hostname looks like app.example.com.",
)
https_address = URLValidator(["https"], message="An API origin is an https address.")

RESERVED = frozenset({"any", "backend", "new"})
"""Names that are targets of artifacts or parts of addresses, and so cannot name an environment."""


class Tier(models.TextChoices):
    PROD = "prod", "Production"
    NONPROD = "nonprod", "Not production"


class Account(models.Model):
    """An AWS account. `resources` keeps what the document names there and the console does not act on."""

    name = models.CharField(max_length=60, unique=True, validators=[slug])
    aws_id = models.CharField("AWS account id", max_length=12, unique=True, validators=[twelve_digits])
    tier = models.CharField(max_length=10, choices=Tier)
    region = models.CharField(max_length=30, default="us-east-2")
    description = models.CharField(max_length=200, blank=True)
    resources = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_place(self) -> dict[str, str]:
        return {"subject": f"account {self.name} ({self.aws_id})"}


class Purpose(models.TextChoices):
    READ = "read", "Read"
    DEPLOY = "deploy", "Deploy"
    DNS = "dns", "DNS"
    ESTATE = "estate", "Estate"
    ACCESS = "access", "Access"


class AccountRole(models.Model):
    """The role that workers assume in an account for one purpose, with its external id."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="roles")
    purpose = models.CharField(max_length=10, choices=Purpose)
    role_arn = models.CharField("role ARN", max_length=200, validators=[role_arn])
    external_id = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "purpose"], name="one_role_per_purpose")]
        ordering = ["purpose"]

    def __str__(self) -> str:
        return f"{self.account} {self.purpose}"

    def clean(self) -> None:
        """AWS: the account id in a role's ARN is the account that holds the role."""
        if self.role_arn.split(":")[4:5] != [self.account.aws_id]:
            text = (
                f"The role must be one of account {self.account.aws_id}, and this ARN names another account."
            )
            raise ValidationError({"role_arn": text})
        others = {role.role_arn: role.purpose for role in self.account.roles.exclude(pk=self.pk)}
        kept = Purpose.ACCESS in (self.purpose, *others.values())
        if kept and self.role_arn.endswith("/deploy-console-replication"):
            raise ValidationError(
                {"role_arn": "This is the role that S3 takes to copy buckets. Choose another one."}
            )
        if kept and len({*others, self.role_arn}) < self.account.roles.exclude(pk=self.pk).count() + 1:
            text = (
                "Where the console keeps the roles of an account, each purpose has a role of its own: what one may do is "
                "written for its purpose alone, and the role for access never keeps itself."
            )
            raise ValidationError({"role_arn": text})


class AccountCheck(models.Model):
    """What a check of an account last found.

    `findings` is a list of `{what, ok, text}` (`ok` null: not asked), `policies` of `{purpose, role, trust, permissions}`:
    the documents to install for each role, as JSON texts (`permissions` a list of them).
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="check_result")
    at = models.DateTimeField(null=True)
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    findings = models.JSONField(default=list)
    policies = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"check of {self.account}"

    @property
    def failed(self) -> bool:
        """Whether something was seen to be wrong; what could not be asked is neither right nor wrong."""
        return any(finding["ok"] is False for finding in self.findings)


class Product(models.Model):
    """A web product. Its releases are archived in `artifact_bucket` of `artifact_account`.

    The zips of its handlers are kept in `handler_bucket` of `handler_account`, from where they go to other accounts.
    The access logs of its distributions go to `log_bucket` of `log_account`, where there is one. `replica_region` is a second
    Region, into which S3 copies its archive and the buckets of environments that are `replicated`; "" is none.
    """

    slug = models.CharField(max_length=60, unique=True, validators=[slug])
    name = models.CharField(max_length=100)
    domain = models.CharField(max_length=253, validators=[hostname])
    branding = models.JSONField(default=dict, blank=True)
    artifact_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    artifact_bucket = models.CharField(max_length=63, validators=[bucket_name])
    handler_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    handler_bucket = models.CharField(max_length=63, blank=True, validators=[bucket_name])
    log_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    log_bucket = models.CharField(max_length=63, blank=True, validators=[bucket_name])
    replica_region = models.CharField("second Region", max_length=30, blank=True, validators=[region])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_place(self) -> dict[str, str]:
        return {"product": self.slug, "subject": self.name}

    def clean(self) -> None:
        """Account and bucket are one place, of the handlers and of the logs; copies are somewhere else."""
        if (self.log_account is None) != (not self.log_bucket):
            text = "Access logs need both an account and a bucket in it. Fill in both, or neither."
            raise ValidationError({"log_bucket": text})
        if (self.handler_account is None) != (not self.handler_bucket):
            text = "Handlers need both an account and a bucket in it. Fill in both, or neither."
            raise ValidationError({"handler_bucket": text})
        if self.replica_region and self.artifact_account_id:
            self._check_replica()

    def _check_replica(self) -> None:
        if self.artifact_account.region == self.replica_region:
            text = f"The archive itself is in {self.replica_region}. Choose another Region for its copy, or none."
            raise ValidationError({"replica_region": text})
        sharing = Product.objects.filter(artifact_bucket=self.artifact_bucket).exclude(pk=self.pk)
        others = sharing.exclude(replica_region__in=("", self.replica_region)).first()
        if others:
            text = (
                f"{others} shares the archive {self.artifact_bucket} and has it copied to {others.replica_region}. "
                "A bucket is copied to one Region: choose the same one."
            )
            raise ValidationError({"replica_region": text})


class Kind(models.TextChoices):
    APP = "app", "App"
    STATIC = "static", "Static site"


class CacheProfile(models.TextChoices):
    SHORT = "short", "Short"
    MEDIUM = "medium", "Medium"
    PRODUCTION_LIKE = "production-like", "Production-like"
    PRODUCTION = "production", "Production"
    LONG = "long", "Long"


class PriceClass(models.TextChoices):
    """Where CloudFront keeps answers close to visitors, by AWS's names."""

    NEAR = "PriceClass_100", "North America and Europe"
    MOST = "PriceClass_200", "Most of the world"
    ALL = "PriceClass_All", "All edge locations"


class WebAcl(models.TextChoices):
    NONE = "none", "No web ACL"
    COUNT = "count", "Counts what it would block"
    BLOCK = "block", "Blocks"


class Environment(models.Model):
    """A place where a product runs. All data is on the row; nothing is built by joining strings.

    `settings_revision` counts edits of this row, so that a plan made before an edit no longer holds.
    `requires` is the environment in which a release must have been live before it may come here.
    Its back end is the Lambda functions of `backend_account` whose names begin with `function_prefix`; Lambda loads
    their code from `code_bucket`, and `failure_budget` of them may fail without the rest being taken back.
    A deployment is watched for `watch_minutes`; found to be degraded it is rolled back by itself where `auto_rollback` is set.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="environments")
    name = models.CharField(max_length=30, validators=[slug])
    kind = models.CharField(max_length=10, choices=Kind)
    position = models.PositiveSmallIntegerField()
    protected = models.BooleanField(default=False)
    requires = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cache_profile = models.CharField(max_length=20, choices=CacheProfile)
    frontend_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    bucket = models.CharField(max_length=63, validators=[bucket_name])
    distribution_id = models.CharField(max_length=30, blank=True, validators=[distribution_id])
    distribution_domain = models.CharField(max_length=100, blank=True, validators=[distribution_domain])
    price_class = models.CharField(max_length=20, choices=PriceClass, default=PriceClass.NEAR)
    web_acl = models.CharField("web ACL", max_length=10, choices=WebAcl, default=WebAcl.NONE)
    origin_shield = models.BooleanField(default=False)
    replicated = models.BooleanField(default=False)
    extra_metrics = models.BooleanField("additional metrics", default=False)
    alarms = models.BooleanField(default=False)
    backend_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    api_origin = models.CharField("API origin", max_length=200, blank=True, validators=[https_address])
    function_prefix = models.CharField(max_length=60, blank=True)
    code_bucket = models.CharField(max_length=63, blank=True, validators=[bucket_name])
    failure_budget = models.PositiveSmallIntegerField(default=0)
    watch_minutes = models.PositiveSmallIntegerField(
        "minutes of watching",
        default=15,
        db_default=15,
        validators=[MinValueValidator(5), MaxValueValidator(180)],
    )
    auto_rollback = models.BooleanField("automatic rollback", default=False, db_default=False)
    settings_revision = models.PositiveIntegerField(default=1)
    config = models.ForeignKey(
        "ConfigRevision", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="environment_once"),
            models.UniqueConstraint(
                fields=["product", "position"],
                name="environment_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        ordering = ["product", "position"]

    def __str__(self) -> str:
        return f"{self.product} {self.name}"

    @property
    def audit_place(self) -> dict[str, str]:
        return {"product": self.product.slug, "environment": self.name, "subject": str(self)}

    @property
    def scope(self) -> str:
        """What a Run that works on this environment holds."""
        return f"environment:{self.pk}"

    def clean(self) -> None:
        """What fields must say together: the promotion path goes forwards, a back end is in an account."""
        before = self.requires
        if before and (before.product_id != self.product_id or before.position >= self.position):
            text = "A release can only be required to have been live in an environment that comes before this one."
            raise ValidationError({"requires": text})
        of_back_end = (self.api_origin, self.function_prefix, self.code_bucket, self.failure_budget)
        if self.backend_account is None and any(of_back_end):
            text = (
                "A back end needs its account. Choose it, or leave API origin, function prefix and code bucket empty and "
                "the failure budget at 0."
            )
            raise ValidationError({"backend_account": text})


class ConfigRevision(models.Model):
    """The public configuration of an environment, as saved once: flat, text to text. Never changed, only superseded."""

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="config_revisions")
    number = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    reason = models.TextField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    restored_from = models.PositiveIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["environment", "number"], name="config_revision_once")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.environment} configuration {self.number}"
