"""The recipes: which steps a deployment, an ingest and a prune are made of, in order."""

from deployments.outcome import deployment_ended, ingest_ended, prune_ended, retry_refused
from deployments.steps import check, copy, edge, ingest, prune, switch
from runs.steps import Recipe, Step

DEPLOYMENT = Recipe(
    kind="deployment",
    steps=(
        Step("check", "Check", check.check, wait_limit=1800),
        Step("copy", "Copy assets", copy.copy),
        Step("fetch", "Fetch through the edge", edge.fetch),
        Step("switch", "Write entry points", switch.switch, limit=8, cancellable=False),
        Step("invalidate", "Clear cached paths", edge.invalidate, wait_limit=1800, cancellable=False),
        Step("verify", "Verify at the edge", edge.verify, wait_limit=600, skippable=True, cancellable=False),
        Step("record", "Record", edge.record, cancellable=False),
    ),
    on_end=deployment_ended,
    may_retry=retry_refused,
)

INGEST = Recipe(
    kind="ingest",
    steps=(
        Step("fetch", "Fetch", ingest.fetch),
        Step("check", "Check", ingest.check, wait_limit=600, limit=3),
        Step("archive", "Archive", ingest.archive, wait_limit=600),
        Step("record", "Record", ingest.record),
    ),
    on_end=ingest_ended,
)

PRUNE = Recipe(kind="prune", steps=(Step("prune", "Delete old assets", prune.prune),), on_end=prune_ended)

RECIPES = (DEPLOYMENT, INGEST, PRUNE)
