"""The console's settings for real workers whose deployments have traps."""

from timcombo_console.settings import *  # noqa: F403
from timcombo_console.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.traps.apps.TrapsConfig"]
