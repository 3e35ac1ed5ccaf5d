"""How much is asked of a distribution at a time: by its environment, the hour and the day."""

import math
import zlib

from devcloud.cloudfront.state import Distribution
from devcloud.cloudwatch.numbers import DAY, HOUR

BUSIEST = {"dev": 0.3, "test": 5.0, "stage": 2.0}
"""Requests a second at the busiest hour, by what a hostname begins with: a test site has testers enough that what is worse
shows within minutes also at night; production and sites have more."""
PRODUCTION, SITE = 16.0, 6.0
QUIETEST, QUIET_HOUR = 0.2, 3
WEEKEND = 0.6
MONDAY = 3
"""The epoch began on a Thursday."""
SITE_ROUTING = "static-routing"


def rhythm(at: float) -> float:
    """Which part of the busiest hour a time has (seconds since the epoch): most in the afternoon UTC, fewer at weekends."""
    hour, weekday = at % DAY / HOUR, (at // DAY + MONDAY) % 7
    daily = QUIETEST + (1 - QUIETEST) * (1 - math.cos((hour - QUIET_HOUR) * math.pi / 12)) / 2
    return daily * (WEEKEND if weekday >= 5 else 1.0)


def busiest(distribution: Distribution) -> float:
    """Requests a second at the busiest hour."""
    name = next(iter(distribution.aliases), distribution.domain)
    functions = distribution.config["DefaultCacheBehavior"]["FunctionAssociations"].get("Items", [])
    site = any(each["FunctionARN"].endswith(SITE_ROUTING) for each in functions)
    first = name.partition(".")[0].partition("-")[0]
    return SITE if site else BUSIEST.get(first, PRODUCTION)


def chance(*about: object) -> float:
    """A number from 0 to 1 that looks random and is always the same for the same things."""
    return zlib.crc32(" ".join(map(str, about)).encode()) / 2**32
