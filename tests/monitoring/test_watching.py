"""The watch after a deployment: from CloudWatch's minutes to a verdict, and the way back where that is wished."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.monitoring.conftest import WHOLE, Eyes, minutes, now
from tests.shipping import Answer

FIFTEEN = timedelta(minutes=15)


class Watched:
    """A deployment that is live, with a watch that began some minutes ago."""

    def __init__(self, eyes: Eyes, environment: str = "test") -> None:
        self.eyes, self.name = eyes, environment
        world = eyes.world
        world.stock("1.0.0", "1.1.0")
        world.live("1.0.0", environment)
        self.answer: Answer = world.live("1.1.0", environment)
        self.began = now()

    @property
    def watch(self) -> Any:
        from monitoring.models import Watch

        return Watch.objects.get(deployment=self.answer["id"])

    def began_ago(self, ago: timedelta) -> None:
        """As if it had gone live so long ago."""
        from monitoring.models import Watch
        from runs.models import RunStep

        self.began = (now() - ago).replace(second=0, microsecond=0)
        Watch.objects.filter(pk=self.watch.pk).update(began_at=self.began, ends_at=self.began + FIFTEEN)
        Watch.objects.exclude(pk=self.watch.pk).update(began_at=self.began - FIFTEEN)
        steps = RunStep.objects.filter(run__deployment=self.watch.pk, name="switch")
        steps.update(started_at=self.began, ended_at=self.began)

    def fares(self, *, requests: float = 10_000, **after: float) -> None:
        """An hour of good traffic before, and this since."""
        self.eyes.edge(
            minutes(self.began - WHOLE, self.began),
            self.name,
            requests=requests,
            errors_5xx=0.1,
            errors_4xx=1.0,
        )
        rates = {"errors_5xx": 0.1, "errors_4xx": 1.0, **after}
        self.eyes.edge(minutes(self.began, now()), self.name, requests=requests, **rates)

    def judge(self) -> Any:
        from monitoring.judging import judge_all

        assert self.eyes.collect().state == "succeeded"
        judge_all()
        return self.watch

    def again(self) -> None:
        """As if nothing had been decided yet."""
        from monitoring.models import Watch

        Watch.objects.filter(pk=self.watch.pk).update(verdict="watching", decided_at=None, text="")

    def card(self) -> str:
        """What its page says about health."""
        from users.models import User

        client = Client()
        client.force_login(User.objects.get(username="viewer"))
        return client.get(f"/deployments/{self.answer['id']}/health/").text

    def opt_in(self) -> None:
        from products.models import Environment

        Environment.objects.filter(pk=self.eyes.environment(self.name).pk).update(auto_rollback=True)

    def settled(self) -> Any:
        """Numbers of the back end, too: the environment has one."""
        assert self.eyes.collect("sandbox").state == "succeeded"
        return self.judge()


@pytest.fixture
def watched(eyes: Eyes) -> Watched:
    return Watched(eyes)


def events(action: str = "health.judged") -> list[Any]:
    from audit.models import Event

    return list(Event.objects.filter(action=action).order_by("pk"))


def test_a_deployment_is_watched_from_when_it_was_verified_and_the_one_before_no_more(
    watched: Watched,
) -> None:
    from deployments.models import Deployment
    from monitoring.models import Watch

    deployment = Deployment.objects.get(pk=watched.answer["id"])
    assert watched.watch.verdict == "watching"
    assert deployment.live_at
    assert abs(watched.watch.began_at - deployment.live_at) < timedelta(seconds=2)
    assert watched.watch.ends_at - watched.watch.began_at == FIFTEEN
    first = Watch.objects.exclude(pk=watched.watch.pk).get()
    assert (first.verdict, first.text) == ("unknown", "Ended early: 1.1.0 was deployed after it.")


def test_numbers_by_the_minute_are_asked_for_only_while_it_is_watched(watched: Watched) -> None:
    from monitoring.models import Spending, Watch

    watched.began_ago(timedelta(minutes=4))
    watched.fares()
    watched.judge()
    known = watched.eyes.samples(watched.eyes.source(), 60)
    assert [at for at in known if at >= watched.began] == minutes(watched.began, now())
    assert watched.eyes.samples(watched.eyes.source(environment="dev"), 60) == {}
    by_minute = Spending.objects.get(account__name="media").minute_metrics
    assert by_minute == 10
    Watch.objects.update(verdict="healthy")
    watched.eyes.collect()
    assert Spending.objects.get(account__name="media").minute_metrics == by_minute


def test_a_release_that_answers_5xx_is_degraded_at_once_and_told_on_record(watched: Watched) -> None:
    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    watch = watched.judge()
    assert watch.verdict == "degraded"
    assert watch.text == "Answers 5xx: 12.0 %, before 0.1 %."
    (event,) = events()
    assert event.after["verdict"] == "degraded"
    assert event.environment == "test"
    assert "1.1.0 in Tim-Combo test is degraded." in event.summary
    assert watch.rollback is None
    watched.judge()
    assert len(events()) == 1


def test_the_minute_of_the_switch_counts_for_neither_side(watched: Watched) -> None:
    """Else the way back would be found to be as bad as what it took back."""
    from monitoring.models import Watch

    watched.began_ago(timedelta(minutes=4))
    watched.fares()
    watched.eyes.edge([watched.began], requests=10_000, errors_5xx=90.0)
    Watch.objects.filter(pk=watched.watch.pk).update(began_at=watched.began + timedelta(seconds=20))
    watch = watched.judge()
    assert watch.verdict == "watching"
    assert [one["worse"] for one in watch.figures] == [False, False]


def test_where_nobody_opted_in_nothing_is_rolled_back_and_the_page_offers_it(watched: Watched) -> None:
    from users.models import User

    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    watched.judge()
    assert watched.eyes.world.environment()["active_deployment"] is None
    client = Client()
    client.force_login(User.objects.get(username="release-manager"))
    page = client.get(f"/deployments/{watched.answer['id']}/").content.decode()
    assert "Answers 5xx: 12.0 %, before 0.1 %." in page
    assert "/products/tim-combo/environments/test/rollback/" in page


def test_who_watches_it_go_live_gets_the_card_of_its_health_without_loading_the_page_again(
    watched: Watched,
) -> None:
    from users.models import User

    world, client = watched.eyes.world, Client()
    client.force_login(User.objects.get(username="release-manager"))
    answer = world.promote("1.0.0")
    world.do_before(answer, "verify")
    address = f"/deployments/{answer['id']}/"
    assert '<div id="d-after" class="may-be-empty"></div>' in client.get(address).content.decode()
    assert '<div id="d-after" class="may-be-empty" hx-swap-oob="true"></div>' in _poll(client, address)
    assert world.carry_out(answer["id"])["status"] == "live"
    assert f'hx-get="{address}health/"' in _poll(client, address)


def _poll(client: Any, address: str) -> str:
    text: str = client.get(f"{address}progress/").content.decode()
    return text


def test_where_it_is_wished_the_console_goes_back_by_itself_once(watched: Watched) -> None:
    from deployments.models import Deployment
    from monitoring.judging import judge_all

    watched.opt_in()
    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    watch = watched.judge()
    judge_all()
    back = Deployment.objects.get(pk=watch.rollback_id)
    assert (back.kind, back.release.version, back.actor) == ("rollback", "1.0.0", None)
    assert back.reason == "Automatic: 1.1.0 made things worse. Answers 5xx: 12.0 %, before 0.1 %."
    assert watched.eyes.world.carry_out(back.pk)["status"] == "live"
    assert watched.eyes.world.environment()["live"] == "1.0.0"
    told = watched.eyes.world.deployment(back.pk)
    assert told["actor"] is None
    assert Deployment.objects.filter(kind="rollback").count() == 1
    started = events("deployment.rollback")
    assert [one.actor_name for one in started] == ["console"]


def test_a_rollback_is_never_rolled_back_by_itself(watched: Watched) -> None:
    from deployments.models import Deployment

    watched.opt_in()
    watched.answer = watched.eyes.world.work(watched.eyes.world.roll_back())
    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    watch = watched.judge()
    assert watch.verdict == "degraded"
    assert "never rolls back from one" in watch.held
    assert Deployment.objects.filter(kind="rollback").count() == 1


def test_while_another_run_holds_the_environment_the_way_back_waits(watched: Watched) -> None:
    from monitoring.judging import judge_all
    from runs.models import Run, RunScope
    from runs.services import request_cancel
    from tests.runs.rows import carry_out

    watched.opt_in()
    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    busy = watched.eyes.world.promote("1.2.0")
    watch = watched.judge()
    assert (watch.rollback, watch.held) == (None, "")
    run = Run.objects.get(deployment=busy["id"])
    request_cancel(run)
    carry_out(run)
    assert not RunScope.objects.filter(run=run).exists()
    judge_all()
    assert watched.watch.rollback.release.version == "1.0.0"


def test_what_runs_something_else_by_now_is_left_alone(watched: Watched) -> None:
    from deployments.models import Deployment
    from monitoring.models import Watch

    watched.opt_in()
    watched.eyes.world.stock("1.2.0")
    newer = watched.eyes.world.live("1.2.0")
    Watch.objects.filter(pk=watched.watch.pk).update(
        verdict="degraded", decided_at=now(), text="It was bad.", held="", rollback=None
    )
    watched.eyes.collect()
    from monitoring.judging import judge_all

    judge_all()
    assert "runs something else by now" in watched.watch.held
    assert Deployment.objects.filter(pk__gt=newer["id"]).count() == 0


def test_a_good_release_is_healthy_once_all_numbers_of_its_time_have_come(watched: Watched) -> None:
    """AWS: numbers of the last five minutes may be incomplete, so they are waited for."""
    for ago, said in ((14, False), (17, True)):
        watched.began_ago(timedelta(minutes=ago))
        watched.fares()
        assert watched.settled().verdict == "watching"
        assert ("its last numbers come some minutes later" in watched.card()) == said
    watched.began_ago(timedelta(minutes=21))
    watched.fares()
    watch = watched.settled()
    assert watch.verdict == "healthy"
    assert watch.text.startswith("Nothing got worse in 1")
    assert {one["label"] for one in watch.figures} >= {"Answers 5xx", "Answers 4xx"}


def test_numbers_that_do_not_come_leave_it_unknown_and_say_until_when_they_reach(watched: Watched) -> None:
    from monitoring.judging import judge_all
    from monitoring.models import Source, Watch

    watched.began_ago(timedelta(minutes=10))
    watched.fares()
    watched.judge()
    assert watched.watch.verdict == "watching"
    reached = now() - timedelta(minutes=20)
    Source.objects.update(minutes_until=reached)
    Watch.objects.update(ends_at=now() - timedelta(minutes=11))
    judge_all()
    assert watched.watch.verdict == "unknown"
    assert watched.watch.text == f"CloudWatch's numbers reach only until {reached:%H:%M} UTC."


def test_one_bad_minute_alone_decides_nothing(watched: Watched) -> None:
    watched.began_ago(timedelta(minutes=1))
    watched.fares(errors_5xx=50.0)
    assert watched.judge().verdict == "watching"


def test_the_api_tells_of_health(watched: Watched) -> None:
    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    watched.judge()
    told = watched.eyes.world.deployment(watched.answer["id"])["health"]
    assert told["verdict"] == "degraded"
    assert told["figures"][0] | {"total": 0} == {
        "label": "Answers 5xx",
        "unit": "percent",
        "before": 0.1,
        "after": 12.0,
        "worse": True,
        "total": 0,
        "of": "distribution",
    }
    assert watched.eyes.world.environment()["health"] == "degraded"


def test_what_is_too_young_for_five_minutes_is_compared_with_the_minutes_before(watched: Watched) -> None:
    from monitoring.judging import judged
    from monitoring.keeping import keep

    watched.began_ago(timedelta(minutes=3))
    watched.eyes.edge(minutes(watched.began, now()), watched.name, requests=10_000, errors_5xx=12.0)
    watched.judge()
    before = watched.began - timedelta(minutes=2)
    keep(
        60,
        {watched.eyes.source().pk: {before: [10_000.0, None, None, 1.0, 0.2, 1.2, None, None, None, None]}},
    )
    figure = judged(watched.watch, now()).figures[0]
    assert figure.before == pytest.approx(0.2)
    assert figure.worse


def test_opting_in_later_does_not_act_on_the_past(watched: Watched) -> None:
    from deployments.models import Deployment
    from monitoring.judging import judge_all

    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    assert watched.judge().held == "This environment leaves that to people."
    watched.opt_in()
    judge_all()
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_a_way_back_that_could_not_begin_in_time_says_so(watched: Watched) -> None:
    from monitoring.judging import judge_all
    from monitoring.models import Watch

    watched.opt_in()
    Watch.objects.update(
        verdict="degraded", decided_at=now() - timedelta(minutes=21), held="", text="It was bad."
    )
    judge_all()
    assert watched.watch.held == "It could not be begun in time."


def test_the_same_release_again_is_no_way_back(watched: Watched) -> None:
    from deployments.models import Deployment
    from monitoring.judging import judge_all
    from monitoring.models import Watch

    Deployment.objects.filter(pk__lt=watched.answer["id"]).update(rolled_away=True)
    watched.opt_in()
    again = watched.eyes.world.live("1.1.0")
    Watch.objects.filter(pk=again["id"]).update(verdict="degraded", decided_at=now(), text="It was bad.")
    judge_all()
    assert not Deployment.objects.filter(kind="rollback", pk__gt=again["id"]).exists()


def test_pages_are_not_taken_back_for_what_handlers_do(watched: Watched) -> None:
    from deployments.models import Deployment
    from monitoring.judging import judge_all
    from monitoring.models import Watch

    watched.opt_in()
    figures = [
        {
            "label": "Answers 5xx",
            "unit": "percent",
            "before": 0.1,
            "after": 12.0,
            "worse": True,
            "total": 900,
            "of": "distribution",
        },
        {
            "label": "Failed calls of handlers",
            "unit": "percent",
            "before": 0.1,
            "after": 60.0,
            "worse": True,
            "total": 900,
            "of": "fleet",
        },
    ]
    Watch.objects.filter(pk=watched.watch.pk).update(
        verdict="degraded", decided_at=now(), text="It was bad.", figures=figures
    )
    judge_all()
    assert "this deployment changed nothing there" in watched.watch.held
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_as_soon_as_another_deployment_switches_nothing_more_is_decided(watched: Watched) -> None:
    watched.eyes.world.stock("1.2.0")
    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    coming = watched.eyes.world.promote("1.2.0")
    watched.eyes.world.do_before(coming, "verify")
    watch = watched.judge()
    assert (watch.verdict, watch.text) == ("unknown", "Ended early: 1.2.0 was deployed after it.")
    assert events() == []


def test_also_one_of_another_environment_that_calls_the_same_handlers(watched: Watched) -> None:
    from products.models import Product
    from runs.models import RunStep
    from tests.deployments.back_ends import NAMES, back_end_only, called, put_fleet
    from tests.deployments.fleets import fleet, release
    from tests.deployments.rows import environment
    from tests.examples import person
    from users.permissions import Role

    watched.began_ago(timedelta(minutes=4))
    watched.fares(errors_5xx=12.0)
    other, manager = Product.objects.get(slug="flux-systems"), person(Role.RELEASE_MANAGER, "somebody-else")
    place = environment(other, "dev")
    put_fleet(place, fleet(NAMES))
    coming = called(place, back_end_only(other, "7.0.0", manager, release(NAMES, "7")), manager)
    steps = RunStep.objects.filter(run=coming.run_id)
    steps.update(started_at=None)
    assert watched.judge().verdict == "degraded"
    hour = timedelta(hours=1)
    steps.filter(name="switch-handlers").update(started_at=now() - hour, ended_at=now() - hour)
    watched.again()
    assert watched.judge().verdict == "degraded"
    # Whenever it was asked for: it goes on to switch only now.
    steps.filter(name="switch-handlers").update(ended_at=None)
    watched.again()
    watch = watched.judge()
    assert (watch.verdict, watch.text) == (
        "unknown",
        "Ended early: Flux Systems dev calls the same handlers, and 7.0.0 was deployed there after it.",
    )


def test_one_way_back_that_breaks_keeps_no_other_waiting(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring import judging
    from monitoring.models import Watch

    Watch.objects.update(verdict="degraded", decided_at=now(), held="", text="It was bad.")
    first = Watch.objects.exclude(pk=watched.watch.pk).get()

    def begin(pk: int, at: Any) -> None:
        if pk == first.pk:
            raise RuntimeError("Nobody thought of that.")
        tried.append(pk)

    tried: list[int] = []
    monkeypatch.setattr(judging, "go_back", begin)
    judging.judge_all()
    assert tried == [watched.watch.pk]


def test_looks_of_the_console_itself_are_counted_out(watched: Watched) -> None:
    from monitoring.judging import _own_requests
    from monitoring.looking import look_at
    from tests.runs.rows import carry_out

    run = carry_out(look_at(actor=None, environment=watched.eyes.environment()))
    asked = run.steps.get().output["asked"]
    assert asked > 1
    assert _own_requests(watched.watch, watched.watch.began_at, now()) == asked
    assert _own_requests(watched.watch, now() - timedelta(hours=2), now() - timedelta(hours=1)) == 0
