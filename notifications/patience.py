"""When a delivery that failed is tried again, and when no more. Pure; all times are seconds."""

from datetime import timedelta

FIRST_WAIT, LONGEST_WAIT = 10.0, 3600.0
SPREAD = 0.2
"""Each wait is up to this part shorter or longer, so that what failed together is not tried together."""
PATIENCE = timedelta(hours=24)
"""After so long a delivery is given up."""
FAILURES_IN_A_ROW = 3
"""After so many a channel is tried with one delivery at a time, and rests in between."""


def wait_after(failures: int, chance: float) -> float:
    """Seconds until the next try after the n-th failure (from 1); `chance` is 0 to 1."""
    plain = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 20))
    return plain * (1 + SPREAD * (2 * chance - 1))
