"""The document's estate as rows, with people of every role and deployments in every state; no cloud is asked."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.utils import timezone

from deployments.manifest import FileEntry, Manifest, role_of
from deployments.models import Artifact, Deployment, EnvironmentState, Release, ReleaseStatus, StoredManifest
from deployments.services.promote import promote
from monitoring.models import Alarm
from notifications.models import Delivery, DeliveryState
from notifications.telling import delivery_of
from products.models import Account, Environment, Product
from provisioning.models import Apply
from runs.models import Run, RunScope, RunState, RunStep, StepLine, StepState
from tests.browser.eyes import found_degraded, measure
from tests.notifications.rows import email, happen, rule, webhook
from tests.provisioning.rows import apply_to, seen_bucket, seen_zone
from users.models import User
from users.permissions import Role


@dataclass
class Estate:
    """What a test wants to lay hands on."""

    people: dict[str, User]
    running: Deployment
    failed: Deployment
    live: Deployment
    applied: Apply
    media: Account
    delivery: Delivery
    alarm: Alarm


def build_estate() -> Estate:
    """On the imported estate: 1.1.0 live in dev, on its way to test, failed in stage; 1.0.0 before it; 1.2.0 rejected."""
    people = {role.value: _person(role) for role in Role}
    manager = people[Role.RELEASE_MANAGER]
    product = Product.objects.get(slug="tim-combo")
    first, second = (add_release(product, version, manager) for version in ("1.0.0", "1.1.0"))
    _rejected(product, manager)
    live = [go_live(product, name, first, manager) for name in ("dev", "test", "stage")]
    live.append(go_live(product, "dev", second, manager))
    found_degraded(live[-1])
    return Estate(
        people=people,
        running=_under_way(_deploy(product, "test", second, manager)),
        failed=_failed(_deploy(product, "stage", second, manager)),
        live=live[-1],
        applied=_failed_apply(product, people[Role.ADMIN]),
        media=Account.objects.get(name="media"),
        delivery=_given_up(product),
        alarm=measure(),
    )


def _given_up(product: Product) -> Delivery:
    """Of a webhook that answers no more: one notification sent, one that failed, and one given up."""
    channel = webhook("https://hooks.example.com/services/tim-combo/" + "x" * 80, failures=3)
    rule(channel, "deployment.live", "alarm.rang", product=product, environment="prod")
    email("release-train@example.com", name="train")
    for state in DeliveryState.values:
        event = happen(environment="prod", summary="1.1.0 is ready to be promoted.")
        made = delivery_of(event, channel, "release.ready")
        made.state, made.attempts = state, 3
        made.error = "hooks.example.com answered 503: <b>Down</b> for maintenance." if state != "sent" else ""
        made.save()
    return Delivery.objects.get(state=DeliveryState.GIVEN_UP)


def _failed_apply(product: Product, admin: User) -> Apply:
    """A plan that failed at its one change, of a bucket that somebody changed."""
    seen_bucket(product)
    seen_zone(product)
    apply_to(product, admin)
    apply = Apply.objects.get()
    error = "The bucket was changed by somebody since the plan: versioning. It was left as it is. Look at the new plan."
    RunStep.objects.filter(run=apply.run_id, position=0).update(state=StepState.FAILED, error=error)
    Run.objects.filter(pk=apply.run_id).update(state=RunState.FAILED, error=error)
    RunScope.objects.filter(run=apply.run_id).delete()
    return apply


def _person(role: Role) -> User:
    user = User(username=role.value.replace("_", "-"), role=role, display_name=role.label)
    user.set_unusable_password()
    user.save()
    return user


def add_release(product: Product, version: str, actor: User) -> Release:
    release = Release.objects.create(
        product=product, version=version, commit="c81f04aa73d2", status=ReleaseStatus.READY, created_by=actor
    )
    manifest = Manifest.of([_file(path, version) for path in _paths(version)])
    artifact = Artifact.objects.create(
        release=release,
        target=Artifact.ANY,
        sha256=_hash(version),
        packed_bytes=400_000,
        files=len(manifest.files),
        bytes=manifest.size,
        manifest_digest=manifest.digest,
    )
    StoredManifest.objects.create(artifact=artifact, body=manifest.to_bytes())
    return release


def _paths(version: str) -> list[str]:
    number = version.replace(".", "")
    assets = [f"assets/part{n}-DOsF{number}{n:02d}.js" for n in range(12)]
    return ["index.html", "favicon.ico", "assets/vendor-Bd83hT_q.js", *assets]


def _file(path: str, version: str) -> FileEntry:
    content = path if "vendor" in path else path + version
    digest = _hash(content)
    return FileEntry(
        path, 4000 + len(path) * 100, digest, digest[:32], "text/plain", "no-cache", role_of(path)
    )


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _rejected(product: Product, actor: User) -> None:
    Release.objects.create(
        product=product,
        version="1.2.0",
        status=ReleaseStatus.REJECTED,
        reasons=[{"path": "assets/app.js", "text": "index.html names it and it is not in the zip."}],
        created_by=actor,
    )


def _deploy(product: Product, name: str, release: Release, actor: User) -> Deployment:
    environment = Environment.objects.get(product=product, name=name)
    return promote(
        actor=actor,
        environment=environment,
        release=release,
        reason="Release train, TC-482",
        confirm=environment.name if environment.protected else "",
        override="Only a test" if environment.requires else "",
    )


def go_live(product: Product, name: str, release: Release, actor: User) -> Deployment:
    deployment = _deploy(product, name, release, actor)
    now = timezone.now()
    deployment.run.steps.update(state=StepState.DONE, started_at=now, ended_at=now + timedelta(seconds=2))
    _end(deployment, RunState.SUCCEEDED)
    Deployment.objects.filter(pk=deployment.pk).update(switched_at=now, live_at=now)
    EnvironmentState.objects.filter(environment=deployment.environment).update(
        running=deployment, live=deployment, active=None
    )
    return deployment


def _under_way(deployment: Deployment) -> Deployment:
    now = timezone.now()
    steps = list(deployment.run.steps.all())
    RunStep.objects.filter(pk=steps[0].pk).update(state=StepState.DONE, started_at=now, ended_at=now)
    RunStep.objects.filter(pk=steps[1].pk).update(
        state=StepState.RUNNING, started_at=now, done=6, total=12, bytes_done=30_000, bytes_total=60_000
    )
    Run.objects.filter(pk=deployment.run.pk).update(state=RunState.RUNNING, started_at=now)
    StepLine.objects.create(
        step=steps[1], level="info", text="assets/part0-DOsF11000.js copied", request_id="7XKM2Q8PHF3A9T0B"
    )
    return deployment


def _failed(deployment: Deployment) -> Deployment:
    now = timezone.now()
    step = deployment.run.steps.get(position=1)
    deployment.run.steps.filter(position=0).update(state=StepState.DONE, started_at=now, ended_at=now)
    RunStep.objects.filter(pk=step.pk).update(
        state=StepState.FAILED,
        started_at=now,
        ended_at=now,
        error="AccessDenied on CopyObject",
        request_ids=["7XKM2Q8PHF3A9T0B"],
    )
    StepLine.objects.create(
        step=step, level="error", text="403 AccessDenied on CopyObject", request_id="7XKM2Q8PHF3A9T0B"
    )
    _end(deployment, RunState.FAILED, "The deploy role may not read the archive.")
    EnvironmentState.objects.filter(environment=deployment.environment).update(active=None, failed=deployment)
    return deployment


def _end(deployment: Deployment, state: RunState, error: str = "") -> None:
    now = timezone.now()
    Run.objects.filter(pk=deployment.run.pk).update(state=state, started_at=now, ended_at=now, error=error)
    RunScope.objects.filter(run=deployment.run).delete()
