"""CloudWatch's alarms: seen, told on record once, silenced with reason and end."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from aws.alarms import SeenAlarm, words_of
from tests.devcloud.conftest import MEDIA
from tests.monitoring.conftest import Eyes, minutes, now

RULE: dict[str, Any] = {
    "AlarmName": "shop-errors",
    "Namespace": "AWS/CloudFront",
    "MetricName": "5xxErrorRate",
    "Statistic": "Average",
    "Period": 60,
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 3,
    "Threshold": 1.0,
    "TreatMissingData": "notBreaching",
}


@pytest.fixture
def cloudwatch(eyes: Eyes) -> Any:
    """CloudWatch of the account's owner, with an alarm over the distribution of test and one over somebody else's."""
    found = eyes.cloud.client("cloudwatch", "media", "owner", region="us-east-1")
    for name, distribution in (
        ("shop-errors", eyes.environment().distribution_id),
        ("foreign", "E9999999999999"),
    ):
        dimensions = [
            {"Name": "DistributionId", "Value": distribution},
            {"Name": "Region", "Value": "Global"},
        ]
        found.put_metric_alarm(**{**RULE, "AlarmName": name}, Dimensions=dimensions)
    return found


def set_state(cloudwatch: Any, state: str) -> None:
    cloudwatch.set_alarm_state(AlarmName="shop-errors", StateValue=state, StateReason=f"Set to {state}.")


def events() -> list[Any]:
    from audit.models import Event

    return list(Event.objects.filter(action="alarm.changed").order_by("pk"))


def alarm() -> Any:
    from monitoring.models import Alarm

    return Alarm.objects.get()


def test_alarms_over_what_is_ours_are_seen_with_what_they_guard(eyes: Eyes, cloudwatch: Any) -> None:
    eyes.guard()
    found = alarm()
    assert (found.name, str(found.environment)) == ("shop-errors", "Tim-Combo test")
    assert found.watches == "5xxErrorRate above 1, in 3 of 3 periods of 60 s"


def test_an_alarm_that_rings_is_told_once_and_again_when_it_ends(eyes: Eyes, cloudwatch: Any) -> None:
    eyes.guard()
    eyes.edge(minutes(now() - timedelta(minutes=5), now()), errors_5xx=20.0)
    set_state(cloudwatch, "ALARM")
    for _ in range(2):
        eyes.guard()
    assert alarm().state == "ALARM"
    (rang,) = events()
    assert rang.after == {"state": "ALARM", "silenced": False}
    assert rang.environment == "test"
    assert "shop-errors of Tim-Combo test rings: 5xxErrorRate above 1" in rang.summary
    assert eyes.world.environment()["alarms"] == 1
    set_state(cloudwatch, "OK")
    eyes.guard()
    assert [event.after["state"] for event in events()] == ["ALARM", "OK"]
    states = list(alarm().changes.order_by("at").values_list("state", flat=True))
    assert states[-2:] == ["ALARM", "OK"]


def test_changes_between_two_looks_are_in_the_history_all_the_same(eyes: Eyes, cloudwatch: Any) -> None:
    eyes.guard()
    for state in ("ALARM", "OK", "ALARM", "OK"):
        set_state(cloudwatch, state)
    eyes.guard()
    states = list(alarm().changes.order_by("at", "pk").values_list("state", flat=True))
    assert states[-4:] == ["ALARM", "OK", "ALARM", "OK"]
    assert len(events()) == 4


def test_one_that_is_deleted_in_aws_is_gone(eyes: Eyes, cloudwatch: Any) -> None:
    eyes.guard()
    cloudwatch.delete_alarms(AlarmNames=["shop-errors"])
    eyes.guard()
    assert alarm().gone_at is not None
    assert eyes.world.environment()["alarms"] == 0


def test_a_silenced_alarm_rings_in_aws_and_nobody_is_told_here(eyes: Eyes, cloudwatch: Any) -> None:
    from monitoring.services.silence import silence, unsilence
    from users.models import User

    eyes.guard()
    admin = User.objects.get(username="admin")
    silence(actor=admin, alarm=alarm(), minutes=30, reason="Load test, TC-77")
    set_state(cloudwatch, "ALARM")
    eyes.guard()
    assert [event.after["silenced"] for event in events()] == [True]
    assert eyes.world.environment()["alarms"] == 0
    unsilence(actor=admin, alarm=alarm())
    assert eyes.world.environment()["alarms"] == 1


def page_of(person: str) -> Client:
    from users.models import User

    client = Client()
    client.force_login(User.objects.get(username=person))
    return client


def test_by_the_page_a_silence_needs_a_reason_and_the_right(eyes: Eyes, cloudwatch: Any) -> None:
    eyes.guard()
    set_state(cloudwatch, "ALARM")
    eyes.guard()
    address = f"/alarms/{alarm().pk}/"
    manager = page_of("release-manager")
    assert "shop-errors" in manager.get("/alarms/?state=ALARM").content.decode()
    assert manager.post(f"{address}silence/", {"minutes": "120", "reason": ""}).status_code == 422
    assert page_of("viewer").post(f"{address}silence/", {"minutes": "120", "reason": "No"}).status_code == 403
    assert manager.post(f"{address}silence/", {"minutes": "120", "reason": "Known, TC-77"}).status_code == 302
    shown = manager.get(address).content.decode()
    assert "Silenced until" in shown
    assert "“Known, TC-77”" in shown
    again = manager.post(f"{address}silence/", {"minutes": "120", "reason": "Twice"})
    assert again.status_code == 422
    assert "is silenced until" in again.content.decode()
    assert manager.post(f"{address}unsilence/").status_code == 302
    assert manager.post(f"{address}unsilence/").status_code == 409
    assert page_of("viewer").get("/alarms/987654/").status_code == 404


def test_alarms_are_looked_at_though_numbers_are_refused_or_the_cap_is_reached(
    eyes: Eyes, cloudwatch: Any, settings: Any
) -> None:
    from monitoring.guarding import due_accounts, guard_everywhere
    from runs.models import Run

    eyes.cloud.faults("monitoring", "GetMetricData", "error", status=403, code="AccessDenied")
    settings.CONSOLE_METRICS_CAP = 0.0
    eyes.guard()
    assert alarm().name == "shop-errors"
    Run.objects.filter(kind="alarms").update(created_at=now() - timedelta(minutes=2))
    assert [one.name for one in due_accounts()][:1]
    guard_everywhere()
    assert Run.objects.filter(kind="alarms", state="queued").exists()


def test_a_silence_that_ends_while_the_alarm_rings_is_told(eyes: Eyes, cloudwatch: Any) -> None:
    from monitoring.models import Silence
    from monitoring.services.silence import silence
    from users.models import User

    eyes.guard()
    silence(actor=User.objects.get(username="admin"), alarm=alarm(), minutes=30, reason="Load test, TC-77")
    set_state(cloudwatch, "ALARM")
    eyes.guard()
    eyes.guard()
    assert [event.after["silenced"] for event in events()] == [True]
    Silence.objects.update(until=now())
    eyes.guard()
    eyes.guard()
    assert [event.after["silenced"] for event in events()] == [True, False]
    assert "still rings" in events()[-1].reason


def test_one_that_began_to_ring_just_before_its_silence_ended_is_told(eyes: Eyes, cloudwatch: Any) -> None:
    """Both happened since the look before."""
    from monitoring.models import Silence
    from monitoring.services.silence import silence
    from users.models import User

    eyes.guard()
    silence(actor=User.objects.get(username="admin"), alarm=alarm(), minutes=30, reason="Load test, TC-77")
    set_state(cloudwatch, "ALARM")
    time.sleep(0.01)
    Silence.objects.update(until=now())
    eyes.guard()
    eyes.guard()
    assert [event.after["silenced"] for event in events()] == [True, False]
    assert "still rings" in events()[-1].reason


def test_one_whose_data_are_missing_rings_no_more_and_that_is_said(eyes: Eyes, cloudwatch: Any) -> None:
    eyes.guard()
    for state in ("ALARM", "INSUFFICIENT_DATA", "OK"):
        set_state(cloudwatch, state)
        eyes.guard()
    assert [event.after["state"] for event in events()] == ["ALARM", "INSUFFICIENT_DATA"]
    assert "rings no more, because its data are missing" in events()[-1].summary


def test_a_region_that_fails_blinds_no_other(eyes: Eyes, cloudwatch: Any) -> None:
    """us-east-1 is asked first; the next call is of the account's own Region."""
    from monitoring.guarding import look_at_alarms_of
    from products.models import Account
    from tests.runs.rows import carry_out

    first = eyes.cloud.next_call()
    eyes.cloud.faults("monitoring", "DescribeAlarms", "error", status=403, code="AccessDenied", count=1)
    run = carry_out(look_at_alarms_of(Account.objects.get(name="media")))
    assert (run.state, "AccessDenied" in run.error) == ("failed", True)
    assert [call["region"] for call in eyes.asked(first, "DescribeAlarms")] == ["us-east-1", "us-east-2"]


@pytest.mark.parametrize("minutes_asked", [4, 20_161, 10**13])
def test_how_long_a_silence_may_last(eyes: Eyes, cloudwatch: Any, minutes_asked: int) -> None:
    eyes.guard()
    wish = {"minutes": minutes_asked, "reason": "Load test, TC-77"}
    assert eyes.world.api.post(f"alarms/{alarm().pk}/silence", wish).status == 422
    assert eyes.world.api.get("alarms?state=bogus").status == 422


def test_a_composite_alarm_guards_what_those_guard_that_it_names(eyes: Eyes, cloudwatch: Any) -> None:
    from monitoring.models import Alarm

    other = [{"Name": "DistributionId", "Value": eyes.environment("dev").distribution_id}]
    cloudwatch.put_metric_alarm(**{**RULE, "AlarmName": "dev-errors"}, Dimensions=other)
    rules = {
        "page": 'ALARM("shop-errors") AND NOT ALARM(foreign)',
        "above": f"ALARM(arn:aws:cloudwatch:us-east-1:{MEDIA}:alarm:page) OR OK(page)",
        "everywhere": "ALARM(shop-errors) OR ALARM(dev-errors)",
        "of-others": "ALARM(foreign)",
        "of-none": "FALSE OR ALARM(below:alarm:shop-errors)",
        "itself": "ALARM(shop-errors) OR ALARM(itself)",
        "long": " OR ".join(["ALARM(shop-errors)"] * 20),
    }
    for name in ("below:alarm:shop-errors", "itself"):
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="TRUE")
    for name, rule in rules.items():
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule)
    eyes.guard()
    found = {row.name: str(row.environment or row.product) for row in Alarm.objects.all()}
    assert found == {
        "shop-errors": "Tim-Combo test",
        "dev-errors": "Tim-Combo dev",
        "page": "Tim-Combo test",
        "above": "Tim-Combo test",
        "itself": "Tim-Combo test",
        "everywhere": "Tim-Combo",
        "long": "Tim-Combo test",
    }
    assert Alarm.objects.get(name="page").watches == rules["page"]
    assert len(Alarm.objects.get(name="long").watches) == 300


def test_a_composite_alarm_is_told_as_others_are(eyes: Eyes, cloudwatch: Any) -> None:
    from monitoring.models import Alarm

    cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(shop-errors)", ActionsEnabled=False)
    eyes.guard()
    eyes.edge(minutes(now() - timedelta(minutes=5), now()), errors_5xx=20.0)
    for state in ("ALARM", "OK"):
        set_state(cloudwatch, state)
        eyes.guard()
    told = [event.after["state"] for event in events() if event.subject == "alarm page"]
    assert told == ["ALARM", "OK"]
    assert not Alarm.objects.get(name="page").actions


def test_one_about_several_products_names_none(eyes: Eyes, cloudwatch: Any) -> None:
    from monitoring.models import Alarm
    from products.models import Environment

    flux = Environment.objects.exclude(product__slug="tim-combo").filter(frontend_account__aws_id=MEDIA)[0]
    Environment.objects.filter(pk=flux.pk).update(distribution_id="E9999999999999")
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(shop-errors) OR ALARM(foreign)")
    eyes.guard()
    row = Alarm.objects.get(name="all")
    assert (row.product, row.environment) == (None, None)
    assert "no single product" in page_of("viewer").get(f"/alarms/{row.pk}/").text


def seen(name: str, *words: str, distribution: str = "") -> SeenAlarm:
    told = (name, f"arn:aws:cloudwatch:us-east-1:{MEDIA}:alarm:{name}", "OK", "", now(), True, "")
    return SeenAlarm(*told, frozenset({("DistributionId", distribution)}), frozenset(words))


def test_many_that_name_one_another_are_placed_at_once(eyes: Eyes, cloudwatch: Any) -> None:
    """Twenty in a circle, above thirty layers of two."""
    from monitoring.steps.alarms import Places
    from products.models import Account

    account = Account.objects.get(aws_id=MEDIA)
    layers = [[f"{side}{number}" for side in "ab"] for number in range(30)]
    circle = [f"c{number}" for number in range(20)]
    every = [seen(name, *layers[at + 1]) for at, layer in enumerate(layers[:-1]) for name in layer]
    every += [seen(name, distribution=eyes.environment().distribution_id) for name in layers[-1]]
    every += [seen(name, *circle, *layers[0]) for name in circle]
    began = time.monotonic()
    places = Places.of(account).of_all({one.name: one for one in every})
    assert time.monotonic() - began < 5
    assert {str(environment) for _, environment in places.values()} == {"Tim-Combo test"}
    assert len(places) == len(every)


def test_a_rule_names_alarms_in_lists_and_by_arn() -> None:
    """The emulated cloud knows no AT_LEAST."""
    arn = "arn:aws:cloudwatch:us-east-1:855652006097:alarm:x"
    rule = f'AT_LEAST(2, NOT OK, (shop-errors, "dev errors (all)")) OR ALARM({arn})'
    assert words_of(rule) >= {"shop-errors", "dev errors (all)", arn}
