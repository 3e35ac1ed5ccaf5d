"""The Runs that only look: they have workers of their own."""

from monitoring.collecting import collected
from monitoring.guarding import KIND as ALARMS_KIND
from monitoring.steps import alarms, collect, truth
from runs.steps import WATCH, Recipe, Step

COLLECT = Recipe(
    "collect", (Step("collect", "Ask CloudWatch", collect.collect, limit=3),), on_end=collected, queue=WATCH
)

ALARMS = Recipe(ALARMS_KIND, (Step("look", "Look at alarms", alarms.look, limit=3),), queue=WATCH)

TRUTH = Recipe("truth", (Step("look", "Look at bucket, edge and API", truth.look, limit=3),), queue=WATCH)

RECIPES = (COLLECT, ALARMS, TRUTH)
