"""What the demo begins with: a person per role, the AWS resources of Tim-Combo made by a plan, two releases of it, and 1.0.0
on its way to dev and test.

Everything goes the way a person's or CI's wish would go, so the audit log tells of it all.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from audit.services import record
from deployments.models import Release
from deployments.selectors.releases import release_for
from deployments.services.promote import promote
from deployments.services.register import register
from deployments.spool import store
from dns.models import HostedZone
from notifications.models import ChannelKind
from notifications.services import create_channel, create_rule
from products.models import Environment, Product
from products.selectors import environment_for, product_for
from provisioning.models import Apply
from provisioning.selectors import plan_of
from provisioning.services.apply import apply_plan
from provisioning.services.look import look_at
from runs.models import Run
from runs.services import Busy
from timcombo_console.demo.build import build_app, build_site
from users.models import ApiToken, User
from users.permissions import SCOPES, Role
from users.tokens import new_secret

PRODUCT = "tim-combo"
VERSIONS = {
    "1.0.0": {"version": "1.0.0", "accent": "#0b57d0", "hours": "8"},
    "1.1.0": {"version": "1.1.0", "accent": "#7b3fe4", "hours": "7.5"},
}
FIRST, ENVIRONMENTS = "1.0.0", ("dev", "test")
INBOX, INBOX_SECRET = "demo-inbox", "DEMO_INBOX"


@dataclass(frozen=True)
class Login:
    """A person of the demo, as `var/console.json` names them."""

    name: str
    password: str
    role: str
    api_token: str


def seed_people() -> list[Login]:
    """One person per role, each with a token of every scope. The passwords are no secret: the demo listens on loopback."""
    logins = [_person(Role(role)) for role in (Role.RELEASE_MANAGER, Role.ADMIN, Role.AUDITOR, Role.VIEWER)]
    record(
        actor=None,
        action="demo.seeded",
        subject="people of the demo",
        after={"people": [x.name for x in logins]},
    )
    return logins


def _person(role: Role) -> Login:
    name = role.value.replace("_", "-")
    password = f"demo-{name}"
    user = User.objects.create_user(name, password=password, role=role, display_name=role.label)
    secret = new_secret()
    ApiToken.objects.create(
        user=user,
        name="demo",
        prefix=secret.prefix,
        digest=secret.digest,
        scopes=list(SCOPES),
        created_by=user,
        expires_at=timezone.now() + timedelta(days=30),
    )
    return Login(name, password, role.value, secret.raw)


def seed_notifications() -> None:
    """All news goes to an inbox of the emulated cloud, where people see what a receiver gets."""
    if not settings.CONSOLE_DEMO_INBOX:
        return
    admin = User.objects.get(role=Role.ADMIN)
    inbox = {
        "name": INBOX,
        "kind": ChannelKind.WEBHOOK,
        "url": settings.CONSOLE_DEMO_INBOX,
        "setting": INBOX_SECRET,
    }
    channel = create_channel(actor=admin, values=inbox, reason="The demo's own inbox.")
    create_rule(
        actor=admin, values={"name": "Everything", "channel": channel}, reason="The demo's own inbox."
    )


def write_logins(logins: list[Login], path: Path) -> None:
    """The logins as JSON, readable by their owner alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump([asdict(login) for login in logins], file)


def unmake() -> None:
    """Of Tim-Combo nothing is in AWS yet, so nothing is known of what AWS calls it."""
    Environment.objects.filter(product__slug=PRODUCT).update(distribution_id="", distribution_domain="")
    HostedZone.objects.filter(product__slug=PRODUCT).update(zone_id="")


def begin_look() -> Run:
    """The look from which the first plan follows, or the one that is under way. Raises nothing but what a look raises."""
    product = Product.objects.get(slug=PRODUCT)
    try:
        return look_at(actor=None, product=product)
    except Busy as busy:
        return Run.objects.get(pk=busy.details["run"])


def begin_apply() -> Apply:
    """Have the plan made, as the admin; what the other product has already is adopted."""
    product = Product.objects.get(slug=PRODUCT)
    plan = plan_of(product)
    return apply_plan(
        actor=User.objects.get(role=Role.ADMIN),
        product=product,
        digest=plan.digest,
        reason="The demo's own resources.",
        ticked={change.address for change in plan.changes},
    )


def seed_releases() -> None:
    """Register both releases, as the release manager."""
    actor = User.objects.get(role=Role.RELEASE_MANAGER)
    product = product_for(actor, PRODUCT)
    for version, values in VERSIONS.items():
        _register(actor, product, version, values)


def _register(actor: User, product: Product, version: str, values: dict[str, str]) -> Release:
    return register(
        actor=actor,
        product=product,
        version=version,
        commit={"1.0.0": "4f1c2ab", "1.1.0": "9d07e35"}[version],
        notes=f"Demo release {version}.",
        artifacts={"any": store([build_app(values)]), "static": store([build_site(values)])},
    )


def promote_first() -> None:
    """Ask for 1.0.0 in dev and test, as the release manager."""
    actor = User.objects.get(role=Role.RELEASE_MANAGER)
    for name in ENVIRONMENTS:
        environment = environment_for(actor, PRODUCT, name)
        release = release_for(environment.product, FIRST)
        promote(actor=actor, environment=environment, release=release, reason="First release of the demo.")
