"""The one place where a Run ends."""

from django.db.models.functions import Now

from audit.services import watching
from runs.models import Run, RunState, StepState
from runs.steps import recipe_of


def end(run: Run, state: RunState, error: str = "") -> None:
    """End `run` in the caller's transaction: its state, what its recipe does at the end, and its scopes given back.

    The caller has made sure, by a guarded UPDATE in the same transaction, that it may.
    """
    Run.objects.filter(pk=run.pk).update(
        state=state, error=error, ended_at=Now(), waiting_for="", lease_token=None, lease_until=None
    )
    # Of a worker that died in the middle, before somebody cancelled.
    run.steps.filter(state__in=(StepState.RUNNING, StepState.WAITING)).update(
        state=StepState.PENDING, ended_at=Now()
    )
    recipe = recipe_of(run.kind)
    if recipe and recipe.on_end:
        # A fresh one: the caller's must stay as it was in case the transaction is rolled back and done again.
        # What it records is the Run's event, not the one of the action that may have ended it.
        with watching():
            recipe.on_end(Run.objects.get(pk=run.pk))
    # After `on_end`, in the order in which `start` takes an app's rows and then the scopes.
    run.scopes.all().delete()
