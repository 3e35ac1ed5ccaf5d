"""Looking at the alarms that guard what products stand on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from audit.services import record
from aws.access import Account as Door
from aws.alarms import Change, SeenAlarm, changes_since, list_alarms
from aws.errors import AwsError
from monitoring.models import Alarm, AlarmChange
from monitoring.selectors.alarms import is_silenced
from monitoring.sources import EDGE_REGION
from products.door import aws_step, look_into
from products.models import Account, Environment, Product
from provisioning.models import Resource
from runs.steps import Done, StepContext, Wait

FIRST_LOOK_BACK = timedelta(days=14)
NEWS = timedelta(hours=1)
"""Of an alarm that is seen for the first time, so much of its history is news."""
RANG = "ALARM"
WORDS = {RANG: "rings", "INSUFFICIENT_DATA": "rings no more, because its data are missing"}
WORDS_AT_MOST = 300
"""Of what an alarm guards: the rule of a composite one may be much longer."""
OVERLAP = timedelta(minutes=1)
"""So much of the history is read once more: its moments are not those of the alarm itself."""


T = TypeVar("T")
Place = tuple[Product | None, Environment | None]
"""Whom an alarm is about; neither where it is about several products."""


@dataclass(frozen=True)
class Places:
    """By dimension of a metric, whom it is about."""

    environments: Mapping[tuple[str, str], Environment]
    prefixes: Mapping[str, Environment]
    certificates: Mapping[str, Product]

    @classmethod
    def of(cls, account: Account) -> "Places":
        rows = Environment.objects.select_related("product").order_by("-position")
        front = [one for one in rows if one.frontend_account_id == account.pk]
        back = [one for one in rows if one.backend_account_id == account.pk and one.function_prefix]
        kept = Resource.objects.filter(account=account, kind="certificate").exclude(aws_id="")
        return cls(
            {("DistributionId", one.distribution_id): one for one in front if one.distribution_id}
            | {("BucketName", one.bucket): one for one in front},
            {one.function_prefix: one for one in back},
            {one.aws_id: one.product for one in kept.select_related("product") if one.product},
        )

    def of_all(self, seen: Mapping[str, SeenAlarm]) -> dict[str, Place]:
        """By name, whom each alarm guards; what is none of ours is left out."""
        known = {one.arn: one for one in seen.values()} | dict(seen)
        found = {name: _together(map(self._measured, _below(one, known))) for name, one in seen.items()}
        return {name: place for name, place in found.items() if place}

    def _measured(self, seen: SeenAlarm) -> Place | None:
        for name, value in sorted(seen.dimensions):
            if found := self.environments.get((name, value)) or self._caller(name, value):
                return found.product, found
            if name == "CertificateArn" and value in self.certificates:
                return self.certificates[value], None
        return None

    def _caller(self, name: str, value: str) -> Environment | None:
        if name != "FunctionName":
            return None
        return next((one for prefix, one in self.prefixes.items() if value.startswith(prefix)), None)


def _below(one: SeenAlarm, known: Mapping[str, SeenAlarm]) -> Iterator[SeenAlarm]:
    """The alarms over metrics by which it rings in the end, each once. AWS: composite ones may name one another in a circle."""
    met, left = {one.name}, [one]
    while left:
        each = left.pop()
        if not each.alarms:
            yield each
        for below in (known[word] for word in each.alarms if word in known):
            if below.name not in met:
                met.add(below.name)
                left.append(below)


def _together(places: Iterable[Place | None]) -> Place | None:
    """What they have in common, None where none is of ours."""
    found = [place for place in places if place]
    products, environments = {product for product, _ in found}, {environment for _, environment in found}
    if not found:
        return None
    return _only(products), _only(environments)


def _only(found: set[T | None]) -> T | None:
    return next(iter(found)) if len(found) == 1 else None


@aws_step
def look(context: StepContext) -> Done | Wait:
    """Make the rows of an account what CloudWatch tells. Each change is put on record once."""
    account = Account.objects.get(pk=int(context.run.scope_names[0].partition(":")[2]))
    door = look_into(context, account)
    return Done({"changed": _look_at_all(context, door, account)})


def _look_at_all(context: StepContext, door: Door, account: Account) -> int:
    """How many states changed. A Region that does not answer blinds no other. Raises AwsError when one did not."""
    places, changed, failed = Places.of(account), 0, list[AwsError]()
    for client, region in _regions(account):
        try:
            changed += _look_at_region(context, door, client, account, region, places)
        except AwsError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return changed


def _look_at_region(
    context: StepContext, door: Door, client: str, account: Account, region: str, places: Places
) -> int:
    seen = {one.name: one for one in list_alarms(door, client)}
    ours = places.of_all(seen)
    known = {row.name: row for row in Alarm.objects.filter(account=account, region=region)}
    changed = 0
    for name, place in sorted(ours.items()):
        row = known.get(name) or Alarm(account=account, region=region, name=name)
        changed += _look(context, door, client, row, seen[name], place)
    gone = [row.pk for name, row in known.items() if name not in ours and row.gone_at is None]
    with context.transaction():
        Alarm.objects.filter(pk__in=gone).update(gone_at=Now())
    return changed


def _regions(account: Account) -> Iterator[tuple[str, str]]:
    """Each Region once."""
    yield "edge-metrics", EDGE_REGION
    if account.region != EDGE_REGION:
        yield "cloudwatch", account.region


def _look(
    context: StepContext,
    door: Door,
    client: str,
    row: Alarm,
    seen: SeenAlarm,
    place: Place,
) -> int:
    is_new, before = row.pk is None, row.seen_at
    since = row.changed_at or door.clock.now() - FIRST_LOOK_BACK
    moved = is_new or row.changed_at is None or seen.changed_at > row.changed_at
    told = changes_since(door, client, seen.name, since - OVERLAP) if moved else []
    with context.transaction():
        changes = _unknown(row, told)
        _save(row, seen, place, told)
        AlarmChange.objects.bulk_create(
            AlarmChange(alarm=row, at=one.at, was=one.was, state=one.state, reason=one.reason)
            for one in changes
        )
        news = list(_news(changes, since=timezone.now() - NEWS if is_new else since - OVERLAP))
        for one in news:
            _on_record(row, one)
        heard = any(not is_silenced(row, one.at) for one in news)
        if not heard and before and _was_silenced(row, before):
            _on_record(
                row, Change(timezone.now(), RANG, RANG, f"It still rings after its silence. {row.reason}")
            )
    return len(changes)


def _unknown(row: Alarm, told: Iterable[Change]) -> list[Change]:
    """Those that are not kept yet: AWS tells when a state changed in two places, and not to the same millisecond."""
    known = set(row.changes.values_list("at", "state")) if row.pk else set()
    return [one for one in told if (one.at, one.state) not in known]


def _was_silenced(row: Alarm, before: datetime) -> bool:
    """Whether a silence ended since the look before while the alarm rings."""
    ended = Q(until__gt=before, until__lte=Now(), ended_at=None) | Q(ended_at__gt=before)
    return row.state == RANG and not is_silenced(row) and row.silences.filter(ended).exists()


def _save(row: Alarm, seen: SeenAlarm, place: Place, told: Sequence[Change]) -> None:
    """A change whose history did not come yet is looked for again: until then it counts as not seen."""
    is_told = seen.changed_at < timezone.now() - NEWS or any(one.state == seen.state for one in told[-1:])
    if is_told or not row.changed_at:
        row.changed_at = max(seen.changed_at, row.changed_at or seen.changed_at)
    row.product, row.environment = place
    row.arn, row.state, row.reason = seen.arn, seen.state, seen.reason
    words = seen.watches
    row.watches = words if len(words) <= WORDS_AT_MOST else f"{words[: WORDS_AT_MOST - 1]}…"
    row.actions = seen.actions
    row.seen_at, row.gone_at = timezone.now(), None
    row.save()


def _news(changes: Iterable[Change], since: datetime) -> Iterator[Change]:
    """Those into and out of the alarm; that data are missing at first is none."""
    return (one for one in changes if one.at >= since and RANG in (one.was, one.state))


def _on_record(row: Alarm, one: Change) -> None:
    about = str(row.environment or row.product or "several products")
    words = WORDS.get(one.state, "has ended")
    record(
        actor=None,
        action="alarm.changed",
        product=row.product.slug if row.product else "",
        environment=row.environment.name if row.environment else "",
        subject=f"alarm {row.name}",
        subject_url=reverse("alarm", args=[row.pk]),
        summary=f"The alarm {row.name} of {about} {words}: {row.watches}.",
        reason=one.reason[:900],
        before={"state": one.was},
        after={"state": one.state, "silenced": is_silenced(row, one.at)},
    )
