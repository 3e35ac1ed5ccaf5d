"""Numbers of an environment, and alarms."""

from django.http import HttpRequest, HttpResponse, QueryDict
from ninja import Router

from monitoring.kinds import KINDS
from monitoring.models import Alarm
from monitoring.pages.age import age_of
from monitoring.pages.alarms import STATES
from monitoring.pages.dashboard import DRAWN, Asked, Dashboard
from monitoring.selectors.alarms import alarm_for, alarms
from monitoring.services.silence import silence, unsilence
from products.selectors import environment_for
from timcombo_console.api.auth import doing, seeing
from timcombo_console.api.bodies import Strict
from timcombo_console.api.deployments import answer
from timcombo_console.api.lists import listed
from timcombo_console.api.shapes import Json, moment
from users.models import User
from users.refusals import Invalid

router = Router(tags=["monitoring"])


class Quiet(Strict):
    """Tell nobody of an alarm for so many minutes, from 5 to 20,160, because of a reason that goes on record."""

    minutes: int
    reason: str


class Why(Strict):
    reason: str = ""


@router.get(
    "/products/{slug}/environments/{env}/metrics",
    summary="What CloudWatch measured; null where there are no data",
)
def metrics(
    request: HttpRequest,
    slug: str,
    env: str,
    range: str = "",  # noqa: A002 - as the pages name it
    until: str = "",
) -> HttpResponse:
    def see(user: User) -> HttpResponse:
        environment = environment_for(user, slug, env)
        given = QueryDict(mutable=True)
        given.update({"env": env, "range": range, "until": until})
        return answer(_metrics(Dashboard(environment.product, Asked.of(given)), env))

    return seeing(request, "estate.view", see)


def _metrics(board: Dashboard, name: str) -> Json:
    """By kind of source and metric, a value for each time, in the units of `monitoring.kinds`."""
    sources = [one for kinds in board.sources.values() for one in kinds.values() if KINDS[one.kind] in DRAWN]
    series = {
        kind: {
            metric.name: [samples[at][place] if at in samples else None for at in board.times]
            for place, metric in enumerate(KINDS[kind].metrics)
        }
        for kind, samples in board.rows.by_label.get(name, {}).items()
    }
    age = age_of(sources)
    return {
        "period": board.asked.range.period,
        "times": [moment(at) for at in board.times],
        "series": series,
        "additional_metrics": name not in board.rows.not_enabled,
        "known_until": None if age.new else moment(age.until),
    }


@router.get("/alarms", summary="CloudWatch's alarms over what products stand on")
def list_alarms(request: HttpRequest, state: str = "", cursor: str = "", limit: int = 50) -> HttpResponse:
    def see(user: User) -> HttpResponse:
        if state and state not in STATES:
            raise Invalid(f"state is {', '.join(STATES)} or left out.")
        found = alarms().order_by("pk")
        return listed(found.filter(state=state) if state else found, _alarm, cursor, limit)

    return seeing(request, "estate.view", see)


def _alarm(one: Alarm) -> Json:
    return {
        "id": one.pk,
        "name": one.name,
        "account": one.account.aws_id,
        "region": one.region,
        "product": one.product.slug if one.product else None,
        "environment": one.environment.name if one.environment else None,
        "state": one.state,
        "reason": one.reason or None,
        "watches": one.watches,
        "silenced": bool(getattr(one, "silenced", False)),
        "changed_at": moment(one.changed_at),
    }


@router.post("/alarms/{pk}/silence", summary="Tell nobody of an alarm for a while; it still rings in AWS")
def silence_alarm(request: HttpRequest, pk: int, given: Quiet) -> HttpResponse:
    def act(user: User) -> Json:
        made = silence(actor=user, alarm=alarm_for(user, pk), minutes=given.minutes, reason=given.reason)
        return {"alarm": pk, "until": moment(made.until), "reason": made.reason}

    return doing(request, 201, act)


@router.post("/alarms/{pk}/unsilence", summary="Tell of an alarm again")
def unsilence_alarm(request: HttpRequest, pk: int, given: Why) -> HttpResponse:
    def act(user: User) -> Json:
        unsilence(actor=user, alarm=alarm_for(user, pk), reason=given.reason)
        return {"alarm": pk, "until": None}

    return doing(request, 200, act)
