"""The recipes: which steps a deployment, an ingest and a prune are made of, in order."""

from deployments.outcome import deployment_ended, ingest_ended, prune_ended, retry_refused, versions_pruned
from deployments.steps import check, copy, edge, ingest, prune, readiness, switch
from deployments.steps.fleets import look, observe, release, replicate
from deployments.steps.fleets import prune as fleet_prune
from runs.steps import Recipe, Step

WATCHED_SECONDS = 3600
"""Within it all waves of an update without alias must have ended, with their times of watching."""

CHECK = Step("check", "Check", check.check, wait_limit=1800)
ASSETS = (
    Step("copy", "Copy assets", copy.copy),
    Step("fetch", "Fetch through the edge", edge.fetch),
)
ENTRY_POINTS = (
    Step("switch", "Write entry points", switch.switch, limit=8, cancellable=False),
    Step("invalidate", "Clear cached paths", edge.invalidate, wait_limit=1800, cancellable=False),
    Step("verify", "Verify at the edge", edge.verify, wait_limit=600, skippable=True, cancellable=False),
)
PREPARED = (
    Step("look", "Look at the back end", look.look),
    Step("replicate", "Bring code to its account", replicate.replicate),
    Step("prepare", "Prepare handlers", release.prepare),
)
HANDLERS = (
    Step(
        "switch-handlers",
        "Switch handlers",
        release.switch,
        limit=8,
        wait_limit=WATCHED_SECONDS,
        cancellable=False,
    ),
    Step("verify-handlers", "Verify handlers", release.verify, cancellable=False),
)
RECORD = Step("record", "Record", edge.record, cancellable=False)


def _delivery(kind: str, *steps: Step) -> Recipe:
    return Recipe(kind, (*steps, RECORD), on_end=deployment_ended, may_retry=retry_refused)


DEPLOYMENT = _delivery("deployment", CHECK, *ASSETS, *ENTRY_POINTS)
BACK_END = _delivery("back-end", *PREPARED, *HANDLERS)
# New pages call new handlers, so these come first; a way back goes the other way round.
RELEASE_SET = _delivery("release-set", CHECK, *PREPARED, *ASSETS, *HANDLERS, *ENTRY_POINTS)
RELEASE_SET_BACK = _delivery("release-set-back", CHECK, *PREPARED, *ASSETS, *ENTRY_POINTS, *HANDLERS)

OBSERVATION = Recipe("observe", (Step("observe", "Look at the back end", observe.observe),))
READINESS = Recipe("readiness", (Step("look", "Look for all that a rollback needs", readiness.look),))

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

VERSIONS = Recipe(
    "prune-versions", (Step("prune", "Delete old versions", fleet_prune.prune),), on_end=versions_pruned
)

RECIPES = (
    DEPLOYMENT,
    BACK_END,
    RELEASE_SET,
    RELEASE_SET_BACK,
    OBSERVATION,
    READINESS,
    INGEST,
    PRUNE,
    VERSIONS,
)
