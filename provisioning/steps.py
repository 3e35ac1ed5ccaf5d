"""Looking at the resources of a product, and changing one after the other as a plan says."""

from django.db.models.functions import Now
from django.utils import timezone

from aws.access import Account as Door
from products.door import AGAIN_SECONDS, NOT_YET_HELD, aws_step, open_account
from products.models import Purpose
from provisioning.conflicts import conflicts
from provisioning.desired_edge import DISTRIBUTION, distribution_name
from provisioning.differences import differences, leaves
from provisioning.drifting import tell_drift
from provisioning.ids import Ids
from provisioning.kinds import KEPT_BY, KINDS, Denied, Found, NotReady, NotThereYet, Refused
from provisioning.models import ChangeState, Look, PlannedChange, Resource
from provisioning.outcome import apply_ended
from provisioning.rights import written_lately
from provisioning.seeing import Sights, see
from provisioning.selectors import change_of, ids
from provisioning.shapes import Shape, shape_of
from runs.steps import Done, Recipe, Step, StepContext, StepFailed, Wait

SETTLING_SECONDS = 2.0
LOOKING_AGAIN_SECONDS = 10.0
"""A look asks AWS of everything: less often than one call is tried again."""
SOMEBODY_MADE_IT = "exists by now; somebody made it since the plan. Nothing was changed. Look again, then adopt it by a new plan."
SETTLING = frozenset({DISTRIBUTION, "certificate", "host-records"})


@aws_step
def look(context: StepContext) -> Done | Wait:
    """See every resource of the product, as the roles that only read."""
    row = Look.objects.select_related("product").get(run=context.run)
    began = timezone.now()
    seen = see(context, row.product)
    if soon := _seen_soon(seen):
        return soon
    taken = conflicts(context, row.product, row.conflicts)
    with context.transaction():
        Look.objects.filter(pk=row.pk).update(seen_at=began, conflicts=taken)
        tell_drift(row.product, began)
    return Done({"resources": seen.resources})


@aws_step
def see_again(context: StepContext) -> Done | Wait:
    """After all changes: what is in AWS now."""
    product, began = context.run.apply.product, timezone.now()
    seen = see(context, product)
    if soon := _seen_soon(seen):
        return soon
    before = Look.objects.filter(product=product).values_list("conflicts", flat=True).first() or {}
    taken = conflicts(context, product, before)
    with context.transaction():
        Look.objects.filter(product=product).update(conflicts=taken)
        tell_drift(product, began)
    return Done({"resources": seen.resources})


@aws_step
def change(context: StepContext) -> Done | Wait:
    """Make one change, when the resource still is as the plan saw it, or as an earlier try of this step left it."""
    planned = change_of(context.run.pk, int(context.step.name.partition(":")[2]))
    door, known = _door(context, planned), ids()
    try:
        found = _read(door, planned, known)
        _refuse_moved(planned, found)
        if not _is_done(planned, found):
            _begin(context, planned)
            if _act(context, door, planned, found, known):
                known = ids()
            found = _read(door, planned, known)
            if not _is_done(planned, found):
                return Wait(SETTLING_SECONDS, _not_yet(planned, found))
        if found and found.unfinished:
            return Wait(SETTLING_SECONDS, found.unfinished)
    except (Refused, NotThereYet) as refused:
        return _refused(planned, refused)
    except NotReady as busy:
        return Wait(busy.seconds, str(busy))
    with context.transaction():
        _keep(planned, found)
    return Done({"changed": planned.name})


def _seen_soon(seen: Sights) -> Wait | None:
    """Where something could not be seen because rights were just written, it is looked at again."""
    told = (why for account, why in seen.denied.items() if written_lately(account))
    return next((Wait(LOOKING_AGAIN_SECONDS, f"{NOT_YET_HELD} {why}") for why in told), None)


def _refused(planned: PlannedChange, refused: Exception) -> Wait:
    """Raises StepFailed, but for what may be allowed in a moment."""
    if isinstance(refused, Denied) and written_lately(planned.account.aws_id):
        return Wait(AGAIN_SECONDS, f"{NOT_YET_HELD} {refused}")
    raise StepFailed(str(refused)) from refused


def _door(context: StepContext, planned: PlannedChange) -> Door:
    return open_account(context, planned.account, KEPT_BY.get(planned.kind, Purpose.ESTATE))


def _read(door: Door, planned: PlannedChange, known: Ids) -> Found | None:
    found = KINDS[planned.kind].read(door, [planned.name], known).get(planned.name)
    if isinstance(found, Refused):
        raise found
    return found


def _is_done(planned: PlannedChange, found: Found | None) -> bool:
    return (found.shape.as_json() if found else None) == planned.after


def _refuse_moved(planned: PlannedChange, found: Found | None) -> None:
    """Every setting must be as it was planned from or as it is to be: anything else somebody put there since."""
    begun = planned.state == ChangeState.BEGUN
    if begun and (_is_done(planned, found) or planned.after is None):
        return
    if why := _gone(planned) if found is None else _moved(planned, found):
        raise Refused(f"The {planned.address} {why}")


def _gone(planned: PlannedChange) -> str:
    if planned.before is None or planned.action == "delete":
        return ""
    return "is gone since the plan. Nothing was changed. Look at the new plan."


def _moved(planned: PlannedChange, found: Found) -> str:
    if planned.before is None:
        # What a change has begun to make may be there half made.
        return SOMEBODY_MADE_IT if planned.state == ChangeState.PENDING else ""
    known = [leaves(one) for one in (planned.before, planned.after) if one]
    now = leaves(found.shape.as_json())
    moved = [name for name, value in now.items() if all(one.get(name) != value for one in known)]
    if not moved:
        return ""
    names = ", ".join(moved[:5])
    return f"was changed by somebody since the plan: {names}. It was left as it is. Look at the new plan."


def _begin(context: StepContext, planned: PlannedChange) -> None:
    """On record before AWS is asked: what is there afterwards may be this change's own."""
    with context.transaction():
        PlannedChange.objects.filter(pk=planned.pk).update(state=ChangeState.BEGUN)
    planned.state = ChangeState.BEGUN


def _act(context: StepContext, door: Door, planned: PlannedChange, found: Found | None, known: Ids) -> bool:
    """Whether AWS told of something by which the resource is found from now on."""
    kind, wanted = KINDS[planned.kind], _wanted(planned)
    if wanted is None:
        if found:
            kind.delete(door, planned.name, found, known)
        return False
    if found is None:
        made = kind.create(door, planned.name, wanted, known)
    else:
        made = kind.update(door, planned.name, found, wanted, known)
    if made:
        _remember(context, planned, dict(made))
    return bool(made)


def _remember(context: StepContext, planned: PlannedChange, made: dict[str, str]) -> None:
    """At once: without its id the resource is not found again."""
    where = {"kind": planned.kind, "account": planned.account, "name": planned.name}
    told: dict[str, object] = {"aws_id": made.pop("id")} if "id" in made else {}
    told |= {"told": made} if made else {}
    with context.transaction():
        Resource.objects.update_or_create(
            **where, defaults=told, create_defaults={"product": planned.apply.product, **told}
        )


def _wanted(planned: PlannedChange) -> Shape | None:
    return shape_of(planned.kind, planned.after) if planned.after else None


def _not_yet(planned: PlannedChange, found: Found | None) -> str:
    """AWS shows some changes a moment after it answered them."""
    wanted = _wanted(planned)
    names = ", ".join(field.name for field in differences(found.shape if found else None, wanted)[:5])
    return f"AWS does not show the {planned.address} as it was written yet: {names}."


def _keep(planned: PlannedChange, found: Found | None) -> None:
    """The resource is the console's from now on, and as it left it; one that was deleted is nobody's."""
    settings = found.shape.as_json() if found else None
    told = {
        "owned": found is not None,
        "applied": settings,
        "applied_at": Now(),
        "observed": settings,
        "observed_at": Now(),
        "error": "",
        "aws_id": found.aws_id if found else "",
        "told": dict(found.told) if found else {},
        "waits_for": found.waits_for if found else "",
    }
    where = {"kind": planned.kind, "account": planned.account, "name": planned.name}
    # A look at the same time may just have put it there.
    Resource.objects.bulk_create(
        [Resource(**where, product=planned.apply.product, **told)],
        update_conflicts=True,
        unique_fields=list(where),
        update_fields=list(told),
    )
    PlannedChange.objects.filter(pk=planned.pk).update(state=ChangeState.DONE)
    if planned.kind == DISTRIBUTION and found:
        _tell_environment(planned, found)
    if planned.kind == "zone" and found:
        _tell_product(planned, found)


def _tell_environment(planned: PlannedChange, found: Found) -> None:
    """Deployments and verification go by the environment's own row."""
    for environment in planned.apply.product.environments.filter(distribution_id=""):
        if distribution_name(planned.apply.product.slug, environment.name) == planned.name:
            environment.distribution_id, environment.distribution_domain = found.aws_id, found.told["domain"]
            environment.settings_revision += 1
            environment.save(update_fields=["distribution_id", "distribution_domain", "settings_revision"])


def _tell_product(planned: PlannedChange, found: Found) -> None:
    """Of its hosted zone, which the app above this one keeps."""
    zone = getattr(planned.apply.product, "hosted_zone", None)
    if zone and not zone.zone_id:
        zone.zone_id = found.aws_id
        zone.save(update_fields=["zone_id"])


@aws_step
def settle(context: StepContext) -> Done | Wait:
    """Until AWS has brought every change to where it counts."""
    for one in context.run.apply.changes.select_related("account"):
        try:
            why = _waits(context, one)
        except Refused as refused:
            return _refused(one, refused)
        if why:
            return Wait(SETTLING_SECONDS, why)
    return Done({})


def _waits(context: StepContext, planned: PlannedChange) -> str:
    """What AWS still does with what was changed; only kinds whose changes take their time are asked."""
    if planned.kind not in SETTLING or planned.after is None:
        return ""
    found = _read(_door(context, planned), planned, ids())
    return found.waits_for if found else ""


RECIPES = (
    Recipe("look", (Step("look", "Look at AWS resources", look),)),
    Recipe(
        "apply",
        (
            Step("change", "Change a resource", change, limit=8, wait_limit=1800),
            Step("settle", "Wait for the edge", settle, wait_limit=3600),
            Step("see", "See what is there", see_again),
        ),
        on_end=apply_ended,
    ),
)
