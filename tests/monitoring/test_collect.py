"""Asking CloudWatch: how many calls, what is kept of the answers, and what goes wrong."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from aws import sessions
from monitoring.joining import floor
from monitoring.kinds import DISTRIBUTION, FLEET
from tests.monitoring.conftest import MEDIA, SANDBOX, WHOLE, Eyes, minutes, now

FIVE = timedelta(minutes=5)


def value(values: list[float | None], metric: str) -> float | None:
    return values[DISTRIBUTION.index(metric)]


def ended(*, ago: timedelta = timedelta()) -> datetime:
    """The end of the last five minutes that are over, or of earlier ones."""
    return floor(now() - ago, 300)


@pytest.fixture
def long_known(eyes: Eyes) -> Eyes:
    """Everything was asked for once, so that the next question is an ordinary one."""
    from monitoring.models import Source

    assert eyes.collect().state == "succeeded"
    Source.objects.filter(period_due()).update(until=ended(ago=FIVE))
    return eyes


def period_due() -> Any:
    from django.db.models import Q

    return Q(kind__in=("distribution", "fleet", "api"))


def test_all_distributions_of_an_account_are_asked_about_by_one_call(long_known: Eyes) -> None:
    eyes, end = long_known, ended()
    for name, requests in (("dev", 10), ("test", 100), ("stage", 1000)):
        eyes.edge(minutes(end - FIVE, end), name, requests=requests, errors_5xx=1.0)
    first = eyes.cloud.next_call()
    assert eyes.collect().state == "succeeded"
    assert len(eyes.asked(first)) == 1
    for name, requests in (("dev", 50), ("test", 500), ("stage", 5000)):
        values = eyes.samples(eyes.source(environment=name))[end - FIVE]
        assert (value(values, "requests"), value(values, "errors_5xx")) == (requests, 1.0)


def test_no_traffic_is_no_sample_and_metrics_without_subscription_are_not_enabled_instead_of_zero(
    long_known: Eyes,
) -> None:
    eyes, end = long_known, ended()
    eyes.edge(minutes(end - FIVE, end), "test", errors_5xx=0.0)
    eyes.edge(minutes(end - FIVE, end), "stage", errors_5xx=0.0, hit_ratio=90.0, latency=120.0)
    eyes.collect()
    test, stage, dev = (eyes.source(environment=name) for name in ("test", "stage", "dev"))
    assert (test.extra, stage.extra, dev.extra) == (False, True, None)
    values = eyes.samples(test)[end - FIVE]
    assert (value(values, "errors_5xx"), value(values, "hit_ratio")) == (0.0, None)
    assert value(eyes.samples(stage)[end - FIVE], "latency_p95") == pytest.approx(120.0, rel=0.03)
    assert eyes.samples(dev) == {}
    assert dev.until == end


def test_an_outage_is_made_up_for_and_nothing_is_asked_about_twice(long_known: Eyes) -> None:
    from monitoring.models import Source

    eyes, end = long_known, ended()
    Source.objects.filter(period_due()).update(until=end - 3 * WHOLE)
    eyes.edge(minutes(end - 3 * WHOLE, end))
    first = eyes.cloud.next_call()
    eyes.collect()
    assert len(eyes.asked(first)) == 1
    assert len(eyes.samples(eyes.source())) == 36
    again = eyes.cloud.next_call()
    eyes.collect()
    assert eyes.asked(again) == []


def test_late_and_doubled_numbers_replace_what_was_known(long_known: Eyes) -> None:
    from monitoring.models import Source

    eyes, end = long_known, ended()
    eyes.edge(minutes(end - FIVE, end), requests=10)
    eyes.collect()
    source = eyes.source()
    assert value(eyes.samples(source)[end - FIVE], "requests") == 50
    eyes.edge(minutes(end - FIVE, end), requests=5)
    eyes.edge(minutes(end - 2 * FIVE, end - FIVE), requests=1)
    Source.objects.filter(period_due()).update(until=end - FIVE)
    eyes.collect()
    samples = eyes.samples(source)
    assert [value(samples[at], "requests") for at in (end - 2 * FIVE, end - FIVE)] == [5, 75]


def test_what_came_in_part_is_kept_and_asked_for_again(long_known: Eyes) -> None:
    eyes, end = long_known, ended()
    for name in ("dev", "test", "stage"):
        eyes.edge(minutes(end - FIVE, end), name, errors_5xx=1.0)
    eyes.cloud.settings(partial_metrics=80)
    assert eyes.collect().state == "succeeded"
    behind = [
        name for name in ("dev", "test", "stage", "static") if eyes.source(environment=name).until != end
    ]
    assert behind
    eyes.cloud.settings(partial_metrics=0)
    first = eyes.cloud.next_call()
    eyes.collect()
    assert len(eyes.asked(first)) == 1
    for name in ("dev", "test", "stage"):
        source = eyes.source(environment=name)
        assert source.until == end
        assert value(eyes.samples(source)[end - FIVE], "errors_5xx") == 1.0


def test_hours_are_joined_from_five_minutes_weighted_by_requests(long_known: Eyes) -> None:
    from monitoring.models import Source

    eyes = long_known
    hour = floor(now(), 3600) - WHOLE
    Source.objects.filter(period_due()).update(until=hour)
    eyes.edge(minutes(hour, hour + FIVE), requests=10, errors_5xx=50.0)
    eyes.edge(minutes(hour + FIVE, hour + 2 * FIVE), requests=990, errors_5xx=0.0)
    eyes.collect()
    values = eyes.samples(eyes.source(), 3600)[hour]
    assert value(values, "requests") == 5000
    assert value(values, "errors_5xx") == pytest.approx(0.5)


def test_a_fleet_is_found_by_a_search_and_others_with_the_same_words_are_not_counted(eyes: Eyes) -> None:
    end = ended()
    times = minutes(end - FIVE, end)
    prefix = eyes.environment().function_prefix
    eyes.handlers(times, f"{prefix}orders", Invocations=10, Errors=1, Duration=100)
    eyes.handlers(times, f"{prefix}prices", Invocations=30, Errors=0, Throttles=2, Duration=300)
    eyes.handlers(times, f"other-{prefix}orders", Invocations=1000, Errors=1000)
    assert eyes.collect("sandbox").state == "succeeded"
    values = eyes.samples(eyes.source("fleet"))[end - FIVE]
    assert values[:3] == [200, 5, 10]
    assert values[FLEET.index("duration_p95")] == pytest.approx(250, rel=0.03)


def test_an_api_is_asked_about_by_the_name_that_cloudwatch_knows_it_by(eyes: Eyes) -> None:
    from monitoring.models import Source

    eyes.collect("sandbox")
    api = eyes.source("api")
    (name, of_api), (_, stage) = api.told["dimensions"]
    assert name == "ApiName"
    end = ended()
    Source.objects.filter(period_due()).update(until=end - FIVE)
    dimensions = {"ApiName": of_api, "Stage": stage}
    for metric, calls in (("Count", 20.0), ("5XXError", 4.0)):
        points = [(at, calls) for at in minutes(end - FIVE, end)]
        eyes.put("AWS/ApiGateway", metric, dimensions, points, account=SANDBOX, region="us-east-2")
    eyes.collect("sandbox")
    assert eyes.samples(api)[end - FIVE][:3] == [100, None, 20]


def test_an_api_that_cannot_be_found_is_said_and_does_not_keep_the_others_waiting(eyes: Eyes) -> None:
    from products.models import Environment

    Environment.objects.filter(pk=eyes.environment().pk).update(api_origin="https://api.nowhere.example")
    assert eyes.collect("sandbox").state == "succeeded"
    assert "api.nowhere.example" in eyes.source("api").told["problem"]
    assert eyes.source("fleet").until is not None


def test_a_distribution_that_is_no_more_is_not_asked_about(long_known: Eyes) -> None:
    from monitoring.models import Source
    from products.models import Environment

    eyes = long_known
    gone = eyes.source()
    Environment.objects.filter(pk=eyes.environment().pk).update(distribution_id="")
    eyes.collect()
    gone.refresh_from_db()
    assert gone.gone_at is not None
    Environment.objects.filter(pk=eyes.environment().pk).update(distribution_id=gone.name)
    eyes.collect()
    assert Source.objects.get(pk=gone.pk).gone_at is None


def test_two_collectors_never_ask_the_same_account(eyes: Eyes) -> None:
    from monitoring.collecting import collect_everywhere, collect_from
    from products.models import Account
    from runs.models import Run
    from runs.services import Busy

    collect_from(actor=None, account=Account.objects.get(name="media"))
    with pytest.raises(Busy):
        collect_from(actor=None, account=Account.objects.get(name="media"))
    collect_everywhere()
    titles = list(Run.objects.filter(kind="collect").values_list("title", flat=True))
    assert sorted(titles) == sorted(set(titles))


def test_throttles_are_waited_out(long_known: Eyes) -> None:
    eyes, end = long_known, ended()
    eyes.edge(minutes(end - FIVE, end))
    eyes.cloud.faults("monitoring", "GetMetricData", "error", status=400, code="Throttling", count=3)
    run = eyes.collect()
    assert run.state == "succeeded"
    assert run.steps.get().throttles == 3
    assert eyes.samples(eyes.source())


def test_when_cloudwatch_refuses_pages_say_how_old_the_numbers_are_and_why(long_known: Eyes) -> None:
    from django.test import Client

    from monitoring.models import Collection, Source
    from users.models import User

    eyes = long_known
    Source.objects.filter(period_due()).update(until=ended(ago=2 * WHOLE))
    eyes.cloud.faults("monitoring", "GetMetricData", "error", status=403, code="AccessDenied")
    assert eyes.collect().state == "failed"
    row = Collection.objects.get(account__name="media")
    assert row.failed_at
    assert "AccessDenied" in row.error
    client = Client()
    client.force_login(User.objects.get(username="viewer"))
    page = client.get("/products/tim-combo/monitoring/?env=test").content.decode()
    assert "2 h ago" in page
    assert "AccessDenied" in page
    assert "Deployments are not affected" in page


def test_the_month_has_a_cap_and_a_bill(long_known: Eyes, settings: Any) -> None:
    from monitoring.budget import bill
    from monitoring.collecting import due_accounts
    from monitoring.models import Source

    eyes = long_known
    before = bill()
    assert before.metrics > 0
    eyes.collect()
    distributions = Source.objects.filter(kind="distribution").count()
    assert bill().metrics - before.metrics == distributions * len(DISTRIBUTION.metrics)
    settings.CONSOLE_METRICS_CAP = 0.0001
    first = eyes.cloud.next_call()
    eyes.collect()
    assert eyes.asked(first) == []
    assert due_accounts(now()) == []


def test_what_a_call_cost_is_on_the_bill_also_when_the_next_one_fails(eyes: Eyes) -> None:
    from monitoring.budget import bill
    from monitoring.models import Source

    end = ended()
    prefix = eyes.environment().function_prefix
    eyes.handlers(minutes(end - FIVE, end), f"{prefix}orders", Invocations=10, Errors=1, Duration=100)
    eyes.collect("sandbox")
    Source.objects.filter(kind="fleet").update(until=end - FIVE)
    before, first = bill(), eyes.cloud.next_call()
    eyes.cloud.faults("monitoring", "GetMetricData", "error", status=403, code="AccessDenied", skip=1)
    assert eyes.collect("sandbox").state == "failed"
    assert len(eyes.asked(first)) == 2
    assert (bill().calls - before.calls, bill().metrics - before.metrics) == (1, 1)
    assert eyes.source("fleet").until == end - FIVE


def test_no_worker_hears_of_a_look_before_its_row_is_there(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitoring.collecting import collect_from
    from monitoring.looking import look_at
    from monitoring.models import Collection, EdgeTruth
    from products.models import Account
    from provisioning.models import Look
    from provisioning.services.look import look_at as look_at_resources
    from runs import nudge

    heard = []

    def at_work(run: int, kind: str) -> None:
        heard.append([model.objects.filter(run=run).exists() for model in (Collection, EdgeTruth, Look)])

    monkeypatch.setattr(nudge, "nudge", at_work)
    collect_from(actor=None, account=Account.objects.get(name="media"))
    look_at(actor=None, environment=eyes.environment())
    look_at_resources(actor=None, product=eyes.environment().product)
    assert heard == [[True, False, False], [False, True, False], [False, False, True]]


def test_a_region_that_fails_leaves_the_numbers_of_others(eyes: Eyes) -> None:
    """Buckets are asked about first, in the account's own Region."""
    from monitoring.models import AccountSample, Collection

    eyes.edge(minutes(ended() - 2 * FIVE, ended()))
    first = eyes.cloud.next_call()
    eyes.cloud.faults("monitoring", "GetMetricData", "error", status=403, code="AccessDenied", count=1)
    run = eyes.collect()
    assert (run.state, "AccessDenied" in run.error) == ("failed", True)
    assert eyes.asked(first)[0]["region"] == "us-east-2"
    assert eyes.samples(eyes.source())
    assert AccountSample.objects.filter(account__name="media").exists()
    assert Collection.objects.get(account__name="media").failed_at
    again = eyes.cloud.next_call()
    assert eyes.collect().state == "succeeded"
    assert {call["region"] for call in eyes.asked(again)} == {"us-east-2"}


def test_a_clock_that_was_ahead_for_a_while_loses_nothing(long_known: Eyes) -> None:
    from monitoring.models import Source

    eyes, end = long_known, ended()
    Source.objects.filter(period_due()).update(until=end + 2 * FIVE)
    eyes.edge(minutes(end - FIVE, end))
    eyes.collect()
    assert eyes.source().until == end
    assert value(eyes.samples(eyes.source())[end - FIVE], "requests") == 500


def test_a_clock_so_wrong_that_aws_refuses_it_moves_nothing(long_known: Eyes) -> None:
    eyes = long_known
    before = eyes.source().until
    eyes.cloud.settings(clock_offset=7200)
    sessions._sessions.clear()
    run = eyes.collect()
    assert run.state == "failed"
    assert "Set this machine's clock" in run.error
    assert eyes.source().until == before


def test_a_new_source_is_asked_about_thirty_days_back(eyes: Eyes) -> None:
    end = ended()
    eyes.edge(minutes(end - timedelta(days=14), end - timedelta(days=14) + FIVE))
    eyes.collect()
    source = eyes.source()
    assert source.since == end - timedelta(days=14)
    assert source.until == end


def test_a_call_that_fails_in_the_middle_loses_only_itself(long_known: Eyes) -> None:
    from monitoring.models import Source

    eyes, end = long_known, ended()
    dev, test = eyes.source(environment="dev"), eyes.source(environment="test")
    Source.objects.filter(pk=test.pk).update(until=end - 2 * FIVE)
    for name in ("dev", "test"):
        eyes.edge(minutes(end - FIVE, end), name)
    first = eyes.cloud.next_call()
    eyes.cloud.faults("monitoring", "GetMetricData", "lost_reply", count=1)
    assert eyes.collect().state == "succeeded"
    for source in (dev, test):
        source.refresh_from_db()
        assert source.until == end
        assert value(eyes.samples(source)[end - FIVE], "requests") == 500
    assert len(eyes.asked(first)) == 3


def test_what_is_measured_once_a_day_is_asked_about_once_a_day(eyes: Eyes) -> None:
    day = floor(now(), 86_400) - timedelta(days=1)
    bucket = eyes.environment().bucket
    for metric, storage, number in (
        ("BucketSizeBytes", "StandardStorage", 5e9),
        ("NumberOfObjects", "AllStorageTypes", 1234),
    ):
        dimensions = {"BucketName": bucket, "StorageType": storage}
        eyes.put("AWS/S3", metric, dimensions, [(day, number)], account=MEDIA, region="us-east-2")
    eyes.collect()
    assert eyes.samples(eyes.source("bucket"), 86_400)[day] == [5e9, 1234]


def test_a_part_of_what_a_search_finds_is_no_whole_answer(eyes: Eyes) -> None:
    from monitoring.models import Source

    end, prefix = ended(), eyes.environment().function_prefix
    for name in ("orders", "prices", "users"):
        eyes.handlers(minutes(end - FIVE, end), f"{prefix}{name}", Invocations=10, Errors=0, Duration=50)
    eyes.cloud.settings(partial_metrics=1)
    eyes.collect("sandbox")
    assert eyes.source("fleet").until is None
    eyes.cloud.settings(partial_metrics=0)
    Source.objects.filter(kind="fleet").update(until=None)
    eyes.collect("sandbox")
    assert eyes.source("fleet").until == end
    assert eyes.samples(eyes.source("fleet"))[end - FIVE][0] == 150
