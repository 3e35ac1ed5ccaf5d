"""Seeing what an environment's bucket holds and what its visitors get."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.urls import reverse
from django.utils import timezone

from audit.services import record
from aws.s3 import find_object
from deployments.edge import EdgeTarget, first_page, serves_release
from deployments.edge_client import EdgeProblem, Page
from deployments.entrypoints import LARGEST_PAGE, references
from deployments.manifest import INDEX, FileEntry, Manifest, Role
from deployments.models import Artifact, Delivered, Deployment, EnvironmentState
from deployments.selectors.deployments import state_of
from deployments.selectors.fleets import called_handlers, edited_by_hand, fleet_of
from deployments.selectors.releases import manifest_of, manifests_of
from deployments.steps.edge import target_of
from deployments.steps.wish import served_manifest
from monitoring.models import EdgeTruth
from monitoring.truth import BY_HAND, Entry, Finding, Sight, facts, findings
from products.door import aws_step, look_into
from products.models import Environment
from runs.steps import Done, StepContext, Wait

AGAIN_SECONDS = 5
MOST_PAGES = 20
COMPARED = 30
"""So many of the product's newest artifacts are asked whose page it is that was found."""


@aws_step
def look(context: StepContext) -> Done | Wait:
    """Look, and when something differs look once more: one edge alone may be late."""
    row = EdgeTruth.objects.select_related("environment__product", "environment__frontend_account").get(
        run=context.run
    )
    state = state_of(row.environment)
    if state.active is not None or state.running is None:
        return Done({"looked": False})
    sight = _Look(context, row.environment, state.running).sight()
    found = findings(sight)
    codes = [one["code"] for one in found]
    asked = {"asked": context.step.output.get("asked", 0) + sight.asked}
    if found and context.step.output.get("codes") != codes:
        return Wait(AGAIN_SECONDS, "Something differs; looks once more.", {"codes": codes, **asked})
    with context.transaction():
        _save(row, state, sight, found)
    return Done({"findings": len(found), **asked})


@dataclass(frozen=True)
class _Look:
    """One look at an environment in which this deployment runs."""

    context: StepContext
    environment: Environment
    running: Deployment

    @cached_property
    def manifest(self) -> Manifest:
        return served_manifest(self.running, manifest_of(self.running.front_end))

    @cached_property
    def target(self) -> EdgeTarget:
        return target_of(self.environment)

    @cached_property
    def pages(self) -> list[FileEntry]:
        """Entry points, the first page first, then what else is written last."""
        entries = sorted(
            self.manifest.with_role(Role.ENTRY_POINT), key=lambda one: (one.path != INDEX, one.path)
        )
        return [*entries[:MOST_PAGES], *self.manifest.with_role(Role.CONFIG, Role.SERVICE_WORKER)]

    def sight(self) -> Sight:
        first = self.pages[0]
        wrote, holds = self._written(), self._held()
        page, problem = self._asked(first)
        served = sha256(page.body).hexdigest() if page and page.status == 200 else None
        verdict = (
            serves_release(self.target, self.manifest, self.environment.kind)
            if served == first.sha256
            else None
        )
        names = [one.path for one in references(page.body, first.path)] if page and page.status == 200 else []
        is_known = served in (None, first.sha256) and holds.get(first.path) == wrote.get(first.path)
        by_md5, by_sha256 = ({}, {}) if is_known else self._whose(first.path)
        return Sight(
            version=self.running.release.version,
            declared_note=f"deployment {self.running.pk}, {self.running.who}",
            entry=Entry(
                first.path,
                wrote.get(first.path),
                holds.get(first.path),
                first.sha256,
                served,
                page.status if page else 0,
                names,
            ),
            by_md5=by_md5,
            by_sha256=by_sha256,
            other_files=[one.path for one in self.pages[1:] if holds.get(one.path) != wrote.get(one.path)],
            strange=[name for name in names if name not in self.manifest.by_path],
            problems=verdict.problems if verdict else (),
            edge_problem=problem,
            cache_control=(first.cache_control, page.headers.get("cache-control", "") if page else ""),
            headers=page.headers if page else {},
            certificate_days=_days_left(page),
            asked=1 + (verdict.asked if verdict else 0),
            host=self.target.host,
            back_end=_back_end(self.environment),
        )

    def _written(self) -> dict[str, str]:
        """By key, the ETag that we last wrote."""
        rows = Delivered.objects.filter(
            environment=self.environment, key__in=[one.path for one in self.pages]
        )
        return dict(rows.values_list("key", "etag"))

    def _held(self) -> dict[str, str]:
        """By key, the ETag that the bucket holds. A listing for each, which needs no right to read objects."""
        account, bucket = self.environment.frontend_account, self.environment.bucket
        door = look_into(self.context, account)
        found = (find_object(door, bucket, account.aws_id, one.path) for one in self.pages)
        return {one.key: one.etag for one in found if one}

    def _asked(self, first: FileEntry) -> tuple[Page | None, str]:
        try:
            return first_page(self.target, first.path, max(LARGEST_PAGE, first.size)), ""
        except EdgeProblem as problem:
            return None, str(problem)

    def _whose(self, path: str) -> tuple[dict[str, str], dict[str, str]]:
        """Of which release a page is, by MD5 (which is the ETag of what was written at once) and by SHA-256."""
        rows = Artifact.objects.filter(
            release__product=self.environment.product,
            target__in=(Artifact.ANY, self.environment.name),
            stored__isnull=False,
        )
        artifacts = list(rows.select_related("release").order_by("-id")[:COMPARED])
        manifests = manifests_of(artifacts)
        held = [(one.release.version, manifests[one.pk].by_path.get(path)) for one in reversed(artifacts)]
        known = [(version, file) for version, file in held if file]
        return {file.md5: version for version, file in known}, {
            file.sha256: version for version, file in known
        }


def _days_left(page: Page | None) -> int | None:
    ends = page.certificate_ends if page else None
    return (ends - timezone.now()).days if ends else None


def _back_end(environment: Environment) -> tuple[str, int, int] | None:
    """The release whose handlers the API calls, how many of them are as they were left, and how many there are."""
    fleet = fleet_of(environment)
    found = called_handlers(fleet) if fleet else None
    if fleet is None or found is None or fleet.running is None:
        return None
    total = len(found.codes) + len(found.missing)
    wrong = {*found.other, *found.missing, *(name for name in edited_by_hand(fleet) if name in found.codes)}
    return fleet.running.called.version, total - len(wrong), total


def _save(row: EdgeTruth, state: EnvironmentState, sight: Sight, found: list[Finding]) -> None:
    before, known = _codes(row.findings), _told(row.findings)
    row.facts, row.findings = facts(sight), found
    row.seen_at, row.deployment = timezone.now(), state.running_id
    if _told(found) != known:
        row.changed_at = timezone.now()
        _on_record(row, before)
    row.save(update_fields=["facts", "findings", "seen_at", "deployment", "changed_at"])


def _codes(found: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(one["code"] for one in found)


def _told(found: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """What makes news: another cause, or another deployment by hand."""
    return {(one["code"], one["text"] if one["code"] == BY_HAND else "") for one in found}


def _on_record(row: EdgeTruth, before: list[str]) -> None:
    environment = row.environment
    text = " ".join(one["text"] for one in row.findings)
    record(
        actor=None,
        action="truth.changed",
        product=environment.product.slug,
        environment=environment.name,
        subject=str(environment),
        subject_url=reverse("environment", args=[environment.product.slug, environment.name]),
        summary=f"{environment}: {text}" if text else f"{environment} serves again what is declared.",
        before={"findings": before},
        after={"findings": _codes(row.findings)},
    )
