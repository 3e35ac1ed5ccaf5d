"""Registering a release: what CI or a person says exists becomes a row, and an ingest Run checks and archives it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.urls import reverse

from audit.services import record
from deployments.models import Artifact, Release, ReleaseStatus
from deployments.models import version as version_pattern
from deployments.refusals import VersionExists
from deployments.spool import Spooled
from products.models import Product
from runs.services import start
from users.actions import action
from users.models import User
from users.refusals import Invalid


@dataclass(frozen=True)
class Incoming:
    """What CI put under `incoming/` of the product's artifact bucket, or of its bucket of handlers: a zip by its key and
    its sha256 in hexadecimal, or a back end by a prefix that ends with a slash and the sha256 of its `handlers.yaml`."""

    key: str
    sha256: str


Source = Spooled | Incoming

LONGEST_COMMIT = 64
RESERVED_VERSIONS = frozenset({"new"})
"""Parts of addresses (`/products/x/releases/new/`), which so cannot name a release."""
LONGEST_NOTES = 5_000
"""Characters, as the form holds them, too."""


@action("release.register", permission="release.register")
def register(
    *,
    actor: User,
    product: Product,
    version: str,
    artifacts: Mapping[str, Source],
    commit: str = "",
    notes: str = "",
) -> Release:
    """Register `version` with one artifact per target and start checking it.

    The same content again answers the same release. Raises VersionExists for other content under a version that
    is there, and Invalid for input that does not hold together. A rejected registration is replaced.
    """
    _check_input(product, version, commit, notes, artifacts)
    Product.objects.select_for_update().get(pk=product.pk)
    earlier = Release.objects.select_for_update().filter(product=product, version=version).first()
    if earlier and earlier.status != ReleaseStatus.REJECTED:
        return _same_or_refuse(actor, earlier, artifacts)
    if earlier:
        earlier.artifacts.all().delete()
        earlier.delete()
    release = Release.objects.create(
        product=product, version=version, commit=commit, notes=notes, created_by=actor
    )
    Artifact.objects.bulk_create(_artifact(release, name, source) for name, source in artifacts.items())
    _start_ingest(actor, release)
    _on_record(actor, release, f"Registered {release}{', in place of a rejected one' if earlier else ''}.")
    return release


def _check_input(
    product: Product, version: str, commit: str, notes: str, artifacts: Mapping[str, Source]
) -> None:
    errors: dict[str, list[str]] = {}
    if wrong := _wrong_version(version):
        errors["version"] = [wrong]
    if len(commit) > LONGEST_COMMIT:
        errors["commit"] = [f"A commit has at most {LONGEST_COMMIT} characters."]
    if len(notes) > LONGEST_NOTES:
        errors["notes"] = [f"Notes have at most {LONGEST_NOTES:,} characters; these have {len(notes):,}."]
    if not artifacts:
        errors["artifacts"] = [
            "A release needs at least one artifact: a zip for any, or for an environment by its name."
        ]
    known = {Artifact.ANY, Artifact.BACKEND, *product.environments.values_list("name", flat=True)}
    for name, source in artifacts.items():
        if name == Artifact.BACKEND and not product.handler_bucket:
            errors[f"artifact.{name}"] = [
                f"{product} has no bucket for handlers. An admin fills in its account and name on the product's page."
            ]
        elif name not in known:
            errors[f"artifact.{name}"] = [
                f"{product} has no environment {name}. Targets are {', '.join(sorted(known))}."
            ]
        elif isinstance(source, Incoming):
            errors.update(_check_incoming(name, source))
    if errors:
        raise Invalid(
            "The release was not registered: "
            + " ".join(text for texts in errors.values() for text in texts),
            errors=errors,
        )


def _wrong_version(version: str) -> str:
    if version in RESERVED_VERSIONS:
        return f"The version {version!r} has a meaning of its own in the console. Choose another."
    try:
        version_pattern(version)
    except ValidationError as error:
        return str(error.message)
    return ""


def _check_incoming(name: str, source: Incoming) -> dict[str, list[str]]:
    key = source.key
    if not key.startswith("incoming/") or ".." in key.split("/") or len(key.encode()) > 1024:
        return {f"artifact.{name}": ["The key must lie under incoming/ of the product's artifact bucket."]}
    if key.endswith("/") and name != Artifact.BACKEND:
        return {
            f"artifact.{name}": [
                "A prefix is for the target backend; other artifacts are one zip, by its key."
            ]
        }
    if len(source.sha256) != 64 or set(source.sha256) - set("0123456789abcdef"):
        return {f"artifact.{name}": ["The sha256 is 64 small hexadecimal digits, of the zip's bytes."]}
    return {}


def _same_or_refuse(actor: User, earlier: Release, artifacts: Mapping[str, Source]) -> Release:
    had = dict(earlier.artifacts.values_list("target", "sha256"))
    if had != {name: source.sha256 for name, source in artifacts.items()}:
        raise VersionExists(
            f"{earlier} is registered with other content, and a version never changes. Register this build under a new version."
        )
    _on_record(actor, earlier, f"Registered {earlier} again with the same content; nothing was changed.")
    return earlier


def _artifact(release: Release, name: str, source: Source) -> Artifact:
    if isinstance(source, Incoming):
        return Artifact(release=release, target=name, sha256=source.sha256, incoming_key=source.key)
    return Artifact(
        release=release, target=name, sha256=source.sha256, packed_bytes=source.size, spool_name=source.name
    )


def _start_ingest(actor: User, release: Release) -> None:
    release.run = start(
        kind="ingest",
        title=f"Check {release}",
        scopes=[f"release:{release.product.slug}/{release.version}"],
        actor=actor,
        url=reverse("release", args=[release.product.slug, release.version]),
    )
    release.save(update_fields=["run"])


def _on_record(actor: User, release: Release, summary: str) -> None:
    targets = dict(release.artifacts.values_list("target", "sha256"))
    record(
        actor=actor,
        action="release.register",
        product=release.product.slug,
        subject=str(release),
        subject_url=reverse("release", args=[release.product.slug, release.version]),
        summary=summary,
        after={"version": release.version, "commit": release.commit, "artifacts": targets},
        run=release.run_id,
    )
