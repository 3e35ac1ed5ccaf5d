"""Everything that the checklist of a product is judged by, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit.models import Event, Result
from deployments.models import Deployment, DeploymentKind
from deployments.selectors.fleets import fleet_of, has_back_end, mode_of
from deployments.selectors.releases import deployable_to
from products.models import AccountCheck, Environment, Product
from provisioning.selectors import Picture, Standing, picture_of
from provisioning.shapes import shape_of
from timcombo_console.checklist.lines import Sight


@dataclass(frozen=True)
class View:
    """A product with what was seen of it. `newest` and `modes` are by environment, `accounts` all that it uses by name."""

    product: Product
    environments: list[Environment]
    sights: list[Sight]
    newest: Mapping[str, str]
    modes: Mapping[str, str]
    accounts: list[str]
    checks: list[AccountCheck]
    pipeline: Event | None
    rollback: Deployment | None
    expires: datetime | None
    now: datetime

    def of(self, kind: str) -> list[Sight]:
        return [one for one in self.sights if one.wish.address.kind == kind]

    @property
    def buckets(self) -> list[Sight]:
        return self.of("bucket")

    @property
    def sites(self) -> list[Sight]:
        """The buckets of environments."""
        names = {one.bucket for one in self.environments}
        return [one for one in self.buckets if one.name in names]

    @property
    def archives(self) -> list[Sight]:
        return [one for one in self.buckets if one.name == self.product.artifact_bucket]

    @property
    def distributions(self) -> list[Sight]:
        return self.of("distribution")

    @property
    def plan_url(self) -> str:
        return reverse("estate-plan", args=[self.product.slug])

    def settings_of(self, environment: str) -> str:
        """Where that environment is edited."""
        return reverse("environment-settings", args=[self.product.slug, environment])

    @property
    def settings_url(self) -> str:
        """Where the first protected environment is edited: what its settings do not wish, no plan makes."""
        protected = [one for one in self.environments if one.protected]
        lacking = [one for one in protected if one.web_acl == "none"]
        if lacking:
            return self.settings_of(lacking[0].name)
        return self.plan_url


def view_of(product: Product) -> View:
    """As it is now, from the database alone."""
    environments = list(
        product.environments.select_related("frontend_account", "backend_account").order_by("position")
    )
    picture = picture_of(product)
    names = sorted(
        {
            account.name
            for one in environments
            for account in (one.frontend_account, one.backend_account)
            if account
        }
    )
    return View(
        product=product,
        environments=environments,
        sights=[_sight(one) for one in picture.standings if one.wish],
        newest={one.name: _newest(one) for one in environments},
        modes={one.name: mode_of(fleet_of(one)) for one in environments if has_back_end(one)},
        accounts=names,
        checks=list(AccountCheck.objects.select_related("account").filter(account__name__in=names)),
        pipeline=_pipeline(product),
        rollback=_rollback(product),
        expires=_expires(picture),
        now=timezone.now(),
    )


def _sight(one: Standing) -> Sight:
    assert one.wish
    row = one.row
    if row is None or row.observed_at is None or row.error:
        return Sight(one.wish, None, None)
    shape = shape_of(row.kind, row.observed) if row.observed else None
    return Sight(one.wish, shape, row.observed_at, row.waits_for, row.accepted is not None)


def _newest(environment: Environment) -> str:
    found = deployable_to(environment).first()
    return found.version if found else ""


def _pipeline(product: Product) -> Event | None:
    """The last release that was registered with a token."""
    events = Event.objects.filter(action="release.register", product=product.slug, result=Result.OK)
    return events.exclude(token="").order_by("-id").first()


def _rollback(product: Product) -> Deployment | None:
    """The last that was verified at the edge."""
    rows = Deployment.objects.select_related("environment", "release").filter(
        environment__product=product, kind=DeploymentKind.ROLLBACK, live_at__isnull=False
    )
    return rows.order_by("-live_at").first()


def _expires(picture: Picture) -> datetime | None:
    """When the first of the certificates ends."""
    told = [
        row.told.get("expires", "") for address, row in picture.rows.items() if address.kind == "certificate"
    ]
    return min((moment for one in told if one and (moment := parse_datetime(one))), default=None)
