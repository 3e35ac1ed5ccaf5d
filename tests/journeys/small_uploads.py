"""The console's settings, with uploads small enough for a test to send too much."""

from timcombo_console.settings import *  # noqa: F403

LARGEST_UPLOAD = 400_000
