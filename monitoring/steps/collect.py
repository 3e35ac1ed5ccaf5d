"""Asking CloudWatch for the numbers of an account: as many metrics in one call as AWS allows."""

from collections import defaultdict
from collections.abc import Collection as Several
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now

from aws.access import Account as Door
from aws.api_metrics import dimensions_of
from aws.errors import AwsError
from aws.metrics import POINTS, QUERIES, Found, Question, Search, ask
from monitoring.budget import is_capped, spent
from monitoring.joining import Values
from monitoring.keeping import draw_sparks, keep, roll_up
from monitoring.kinds import API, DISTRIBUTION, FIVE_MINUTES, KINDS, MINUTE
from monitoring.models import Collection, Source
from monitoring.rollups import join_stale, mark_stale
from monitoring.sources import keep_sources
from monitoring.steps.questions import questions_about, samples_from
from monitoring.watching import watched_since
from monitoring.windows import Window, window
from products.door import aws_step, look_into
from runs.steps import Done, StepContext, Wait

EDGE = "edge-metrics"
PLAIN = "cloudwatch"


@dataclass(frozen=True)
class Work:
    """A source with what is asked about it, in periods of so many seconds."""

    source: Source
    period: int
    window: Window
    questions: Sequence[Question]

    @property
    def client(self) -> str:
        """AWS: what belongs to CloudFront is kept in us-east-1, whatever the account's Region."""
        return EDGE if self.source.region == "us-east-1" else PLAIN

    @property
    def weight(self) -> int:
        """How many of a call's questions it takes. AWS: a search may find as many metrics as a call may ask for."""
        return sum(QUERIES if isinstance(one, Search) else 1 for one in self.questions)


@aws_step
def collect(context: StepContext) -> Done | Wait:
    """Ask for all that is new, and keep it call by call: a worker that dies loses the call under way.

    A Region that does not answer keeps the others waiting for nothing. Raises AwsError when one did not.
    """
    row = Collection.objects.select_related("account").get(run=context.run)
    if is_capped():
        return Done({"capped": True})
    door = look_into(context, row.account)
    with context.transaction():
        sources = keep_sources(row.account)
    _learn_dimensions(context, door, sources)
    calls, failed = _ask_for_all(context, door, row, sources)
    with context.transaction():
        join_stale(row.account_id)
    if failed:
        raise failed
    with context.transaction():
        Collection.objects.filter(pk=row.pk).update(seen_at=Now(), failed_at=None, error="")
    return Done({"sources": len(sources), "calls": calls})


def _ask_for_all(
    context: StepContext, door: Door, row: Collection, sources: Sequence[Source]
) -> tuple[int, AwsError | None]:
    """How many calls it took, and the first failure; of a Region that failed nothing more is asked."""
    calls, failed = 0, dict[str, AwsError]()
    for batch in batches(list(work_on(sources, door.clock.now()))):
        if batch[0].client in failed:
            continue
        try:
            calls += _carry_out(context, door, row, batch)
        except AwsError as error:
            failed[batch[0].client] = error
    return calls, next(iter(failed.values()), None)


def _learn_dimensions(context: StepContext, door: Door, sources: Sequence[Source]) -> None:
    """Under which name CloudWatch keeps an API is asked once; what cannot be told is said on the row."""
    for source in sources:
        if source.kind != API.name or "dimensions" in source.told:
            continue
        try:
            source.told = {"dimensions": dimensions_of(door, source.name)}
        except AwsError as error:
            source.told = {"problem": str(error)}
            context.log(f"{source.name}: {error}", level="warn")
        with context.transaction():
            source.save(update_fields=["told"])


def work_on(sources: Sequence[Source], now: datetime) -> Iterator[Work]:
    """What there is to ask about now: each kind in its own period, and what is watched by the minute besides."""
    watched = watched_since(sources, now)
    for source in sources:
        kind = KINDS[source.kind]
        first = timedelta(days=kind.first_days)
        if asked := window(kind.period, source.until, first, now):
            yield Work(source, kind.period, asked, questions_about(source, kind.period))
        if since := watched.get(source.pk):
            known = source.minutes_until if source.minutes_until and source.minutes_until > since else since
            if asked := window(MINUTE, known, first, now):
                yield Work(source, MINUTE, asked, questions_about(source, MINUTE))


def batches(works: Sequence[Work]) -> Iterator[list[Work]]:
    """Works that one call does: of the same time and period, up to 500 questions, as many data points as one page holds."""
    groups: dict[tuple[str, int, Window], list[Work]] = defaultdict(list)
    for work in works:
        if work.questions:
            groups[work.client, work.period, work.window].append(work)
    for (_, period, asked), group in groups.items():
        room = max(1, min(QUERIES, POINTS // max(1, asked.points(period))))
        yield from _filled(group, room)


def _filled(group: Sequence[Work], room: int) -> Iterator[list[Work]]:
    batch: list[Work] = []
    for work in group:
        if batch and sum(one.weight for one in batch) + work.weight > room:
            yield batch
            batch = []
        batch.append(work)
    yield batch


def _carry_out(context: StepContext, door: Door, row: Collection, batch: Sequence[Work]) -> int:
    """One call, or for searches one each; kept together with how far they are known.

    What a call cost is kept at once: it is spent also when the next one fails or the worker dies.
    """
    first, calls = batch[0], 0

    def bill(metrics: int) -> None:
        nonlocal calls
        calls += 1
        with context.transaction():
            spent(row.account_id, metrics, by_minute=first.period == MINUTE)

    found: list[Found] = []
    for questions in _by_call([question for work in batch for question in work.questions]):
        about = KINDS[first.source.kind].namespace
        found += ask(door, first.client, questions, *first.window, about, bill=bill)
    with context.transaction():
        _keep(context, batch, found)
        if first.period == FIVE_MINUTES:
            mark_stale(row.account_id, first.window.start)
    return calls


def _by_call(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    """A search has a call of its own."""
    plain = [one for one in questions if not isinstance(one, Search)]
    if plain:
        yield plain
    yield from ([one] for one in questions if isinstance(one, Search))


def _keep(context: StepContext, batch: Sequence[Work], found: Sequence[Found]) -> None:
    period, asked, at = batch[0].period, batch[0].window, 0
    samples: dict[int, dict[datetime, Values]] = {}
    whole: list[Source] = []
    for work in batch:
        mine = found[at : at + len(work.questions)]
        at += len(work.questions)
        samples[work.source.pk] = samples_from(work.source, mine)
        if all(one.whole for one in mine):
            whole.append(work.source)
    sources = [work.source for work in batch]
    keep(period, samples, [one.pk for one in sources if one not in whole])
    if len(whole) < len(sources):
        context.log(
            f"CloudWatch gave only a part for {len(sources) - len(whole)} sources; they are asked again.",
            level="warn",
        )
    _move_on(whole, samples, period, asked)
    if period == FIVE_MINUTES:
        roll_up(sources, asked.start)
        draw_sparks(sources, asked.end)


def _move_on(
    whole: Sequence[Source], samples: dict[int, dict[datetime, Values]], period: int, asked: Window
) -> None:
    """Note how far the sources are known, and whether those of CloudFront have the additional metrics."""
    name = "minutes_until" if period == MINUTE else "until"
    for source in whole:
        setattr(source, name, asked.end)
        if period != MINUTE:
            source.since = source.since or min(samples[source.pk], default=None)
        if source.kind == DISTRIBUTION.name and (seen := has_extra(samples[source.pk].values())) is not None:
            source.extra = seen
    Source.objects.bulk_update(whole, [name, "since", "extra"], batch_size=500)


def has_extra(samples: Several[Values]) -> bool | None:
    """Whether there are additional metrics; None without traffic, by which alone it can be told."""
    extra = [at for at, metric in enumerate(DISTRIBUTION.metrics) if metric.extra]
    return any(row[at] is not None for row in samples for at in extra) if samples else None
