"""From an estate file to rows: all of it or nothing, one event, and nothing that the file does not name is touched."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max, Model

from audit.services import record
from dns.models import HostedZone, Hostname
from dns.services import names_of, put_in_order
from products import models as rows
from products.changes import Change, differs, edit
from products.revisions import append, values_of
from timcombo_console.estate import schema
from timcombo_console.estate.leftovers import left_alone
from timcombo_console.estate.problems import BadEstate, Place, Problem
from timcombo_console.estate.reading import Source
from users.actions import action
from users.models import User
from users.refusals import Invalid


@dataclass
class Imported:
    """What an import did, by the names of things: `tim-combo/dev`, `account media`."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    left_alone: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"{len(self.created)} created, {len(self.updated)} updated, {self.unchanged} unchanged"
        return counts + (
            f", {len(self.left_alone)} not in the file and left alone" if self.left_alone else ""
        )


def import_estate(*, actor: User | None, text: str, name: str) -> Imported:
    """Make the rows say what the file says. `name` is the file's, for the audit log.

    Raises BadEstate with every mistake, its line and its field; nothing is changed then.
    """
    return _import(actor=actor, source=Source(text), reason=f"Imported from {name}")


@action("estate.import", permission="product.edit")
def _import(*, actor: User | None, source: Source, reason: str) -> Imported:
    work = _Import(source, actor, reason)
    work.run()
    record(
        actor=actor,
        action="estate.import",
        subject="estate",
        summary=f"Estate imported: {work.done}",
        reason=reason,
        before=work.before,
        after=work.after,
    )
    return work.done


class _Import:
    """One import under way: the accounts so far, what was changed, and the mistakes that the rows showed."""

    def __init__(self, source: Source, actor: User | None, reason: str) -> None:
        self.source, self.actor, self.reason = source, actor, reason
        self.accounts: dict[str, rows.Account] = {}
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self.done = Imported()

    def run(self) -> None:
        estate = self.source.estate
        for number, account in enumerate(estate.accounts):
            self._account(("accounts", number), account)
        if not self.problems:
            for number, product in enumerate(estate.products):
                self._product(("products", number), product)
        if self.problems:
            raise BadEstate(self.problems)
        self.done.left_alone = left_alone(estate)

    def _account(self, place: Place, part: schema.Account) -> None:
        row = rows.Account.objects.filter(name=part.name).first() or rows.Account(name=part.name)
        fields = ("aws_id", "tier", "region", "description", "resources")
        made, change = not row.pk, self._save(place, row, {name: getattr(part, name) for name in fields})
        if not row.pk:
            return
        self.accounts[part.name] = row
        for purpose, role in part.roles:
            if role:
                old = row.roles.filter(purpose=purpose).first()
                target = old or rows.AccountRole(account=row, purpose=purpose)
                found = self._save((*place, "roles", purpose), target, role.model_dump())
                change += _named(f"{purpose} role", found)
        self._note(f"account {part.name}", made, change)

    def _product(self, place: Place, part: schema.Product) -> None:
        row = rows.Product.objects.filter(slug=part.slug).first() or rows.Product(slug=part.slug)
        values = {
            "name": part.name,
            "domain": part.domain,
            "branding": part.branding,
            "artifact_account": self.accounts[part.artifacts.account],
            "artifact_bucket": part.artifacts.bucket,
            "handler_account": self.accounts[part.handlers.account] if part.handlers else None,
            "handler_bucket": part.handlers.bucket if part.handlers else "",
            "log_account": self.accounts[part.logs.account] if part.logs else None,
            "log_bucket": part.logs.bucket if part.logs else "",
            "replica_region": part.replica_region,
        }
        made, change = not row.pk, self._save(place, row, values)
        if not row.pk:
            return
        if part.hosted_zone:
            change += self._zone((*place, "hosted_zone"), row, part.hosted_zone)
        self._note(part.slug, made, change)
        for number, environment in enumerate(part.environments):
            self._environment((*place, "environments", number), row, environment)
        _put_environments_in_order(row, [environment.name for environment in part.environments])

    def _zone(self, place: Place, product: rows.Product, part: schema.Zone) -> Change:
        zone = HostedZone.objects.filter(product=product).first() or HostedZone(product=product)
        values = {"account": self.accounts[part.account], "zone_id": part.zone_id}
        return _named("hosted zone", self._save(place, zone, values))

    def _environment(self, place: Place, product: rows.Product, part: schema.Environment) -> None:
        row = product.environments.select_related("config").filter(name=part.name).first()
        made = row is None
        if row is None:
            row = rows.Environment(product=product, name=part.name, position=_next_position(product))
        change = self._save(place, row, self._settings(product, part), exclude=["position"])
        if not row.pk:
            return
        change += self._hostnames((*place, "hostnames"), row, part.hostnames)
        if change and not made:
            row.settings_revision += 1
            row.save(update_fields=["settings_revision"])
        if values_of(row) != part.config:
            old = values_of(row)
            append(row, part.config, actor=self.actor, reason=self.reason)
            change += Change({"config": old}, {"config": part.config})
        self._note(f"{product.slug}/{part.name}", made, change)

    def _settings(self, product: rows.Product, part: schema.Environment) -> dict[str, Any]:
        backend = part.backend
        return {
            "kind": part.kind,
            "protected": part.protected,
            "requires": product.environments.get(name=part.requires) if part.requires else None,
            "cache_profile": part.cache_profile,
            "frontend_account": self.accounts[part.frontend.account],
            "bucket": part.frontend.bucket,
            "distribution_id": part.frontend.distribution_id,
            "distribution_domain": part.frontend.distribution_domain,
            "replicated": part.frontend.replicated,
            "backend_account": self.accounts[backend.account] if backend else None,
            "api_origin": backend.api_origin if backend else "",
            "function_prefix": backend.function_prefix if backend else "",
            "code_bucket": backend.code_bucket if backend else "",
            "failure_budget": backend.failure_budget if backend else 0,
            **(part.edge.model_dump() if part.edge else {}),
            **_watch(part.watch),
        }

    def _hostnames(self, place: Place, row: rows.Environment, names: list[str]) -> Change:
        before = names_of(row)
        for number, name in enumerate(names):
            if name not in before:
                self._hostname((*place, number), row, name)
        there = names_of(row)
        after = [*(n for n in names if n in there), *(n for n in there if n not in names)]
        if before == after:
            return Change({}, {})
        put_in_order(row, after)
        return Change({"hostnames": before}, {"hostnames": after})

    def _hostname(self, place: Place, row: rows.Environment, name: str) -> None:
        other = Hostname.objects.select_related("environment__product").filter(name=name).first()
        if other and not self._gives_away(other):
            text = f"{name} belongs to {other.environment}, and this file does not take it from there."
            self.problems.append(self.source.problem(place, text))
        elif other:
            Hostname.objects.filter(pk=other.pk).update(
                environment=row, position=_FAR + other.pk, points_here=None
            )
        else:
            Hostname.objects.create(environment=row, name=name, position=len(names_of(row)))

    def _gives_away(self, hostname: Hostname) -> bool:
        """Whether the file names the environment that has this hostname now, without it."""
        slug, name = hostname.environment.product.slug, hostname.environment.name
        products = (p for p in self.source.estate.products if p.slug == slug)
        return any(
            e.name == name and hostname.name not in e.hostnames for p in products for e in p.environments
        )

    def _save(
        self, place: Place, row: Model, values: dict[str, Any], exclude: list[str] | None = None
    ) -> Change:
        """Save the row when something differs; note the mistakes that its rules find."""
        if row.pk and not differs(row, values):
            return Change({}, {})
        try:
            change = edit(row, values, exclude=exclude or [])
        except Invalid as refusal:
            for name, texts in refusal.details["errors"].items():
                here = place if name == "__all__" else (*place, *_FIELDS.get(name, (name,)))
                self.problems.append(self.source.problem(here, " ".join(texts)))
            return Change({}, {})
        row.save()
        return change

    def _note(self, name: str, made: bool, change: Change) -> None:
        if made:
            self.done.created.append(name)
        elif change:
            self.done.updated.append(name)
        else:
            self.done.unchanged += 1
        if change:
            self.after[name] = change.after
            if not made:
                self.before[name] = change.before


_FIELDS: dict[str, Place] = {
    "artifact_account": ("artifacts", "account"),
    "artifact_bucket": ("artifacts", "bucket"),
    "frontend_account": ("frontend", "account"),
    "bucket": ("frontend", "bucket"),
    "distribution_id": ("frontend", "distribution_id"),
    "distribution_domain": ("frontend", "distribution_domain"),
    "replicated": ("frontend", "replicated"),
    "backend_account": ("backend", "account"),
    "api_origin": ("backend", "api_origin"),
    "function_prefix": ("backend", "function_prefix"),
    "code_bucket": ("backend", "code_bucket"),
    "failure_budget": ("backend", "failure_budget"),
    "watch_minutes": ("watch", "minutes"),
    "auto_rollback": ("watch", "auto_rollback"),
    "handler_account": ("handlers", "account"),
    "handler_bucket": ("handlers", "bucket"),
    "log_account": ("logs", "account"),
    "log_bucket": ("logs", "bucket"),
}
"""Where in the file the value of a row's field stands, when the names differ."""


def _watch(part: schema.Watch | None) -> dict[str, Any]:
    return {"watch_minutes": part.minutes, "auto_rollback": part.auto_rollback} if part else {}


_FAR = 20_000
"""A place after every other, for a name that is put into order a moment later (places are 16 bit)."""


def _named(what: str, change: Change) -> Change:
    return Change({what: change.before}, {what: change.after}) if change else change


def _next_position(product: rows.Product) -> int:
    last = product.environments.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _put_environments_in_order(product: rows.Product, names: list[str]) -> None:
    """Number them as the file lists them; those that it does not name come after."""
    environments = sorted(
        product.environments.all(),
        key=lambda e: (names.index(e.name) if e.name in names else len(names), e.position),
    )
    moved = [(place, each) for place, each in enumerate(environments) if each.position != place]
    for place, environment in moved:
        environment.position = place
    rows.Environment.objects.bulk_update([environment for _, environment in moved], ["position"])
