"""How an apply's end shows: one line in the audit log, with the request ids of what it wrote."""

from audit.models import Result
from audit.services import record
from provisioning.models import Apply, ChangeState
from runs.models import Run, RunState

RESULTS = {RunState.SUCCEEDED: Result.OK, RunState.FAILED: Result.FAILED, RunState.CANCELLED: Result.OK}


def apply_ended(run: Run) -> None:
    """Inside the transaction that ends the Run."""
    apply = Apply.objects.select_related("product", "actor").get(run=run)
    done = apply.changes.filter(state=ChangeState.DONE).count()
    total = apply.changes.count()
    record(
        actor=apply.actor,
        action="estate.applied",
        result=RESULTS[RunState(run.state)],
        product=apply.product.slug,
        subject=apply.product.name,
        subject_url=run.url,
        summary=_sentence(apply, run, done, total),
        after={"status": run.state, "done": done, "of": total},
        run=run.pk,
        request_ids=[one for step in run.steps.all() for one in step.request_ids],
    )


def _sentence(apply: Apply, run: Run, done: int, total: int) -> str:
    what = f"{done} of {total} changes to the AWS resources of {apply.product} were made"
    if run.state == RunState.FAILED:
        return f"{what}, then one failed: {run.error}"
    return f"{what}." if run.state == RunState.SUCCEEDED else f"{what}; the rest was stopped."
