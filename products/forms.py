"""Forms of the estate's pages. The services decide; a form only reads fields and shows what they answered."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django import forms

from products.comparison import as_text, from_text
from products.models import Account, Environment, Product, Purpose
from users.reasons import LONGEST_REASON
from users.refusals import Invalid, Refused, WrongState

T = TypeVar("T")


def carried_out(form: forms.BaseForm, act: Callable[[], T]) -> T | None:
    """What the service answers; None when it refused the input, and then the form says why."""
    try:
        return act()
    except (Invalid, WrongState) as refusal:
        show_refusal(form, refusal)
        return None


def show_refusal(form: forms.BaseForm, refusal: Refused) -> None:
    """Put the refusal's texts at the fields they are about, and what is about none at the top."""
    errors: dict[str, list[str]] = refusal.details.get("errors") or {}
    own = {name: texts for name, texts in errors.items() if name in form.fields}
    for name, texts in own.items():
        for text in texts:
            form.add_error(name, text)
    if len(own) < len(errors) or not errors:
        form.add_error(None, refusal.text)


def reason_field(required: bool = True) -> forms.CharField:
    """Why it is done, for the audit log."""
    return forms.CharField(
        label="Reason",
        required=required,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WordsField(forms.CharField):
    """Names and values as lines `name=value`."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return as_text(value) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        try:
            return from_text(value or "")
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class LinesField(forms.CharField):
    """A list of names, one in a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        return [word for word in re.split(r"[\s,]+", value or "") if word]


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form over a row's fields, which never saves the row itself."""

    reason = reason_field(required=False)
    apart: tuple[str, ...] = ("reason",)
    """Fields that are no fields of the row."""

    def values(self) -> dict[str, Any]:
        """What was entered for the row's own fields."""
        return {name: value for name, value in self.cleaned_data.items() if name not in self.apart}

    def only(self, names: Iterable[str]) -> None:
        """Leave out the fields that cannot be changed any more."""
        for name in names:
            del self.fields[name]


class AccountForm(RowForm):
    """An AWS account and its role for each purpose."""

    apart = ("reason", *(f"{purpose}_role" for purpose in Purpose.values))

    read_role = forms.CharField(label="Role that reads", required=False, max_length=200)
    deploy_role = forms.CharField(label="Role that deploys", required=False, max_length=200)
    estate_role = forms.CharField(label="Role that keeps AWS resources", required=False, max_length=200)
    dns_role = forms.CharField(label="Role that changes DNS", required=False, max_length=200)
    access_role = forms.CharField(
        label="Role that keeps the other roles",
        required=False,
        max_length=200,
        help_text="With it the console makes the roles above and keeps their policies, within the boundary that the account's page shows.",
    )
    resources = WordsField(
        required=False, help_text="What is known to be there, as name=value. The console only shows it."
    )

    class Meta:
        model = Account
        fields = ["name", "aws_id", "tier", "region", "description", "resources"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["read_role"].help_text = "The whole ARN. The console chooses the external id."
        if self.instance.pk:
            for role in self.instance.roles.all():
                self.initial[f"{role.purpose}_role"] = role.role_arn
        self.order_fields(["name", "aws_id", "tier", "region", "description", *self.apart[1:], "resources"])

    def roles(self) -> dict[str, str]:
        """The role's ARN by purpose; an empty one is none."""
        return {purpose: self.cleaned_data[f"{purpose}_role"] for purpose in Purpose.values}


class ProductForm(RowForm):
    """A product. Its slug is chosen once."""

    branding = WordsField(required=False, help_text="As name=value, for instance display_name=Tim-Combo.")

    class Meta:
        model = Product
        fields = [
            "slug",
            "name",
            "domain",
            "artifact_account",
            "artifact_bucket",
            "handler_account",
            "handler_bucket",
            "log_account",
            "log_bucket",
            "replica_region",
            "branding",
        ]
        labels = {
            "artifact_account": "Account of the release archive",
            "artifact_bucket": "Bucket of the release archive",
            "handler_account": "Account of the handlers' bucket",
            "handler_bucket": "Bucket of the handlers",
            "log_account": "Account of the access logs",
            "log_bucket": "Bucket of the access logs",
        }
        help_texts = {
            "replica_region": "S3 copies the archive there, and the buckets of environments that say so. Like us-west-2; empty for none.",
            "handler_bucket": "Where the zips of back-end handlers are kept, from where they go to other accounts.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["log_account"].empty_label = "None, without access logs"  # type: ignore[attr-defined]
        self.fields["handler_account"].empty_label = "None, without a back end"  # type: ignore[attr-defined]
        if self.instance.pk:
            self.only(["slug"])


class EnvironmentForm(RowForm):
    """The settings of an environment, as they were read at `revision`. Its name is chosen once."""

    apart = ("reason", "revision", "confirm")

    reason = reason_field()
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    confirm = forms.CharField(required=False, max_length=30)

    class Meta:
        model = Environment
        fields = [
            "name",
            "kind",
            "protected",
            "requires",
            "cache_profile",
            "price_class",
            "web_acl",
            "origin_shield",
            "extra_metrics",
            "alarms",
            "frontend_account",
            "bucket",
            "replicated",
            "distribution_id",
            "distribution_domain",
            "backend_account",
            "api_origin",
            "function_prefix",
            "code_bucket",
            "failure_budget",
            "watch_minutes",
            "auto_rollback",
        ]
        labels = {
            "replicated": "Copied to the product's second Region",
            "requires": "A release must have been live before in",
            "frontend_account": "Account of the front end",
            "web_acl": "Web ACL",
            "distribution_id": "Distribution id",
            "distribution_domain": "Distribution domain",
            "backend_account": "Account of the back end",
            "api_origin": "API origin",
            "watch_minutes": "Minutes of watching after a deployment",
            "auto_rollback": "Roll back by itself",
        }
        help_texts = {
            "web_acl": "Begin by counting: what it would have blocked is in the sampled requests of AWS WAF.",
            "replicated": "Nothing is copied while the product names no second Region, or the one in which the bucket is.",
            "origin_shield": "One more cache before the bucket, in its Region. It costs extra for each request.",
            "extra_metrics": "Cache hit rate, origin latency and errors by code. They cost extra for each distribution.",
            "alarms": "On errors of the edge, refused requests, the cache and the certificate's end, told to an SNS topic.",
            "protected": "Promotions, rollbacks and changes of where it is served from then need its name typed.",
            "distribution_domain": "Like d111111abcdef8.cloudfront.net. It is not made of the id.",
            "api_origin": "As callers use it: API Gateway's own address with the stage, or one below a custom domain name.",
            "function_prefix": "The names of the Lambda functions begin with it.",
            "code_bucket": "In the back end's account and Region: from here Lambda loads the handlers' code.",
            "watch_minutes": "Errors, hit ratio and latency are compared with the hour before. From 5 to 180.",
            "auto_rollback": "Where a promotion is found to be degraded the console goes back, once, and never from a rollback.",
            "failure_budget": "So many handlers may fail in a deployment without the others being taken back.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        others = Environment.objects.filter(product_id=row.product_id).select_related("product")
        self.fields["requires"].empty_label = "Nowhere"  # type: ignore[attr-defined]
        self.fields["backend_account"].empty_label = "Not known"  # type: ignore[attr-defined]
        self.fields["requires"].queryset = others.filter(position__lt=row.position)  # type: ignore[attr-defined]
        if not row.pk:
            self.only(["revision", "confirm"])
            return
        self.initial["revision"] = row.settings_revision
        self.only(["name"])
        if row.protected:
            self.fields[
                "confirm"
            ].label = f"{row.name} is protected. Type its name to change where it is served from."
        else:
            self.only(["confirm"])


class SaveForm(forms.Form):
    """Why a configuration is saved; `text` and `revision` carry what was looked at."""

    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = reason_field()
    confirm = forms.CharField(max_length=30)

    def __init__(self, environment: Environment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environment = environment
        if environment.protected:
            self.fields["confirm"].label = f"{environment.name} is protected. Type its name."
        else:
            del self.fields["confirm"]

    def clean_confirm(self) -> str:
        """The name, typed as it is."""
        typed: str = self.cleaned_data["confirm"]
        if typed != self.environment.name:
            raise forms.ValidationError(f"Type {self.environment.name}, the name of this environment.")
        return typed

    def carry_on(self, revision: int) -> None:
        """Keep what was typed, for a save on top of a newer revision."""
        self.data = {**{name: self.data.get(name, "") for name in self.fields}, "revision": revision}
