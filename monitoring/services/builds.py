"""Builds, as CI tells of them when they end, the failed ones too."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.urls import reverse

from audit.services import record
from deployments.models import version as version_pattern
from monitoring.models import Build, BuildStatus
from products.models import Product
from users.actions import action
from users.models import User
from users.refusals import Invalid

LONGEST_COMMIT, LONGEST_URL = 64, 500
"""Characters."""

https_link = URLValidator(["https"], message="A build's url is an https address.")


@action("build.register", permission="release.register")
def register_build(
    *, actor: User, product: Product, version: str, status: str, commit: str = "", url: str = ""
) -> Build:
    """Keep how a build of `version` ended: `status` is succeeded or failed, `url` where CI shows it.

    The version need not be that of a release: a failed build has none. Raises Invalid, which names the fields.
    """
    _check(version=version, status=status, commit=commit, url=url)
    build = Build.objects.create(
        product=product, version=version, commit=commit, status=status, url=url, actor=actor
    )
    build.refresh_from_db(fields=["at"])
    record(
        actor=actor,
        action="build.register",
        product=product.slug,
        subject=f"{product} {version}",
        subject_url=reverse("product-statistics", args=[product.slug]),
        summary=f"The build of {product} {version} {status}.",
        after={"version": version, "commit": commit, "status": status, "url": url},
    )
    return build


def _check(*, version: str, status: str, commit: str, url: str) -> None:
    wrong = {
        "version": _wrong_version(version),
        "status": "" if status in BuildStatus.values else "A build succeeded or failed.",
        "commit": f"A commit has at most {LONGEST_COMMIT} characters."
        if len(commit) > LONGEST_COMMIT
        else "",
        "url": _wrong_url(url) if url else "",
    }
    errors = {name: [text] for name, text in wrong.items() if text}
    if errors:
        told = " ".join(text for texts in errors.values() for text in texts)
        raise Invalid(f"The build was not kept: {told}", errors=errors)


def _wrong_version(version: str) -> str:
    try:
        version_pattern(version)
    except ValidationError as error:
        return str(error.message)
    return ""


def _wrong_url(url: str) -> str:
    """Everybody who may see products sees it, so it must not carry a password."""
    if len(url) > LONGEST_URL:
        return f"A build's url has at most {LONGEST_URL} characters."
    try:
        https_link(url)
    except ValidationError as error:
        return str(error.message)
    return "A build's url holds no user name or password." if "@" in urlsplit(url).netloc else ""
