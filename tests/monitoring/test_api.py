"""Numbers and alarms by the API."""

from datetime import timedelta

import pytest

from monitoring.joining import floor
from monitoring.keeping import keep
from monitoring.kinds import DISTRIBUTION, FIVE_MINUTES
from tests.monitoring.conftest import Eyes, now

NUMBERS = "products/tim-combo/environments/test/metrics"


def test_numbers_come_by_metric_with_gaps_as_null(eyes: Eyes) -> None:
    from monitoring.sources import keep_sources

    keep_sources(eyes.environment().frontend_account)
    end, source = floor(now(), FIVE_MINUTES), eyes.source()
    source.until, source.extra = end, False
    source.save()
    values = [100.0, 5.0, 1.0, 2.0, 0.5, 2.5, None, None, None, None]
    keep(FIVE_MINUTES, {source.pk: {end - timedelta(minutes=10): values}})
    told = eyes.world.api.get(f"{NUMBERS}?range=1h")
    assert told.status == 200
    assert len(told["times"]) == 12
    assert told["period"] == 300
    series = told["series"][DISTRIBUTION.name]
    assert series["requests"] == [*[None] * 10, 100.0, None]
    assert series["hit_ratio"] == [None] * 12
    assert told["additional_metrics"] is False
    earlier = eyes.world.api.get(f"{NUMBERS}?range=1h&until=2026-01-01T00:00:00Z")
    assert earlier["times"][0] == "2025-12-31T23:00:00Z"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{NUMBERS}?until=yesterday", 422, "invalid"),
        ("products/tim-combo/environments/none/metrics", 404, "not_found"),
        ("alarms?cursor=x", 422, "invalid"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(eyes: Eyes, path: str, status: int, code: str) -> None:
    told = eyes.world.api.get(path)
    assert (told.status, told["code"]) == (status, code)


def test_alarms_are_listed_and_silenced(eyes: Eyes) -> None:
    from tests.monitoring.rows import ringing_alarm

    alarm = ringing_alarm(eyes.environment())
    (listed,) = eyes.world.api.get("alarms?state=ALARM")["items"]
    assert (listed["name"], listed["environment"], listed["silenced"]) == ("console-errors", "test", False)
    wish = {"minutes": 30, "reason": "Load test, TC-77"}
    assert eyes.world.api_of("viewer").post(f"alarms/{alarm.pk}/silence", wish).status == 403
    assert eyes.world.api.post(f"alarms/{alarm.pk}/silence", {"minutes": 1, "reason": "x"}).status == 422
    assert eyes.world.api.post(f"alarms/{alarm.pk}/silence", wish).status == 201
    assert eyes.world.api.get("alarms")["items"][0]["silenced"] is True
    assert eyes.world.api.post(f"alarms/{alarm.pk}/silence", wish).status == 409
    assert eyes.world.api.post(f"alarms/{alarm.pk}/unsilence").status == 200
