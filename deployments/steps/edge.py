"""Asking the edge: are the new assets there, forget the old pages, does every visitor get this release?"""

from django.conf import settings

from aws.cloudfront import create_invalidation
from aws.errors import TooManyInvalidations
from deployments.edge import EdgeTarget, check_assets, verify_release
from deployments.manifest import Kind, Role, role_of
from deployments.planner import EVERYTHING, MOST_PATHS, invalidation_paths
from deployments.selectors.deployments import unseen_before
from deployments.steps.copy import MOST_REPLACED
from deployments.steps.wish import Wish
from dns.selectors import public_address
from products.door import aws_step, open_account
from products.models import Environment
from runs.steps import Done, StepContext, Wait

ROUNDS = 2
"""So many good rounds in a row make a release live: one may be luck of one edge."""


def target_of(environment: Environment) -> EdgeTarget:
    """The environment's public address, reached through the emulated edge in the demo."""
    names = (public_address(environment), *(h.name for h in environment.hostnames.all()))
    return EdgeTarget(host=names[0], hosts=frozenset(names), edge=settings.CONSOLE_EDGE or None)


def fetch(context: StepContext) -> Done | Wait:
    """Fetch every script and style that the new entry points name, before any entry point names them.

    Only those with a hash in their names: of the others, which a static site may name, the edge keeps the old ones
    until `invalidate`, and `verify` asks for them.
    """
    wish = Wish.of(context)
    named = sorted({path for paths in wish.archived.references.values() for path in paths})
    files = tuple(file for path in named if (file := wish.served.by_path[path]).role is Role.HASHED)
    verdict = check_assets(target_of(wish.environment), files)
    context.progress(done=len(files) - len(verdict.problems), total=len(files))
    if not verdict.ok:
        return Wait(2, f"The edge does not serve all new assets yet: {verdict.problems[0]}")
    return Done({"fetched": len(files)})


@aws_step
def invalidate(context: StepContext) -> Done | Wait:
    """Ask the edge to forget what this deployment replaced. The reference is the step's: a repeat is the same one."""
    wish = Wish.of(context)
    paths = paths_to_forget(wish)
    door = open_account(context, wish.environment.frontend_account)
    # With the time, because ids begin again after a restored backup.
    reference = f"console-deployment-{wish.deployment.pk}-{wish.deployment.created_at:%Y%m%dT%H%M%S%f}"
    try:
        made = create_invalidation(door, wish.environment.distribution_id, paths, reference)
    except TooManyInvalidations as error:
        return Wait(10, f"CloudFront has as many invalidations in progress as it allows. {error}")
    context.log(f"Invalidation {made.id} of {', '.join(paths)}.")
    return Done({"invalidation": made.id, "paths": list(paths)})


def paths_to_forget(wish: Wish) -> tuple[str, ...]:
    """What the plan showed, what was replaced besides, and both of earlier deployments that did not get this far."""
    deployments = (wish.deployment, *unseen_before(wish.deployment))
    planned = {path for one in deployments if one.switched_at for path in one.plan["invalidation"]}
    replaced = {path for one in deployments for path in one.replaced if role_of(path) is not Role.HASHED}
    kind: Kind = "static" if wish.environment.kind == "static" else "app"
    merged = {*planned, *invalidation_paths(sorted(replaced), kind)}
    most = max(len(one.replaced) for one in deployments)
    everything = EVERYTHING[0] in merged or most >= MOST_REPLACED or len(merged) > MOST_PATHS
    return EVERYTHING if everything else tuple(sorted(merged))


def verify(context: StepContext) -> Done | Wait:
    """Ask as visitors do, until two rounds in a row show this release whole."""
    wish = Wish.of(context)
    target = target_of(wish.environment)
    for good in range(ROUNDS):
        verdict = verify_release(target, wish.served, wish.environment.kind)
        if not verdict.ok:
            return Wait(1, f"Not yet: {verdict.problems[0]}")
        context.progress(done=good + 1, total=ROUNDS)
    return Done({"address": target.host})


def record(context: StepContext) -> Done | Wait:
    """The end; the pointers move with the Run's last transaction (`deployments.outcome`)."""
    return Done()
