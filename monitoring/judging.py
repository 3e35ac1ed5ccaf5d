"""Deciding about watches from the samples at hand, and going back by itself where that is wished. Rows only, no AWS."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Collection as Several
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from audit.services import record
from deployments.models import Deployment, DeploymentKind
from deployments.selectors.deployments import running_back_end, state_of
from deployments.selectors.plans import BACK_END, FRONT_END
from deployments.selectors.ways_back import WaysBack
from deployments.services.promote import rollback
from monitoring.health import JUDGED, Joined, Judgement, Own, judge
from monitoring.joining import Values, floor, joined
from monitoring.kinds import DISTRIBUTION, FIVE_MINUTES, KINDS, MINUTE
from monitoring.models import Collection, Sample, Source, Verdict, Watch
from monitoring.sources import sources_of
from monitoring.watching import GRACE, end_early, open_watches, successor_of, switch_began
from monitoring.windows import AGAIN
from runs.models import RunStep
from runs.services import Busy
from users.refusals import Refused

BEFORE = timedelta(hours=1)
FIVE = timedelta(minutes=5)
WARM_UP = timedelta(minutes=5)
"""A deployment empties a part of the cache; so long it fills again."""
SURE = 2
"""So many minutes must have numbers before anything is found to be degraded."""
PATIENCE = timedelta(minutes=10)
"""How long the way back waits for another Run that holds the environment."""
NOT_ASKED_FOR = "This environment leaves that to people."
TOO_LATE = "It could not be begun in time."
HALVES = {(True, False): FRONT_END, (False, True): BACK_END, (True, True): ""}

A_TIME = 50
"""So many watches are judged by one call, which must be quick; the next one goes on."""

log = structlog.get_logger(__name__)


def judge_all() -> None:
    """Judge open watches by what is known now, those that waited longest first, and go back from what is degraded."""
    now = timezone.now()
    oldest = open_watches().order_by(F("judged_at").asc(nulls_first=True))
    for watch in _with_places(oldest)[:A_TIME]:
        if not _alone(watch.pk, partial(_judge, watch, now)):
            Watch.objects.filter(pk=watch.pk).update(judged_at=now)
    for watch in Watch.objects.filter(verdict=Verdict.DEGRADED, rollback=None, held="")[:A_TIME]:
        _alone(watch.pk, partial(go_back, watch.pk, now))


def _alone(watch: int, work: Callable[[], None]) -> bool:
    """Whether it could be done; one watch that cannot be worked on must not keep the others waiting."""
    try:
        work()
    except Exception:
        log.exception("watch could not be worked on", deployment=watch)
        return False
    return True


def _with_places(rows: QuerySet[Watch]) -> QuerySet[Watch]:
    related = ("deployment__run", "deployment__release", "environment__product")
    return rows.select_related(*related, "environment__frontend_account", "environment__backend_account")


def _judge(watch: Watch, now: datetime) -> None:
    if successor := successor_of(watch):
        end_early(Watch.objects.filter(pk=watch.pk), watch.environment, successor)
        return
    found = judged(watch, now)
    decided = found.verdict != Verdict.WATCHING
    asked_for = watch.environment.auto_rollback or found.verdict != Verdict.DEGRADED
    with transaction.atomic():
        rows = Watch.objects.filter(pk=watch.pk, verdict=Verdict.WATCHING)
        hit = rows.update(
            verdict=found.verdict,
            text=found.text,
            figures=[one.as_json() for one in found.figures],
            judged_at=now,
            decided_at=now if decided else None,
            held="" if asked_for else NOT_ASKED_FOR,
        )
        if hit and decided:
            _on_record(watch, found)


def judged(watch: Watch, now: datetime) -> Judgement:
    """What the samples say about the time after a deployment, compared with the hour before."""
    sources = list(_judged_sources(watch).values())
    began, ended = _first_minute(watch), min(watch.ends_at, now)
    switched = min(switch_began(watch.deployment.run) or watch.began_at, watch.began_at)
    before = _joined(_before(sources, switched))
    minutes = _samples(sources, MINUTE, began, ended)
    warm = {
        pk: {at: row for at, row in rows.items() if at >= began + WARM_UP} for pk, rows in minutes.items()
    }
    known = [source.minutes_until for source in sources]
    whole = floor(watch.ends_at, MINUTE) + AGAIN[MINUTE]
    over = bool(known) and all(until is not None and until >= whole for until in known)
    late = now >= watch.ends_at + GRACE
    found = judge(
        before,
        _joined(minutes),
        warm=_joined(warm),
        ended=now >= watch.ends_at and (over or late),
        missing="" if over else _missing(sources),
        own=Own(
            _own_requests(watch, switched - BEFORE, switched),
            _own_requests(watch, began - FIVE, ended),
        ),
    )
    sure = max((len(rows) for rows in minutes.values()), default=0) >= SURE
    return found if sure or found.verdict != Verdict.DEGRADED else found._replace(verdict=Verdict.WATCHING)


def _own_requests(watch: Watch, start: datetime, end: datetime) -> float:
    """How often the console itself asked the edge meanwhile, to see what it serves. One query."""
    looks = RunStep.objects.filter(
        run__kind="truth",
        run__scope_names__contains=[f"truth:{watch.environment_id}"],
        run__created_at__gte=start - FIVE,
        started_at__range=(start, end),
    )
    return float(sum(output.get("asked", 0) for output in looks.values_list("output", flat=True)))


def _before(sources: Several[Source], switched: datetime) -> dict[Source, dict[datetime, Values]]:
    """The hour before the first caller got something new; by the minute where nothing longer is known, as of a source that
    is young and was just watched."""
    end, minute = floor(switched, FIVE_MINUTES), floor(switched, MINUTE)
    found = _samples(sources, FIVE_MINUTES, end - BEFORE, end)
    young = [source for source in sources if not found.get(source)]
    return {**found, **_samples(young, MINUTE, minute - BEFORE, minute)}


def _first_minute(watch: Watch) -> datetime:
    """The first that is wholly after the deployment: the one before also holds what ran until then."""
    minute = floor(watch.began_at, MINUTE)
    return minute if minute == watch.began_at else minute + timedelta(seconds=MINUTE)


def _judged_sources(watch: Watch) -> dict[str, Source]:
    """By kind; an API whose numbers cannot be found tells nothing."""
    names = {kind.name for kind in JUDGED}
    mine = sources_of([watch.environment])[watch.environment_id]
    return {kind: source for kind, source in mine.items() if kind in names and "problem" not in source.told}


def _missing(sources: Several[Source]) -> str:
    """Until when the numbers reach, and why no more came. One query."""
    known = [source.minutes_until for source in sources if source.minutes_until]
    if known:
        text = f"CloudWatch's numbers reach only until {min(known):%H:%M} UTC."
    else:
        text = "CloudWatch gave no numbers for the time after the deployment."
    accounts = {source.account_id for source in sources}
    failed = Collection.objects.filter(account__in=accounts, failed_at__isnull=False).order_by("-failed_at")
    return " ".join([text, *failed.values_list("error", flat=True)[:1]])


Rows = Mapping[datetime, Values]


def _samples(
    sources: Iterable[Source], period: int, start: datetime, end: datetime
) -> dict[Source, dict[datetime, Values]]:
    by_pk = {source.pk: source for source in sources}
    rows = Sample.objects.filter(source__in=by_pk, period=period, at__gte=start, at__lt=end).order_by("at")
    found: dict[Source, dict[datetime, Values]] = defaultdict(dict)
    for pk, at, values in rows.values_list("source_id", "at", "values"):
        found[by_pk[pk]][at] = values
    return found


def _joined(samples: Mapping[Source, Rows]) -> Joined:
    return {
        source.kind: joined(KINDS[source.kind], rows.values()) for source, rows in samples.items() if rows
    }


def _on_record(watch: Watch, found: Judgement) -> None:
    deployment = watch.deployment
    record(
        actor=None,
        action="health.judged",
        product=watch.environment.product.slug,
        environment=watch.environment.name,
        subject=str(deployment),
        subject_url=reverse("deployment", args=[deployment.pk]),
        summary=f"{deployment.release.version} in {watch.environment} is {WORDS[found.verdict]}. {found.text}",
        after={"verdict": found.verdict, "figures": [one.as_json() for one in found.figures]},
        run=deployment.run_id,
    )


WORDS = {"healthy": "healthy", "degraded": "degraded", "unknown": "neither known to be healthy nor degraded"}


def go_back(pk: int, now: datetime) -> None:
    """Roll a degraded deployment back, once; where it cannot be done, say why. Never from a rollback."""
    with transaction.atomic():
        watch = (
            Watch.objects.select_for_update(of=("self",)).select_related("environment__product").get(pk=pk)
        )
        if watch.rollback_id or watch.held:
            return
        deployment = Deployment.objects.select_related("release", "artifact", "backend").get(
            pk=watch.deployment_id
        )
        watch.held = _why_not(watch, deployment, now)
        if not watch.held:
            _try(watch, deployment, now)
        watch.save(update_fields=["rollback", "held"])


def _why_not(watch: Watch, deployment: Deployment, now: datetime) -> str:
    """Why the console leaves it to people; "" when it goes back."""
    assert watch.decided_at is not None
    environment, state = watch.environment, state_of(watch.environment)
    front, back = deployment.carried
    if deployment.kind == DeploymentKind.ROLLBACK:
        return "It is a rollback itself; the console never rolls back from one."
    if now > watch.decided_at + 2 * PATIENCE:
        return TOO_LATE
    if (front and state.running != deployment) or (back and running_back_end(environment) != deployment):
        return f"{environment} runs something else by now."
    if not back and _behind(watch):
        return "What is behind the API fares worse, too, and this deployment changed nothing there."
    way = WaysBack(environment, state, HALVES[deployment.carried]).default()
    if way and deployment.release in (way.release, way.halves.back and way.halves.back.release):
        return "The release before it is the same one, so going back would change nothing."
    return ""


def _behind(watch: Watch) -> bool:
    return any(one["worse"] and one["of"] != DISTRIBUTION.name for one in watch.figures)


def _try(watch: Watch, deployment: Deployment, now: datetime) -> None:
    assert watch.decided_at is not None
    try:
        watch.rollback = rollback(
            actor=None,
            environment=watch.environment,
            reason=f"Automatic: {deployment.release.version} made things worse. {watch.text}"[:900],
            confirm=watch.environment.name,
            half=HALVES[deployment.carried],
        )
    except Busy as busy:
        if now > watch.decided_at + PATIENCE:
            watch.held = f"Another Run held the environment for {PATIENCE.seconds // 60} minutes: {busy.text}"
    except Refused as refusal:
        watch.held = refusal.text
        log.warning("automatic rollback refused", deployment=deployment.pk, because=refusal.text)
