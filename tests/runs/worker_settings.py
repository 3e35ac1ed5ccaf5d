"""The console's settings for real workers that also know the recipes of the tests."""

from timcombo_console.settings import *  # noqa: F403
from timcombo_console.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "tests.runs.apps.RecipesConfig"]
