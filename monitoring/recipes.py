"""The Runs that only look: they have workers of their own."""

from monitoring.collecting import collected
from monitoring.steps import collect, truth
from runs.steps import WATCH, Recipe, Step

COLLECT = Recipe(
    "collect", (Step("collect", "Ask CloudWatch", collect.collect, limit=3),), on_end=collected, queue=WATCH
)

TRUTH = Recipe("truth", (Step("look", "Look at bucket, edge and API", truth.look, limit=3),), queue=WATCH)

RECIPES = (COLLECT, TRUTH)
