"""The two pages of setting up a product: what it is, and its environments."""

from typing import Any

from django import forms

from dns.services import tidy
from products.forms import LinesField, reason_field
from products.models import Account, Environment, Product, hostname
from provisioning.desired_domains import covers
from timcombo_console.new_product.profiles import FULL, MINIMUM, Proposal, bucket_name, proposals


class BasicsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the product is, and in which accounts it lives."""

    profile = forms.ChoiceField(
        choices=[
            (FULL, "Full: dev, test, stage, prod and a static site"),
            (MINIMUM, "Minimum: prod and a static site"),
        ],
        initial=FULL,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        label="Environments",
    )
    frontend_account = forms.ModelChoiceField(
        Account.objects.all(), label="Account of the front ends", empty_label="Choose an account"
    )
    dns_account = forms.ModelChoiceField(
        Account.objects.all(),
        required=False,
        label="Account of the hosted zone",
        empty_label="Another DNS provider",
        help_text="A zone of this domain that is there already is found and offered for adoption.",
    )

    log_account = forms.ModelChoiceField(
        Account.objects.all(),
        required=False,
        label="Account of the access logs",
        empty_label="No access logs",
        help_text="They hold the addresses of visitors and go after 90 days.",
    )

    class Meta:
        model = Product
        fields = ["name", "slug", "domain", "artifact_account", "replica_region"]
        labels = {"artifact_account": "Account of the release archive"}
        help_texts = {
            "slug": "Small letters, digits and hyphens. It is a part of addresses and bucket names, and stays.",
            "replica_region": "S3 copies the archive and prod there. Like us-west-2; empty for none.",
            "domain": "Like example.com. Its certificate covers it and one label below it.",
        }

    field_order = [
        "name",
        "slug",
        "domain",
        "profile",
        "frontend_account",
        "dns_account",
        "artifact_account",
        "replica_region",
        "log_account",
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["artifact_account"].empty_label = "Choose an account"  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What was entered for the row's own fields."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if slug == "new":
            raise forms.ValidationError("“new” has a meaning of its own in the console. Choose another.")
        return slug

    def clean_domain(self) -> str:
        domain = str(self.cleaned_data["domain"])
        other = Product.objects.filter(domain=domain).first()
        if other:
            raise forms.ValidationError(f"{domain} is the domain of {other.name}.")
        return domain


class EnvironmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """One environment of the new product. Its name, kind and place in the promotion path are the profile's."""

    hostnames = LinesField(help_text="One in a line. The first is the canonical one.")

    class Meta:
        model = Environment
        fields = [
            "bucket",
            "cache_profile",
            "price_class",
            "web_acl",
            "protected",
            "extra_metrics",
            "alarms",
            "replicated",
            "backend_account",
            "api_origin",
            "function_prefix",
        ]
        labels = {
            "replicated": "Copied to the second Region",
            "web_acl": "Web ACL",
            "backend_account": "Account of the back end",
            "api_origin": "API origin",
        }
        help_texts = {"api_origin": "With it, /api/* goes there. It can be added later."}

    field_order = ["hostnames", *Meta.fields]

    def __init__(self, *args: Any, domain: str, second: str, proposal: Proposal, **kwargs: Any) -> None:
        """`second` is the product's second Region, "" without one."""
        self.domain, self.proposal = domain, proposal
        super().__init__(*args, **kwargs)
        self.fields["hostnames"].widget.attrs["rows"] = len(proposal.below)
        self.fields["backend_account"].empty_label = "None"  # type: ignore[attr-defined]
        if not second:
            del self.fields["replicated"]
        if proposal.kind == "static":
            for name in ("backend_account", "api_origin", "function_prefix"):
                del self.fields[name]

    def clean_hostnames(self) -> list[str]:
        names = [tidy(name) for name in self.cleaned_data["hostnames"]]
        for name in names:
            hostname(name)
            if not covers(self.domain, name):
                raise forms.ValidationError(
                    f"{name} is neither {self.domain} nor one label below it, so the certificate would not cover it."
                )
        return names

    def values(self) -> dict[str, Any]:
        """What was entered for the row's own fields."""
        return {name: value for name, value in self.cleaned_data.items() if name != "hostnames"}


class EnvironmentsForm(forms.Form):
    """All environments of the new product, and why it is set up."""

    reason = reason_field()

    def __init__(self, data: Any, basics: dict[str, Any]) -> None:
        super().__init__(data)
        slug = basics["slug"]
        archive = bucket_name(slug, "releases", basics["artifact_account"].aws_id)
        self.fields["artifact_bucket"] = forms.CharField(
            label="Bucket of the release archive", initial=archive, max_length=63
        )
        if logs := basics["log_account"]:
            self.fields["log_bucket"] = forms.CharField(
                label="Bucket of the access logs",
                initial=bucket_name(slug, "logs", logs.aws_id),
                max_length=63,
            )
        self.order_fields(["artifact_bucket", "log_bucket", "reason"])
        self.environments = [
            _environment_form(data, basics, position, proposal)
            for position, proposal in enumerate(proposals(basics["profile"]))
        ]

    def is_valid(self) -> bool:
        """All are checked, so that everything that is wrong is said at once."""
        valid = [one.is_valid() for one in self.environments]
        return super().is_valid() and all(valid)


def _environment_form(
    data: Any, basics: dict[str, Any], position: int, proposal: Proposal
) -> EnvironmentForm:
    account, domain, second = (basics[name] for name in ("frontend_account", "domain", "replica_region"))
    row = Environment(
        name=proposal.name,
        kind=proposal.kind,
        position=position,
        frontend_account=account,
        bucket=proposal.bucket(basics["slug"], account.aws_id),
        cache_profile=proposal.cache_profile,
        price_class=proposal.price_class,
        web_acl=proposal.web_acl,
        protected=proposal.protected,
        replicated=bool(second) and proposal.replicated,
        extra_metrics=proposal.watched,
        alarms=proposal.watched,
    )
    initial = {"hostnames": proposal.hostnames(domain)}
    told = {"domain": domain, "second": second, "proposal": proposal}
    return EnvironmentForm(data, instance=row, initial=initial, prefix=proposal.name, **told)
