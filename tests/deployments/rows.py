"""Rows that tests of deployments start from: the document's estate, people, releases that are ready."""

import io
import zipfile
from collections.abc import Mapping

from django.db.models.functions import Now

from deployments.manifest import Manifest, describe
from deployments.models import Artifact, Deployment, EnvironmentState, Release, ReleaseStatus, StoredManifest
from deployments.services.promote import promote
from products.models import Environment, Product
from runs.models import Run, RunScope, RunState, RunStep, StepState
from tests.estate_rows import put_estate
from users.models import User


def estate() -> Product:
    """The document's estate, and of it the product Tim-Combo."""
    put_estate()
    return Product.objects.get(slug="tim-combo")


def environment(product: Product, name: str) -> Environment:
    return Environment.objects.select_related("product", "config", "requires").get(product=product, name=name)


def packed(files: Mapping[str, str]) -> bytes:
    """A zip of these files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            # A moment of its own in every zip would make each of them another build.
            archive.writestr(zipfile.ZipInfo(path), text, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def ready(product: Product, version: str, by: User, *, target: str = "any", extra: int = 0) -> Release:
    """A release whose check has ended well: an entry point, a script, and `extra` assets."""
    release = Release.objects.create(
        product=product, version=version, created_by=by, status=ReleaseStatus.READY
    )
    manifest = _manifest(version, extra)
    artifact = Artifact.objects.create(
        release=release, target=target, sha256="0" * 64, files=len(manifest), bytes=manifest.size
    )
    StoredManifest.objects.create(artifact=artifact, body=manifest.to_bytes())
    return release


def _manifest(version: str, extra: int) -> Manifest:
    digest = f"{abs(hash(version)):x}"[:8].rjust(8, "0")
    names = ["index.html", f"assets/main.{digest}.js", *(f"assets/part-{n}.{n:08x}.js" for n in range(extra))]
    files = [
        describe(
            name,
            size=100,
            sha256=f"{version}{name}".encode().hex()[:64].ljust(64, "0"),
            md5="0" * 32,
            kind="app",
        )
        for name in names
    ]
    return Manifest.of(files, references={"index.html": (names[1],)})


def live(environment: Environment, release: Release, by: User) -> Deployment:
    """A deployment that has ended well, as its Run would have left it."""
    deployment = promote(
        actor=by,
        environment=environment,
        release=release,
        reason="Set up.",
        confirm=environment.name,
        override="Set up.",
    )
    end(deployment, RunState.SUCCEEDED)
    Deployment.objects.filter(pk=deployment.pk).update(switched_at=Now(), live_at=Now())
    EnvironmentState.objects.filter(environment=environment).update(
        running=deployment, live=deployment, active=None
    )
    return deployment


def end(deployment: Deployment, state: RunState) -> None:
    """End its Run there and then; a failed one fails at its first step."""
    Run.objects.filter(pk=deployment.run_id).update(
        state=state, ended_at=Now(), error="It broke." if state == RunState.FAILED else ""
    )
    RunScope.objects.filter(run=deployment.run_id).delete()
    steps = RunStep.objects.filter(run=deployment.run_id)
    if state == RunState.FAILED:
        steps.filter(position=0).update(state=StepState.FAILED, error="It broke.")
    else:
        steps.update(state=StepState.DONE)
