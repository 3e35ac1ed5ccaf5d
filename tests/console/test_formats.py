"""Numbers, sizes and times in words."""

from datetime import UTC, datetime, timedelta

import pytest

from timcombo_console import formats

NOW = datetime(2026, 11, 22, 9, 55, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (600, "600 B"),
        (1000, "1.0 kB"),
        (412_600, "412.6 kB"),
        (999_960, "1.0 MB"),
        (48_200_000, "48.2 MB"),
        (2_500_000_000, "2.5 GB"),
        (3 * 10**12, "3.0 TB"),
        (None, "not known"),
    ],
)
def test_sizes_have_decimal_units(value: int | None, text: str) -> None:
    assert formats.size(value) == text


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (1_048_211, "1,048,211"), (None, "not known")])
def test_counts_are_grouped(value: int | None, text: str) -> None:
    assert formats.count(value) == text


def test_percent_has_a_thin_space_and_knows_what_it_does_not_know() -> None:
    assert (formats.percent(0.0241), formats.percent(None)) == ("2.4\u2009%", "not known")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "under 1 s"),
        (9, "9 s"),
        (59.6, "1 min"),
        (140, "2 min 20 s"),
        (120, "2 min"),
        (3840, "1 h 4 min"),
        (90_000, "1 d 1 h"),
        (timedelta(seconds=36), "36 s"),
        (None, "not known"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float | timedelta | None, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "not known"), (0.2, "under 1 s"), (8, "about 8 s"), (140, "about 2 min 20 s")],
)
def test_an_estimate_is_about_a_time_or_under_one(seconds: float | None, text: str) -> None:
    assert formats.about(seconds) == text


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(0), "1 s ago"),
        (timedelta(seconds=39), "39 s ago"),
        (timedelta(minutes=4, seconds=50), "4 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=13, hours=23), "13 d ago"),
        (timedelta(days=14), "8 Nov"),
        (timedelta(days=400), "18 Oct 2025"),
        (timedelta(seconds=-8), "in 8 s"),
    ],
)
def test_how_long_ago(before: timedelta, text: str) -> None:
    assert formats.ago(NOW - before, NOW) == text


def test_ages_say_no_ago() -> None:
    assert formats.age(NOW - timedelta(hours=3), NOW) == "3 h"
    assert formats.age(NOW - timedelta(days=20), NOW) == "2 Nov"


def test_times_are_told_in_utc_whatever_their_zone() -> None:
    there = NOW.astimezone(datetime.strptime("+0200", "%z").tzinfo)
    assert formats.stamp(there) == "2026-11-22T09:55:02Z"
    assert formats.full(there) == "2026-11-22 09:55:02 UTC"
    assert formats.clock(there) == "09:55:02"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ana Ruiz", "AR"), ("admin", "AD"), ("release-manager", "RM"), ("x", "X"), ("", "")],
)
def test_initials(name: str, letters: str) -> None:
    assert formats.initials(name) == letters
