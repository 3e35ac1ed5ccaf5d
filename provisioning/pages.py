"""What the pages of a product's AWS resources show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format

from products.models import Account, Product
from provisioning.differences import Field, differences
from provisioning.forms import ApplyForm
from provisioning.models import Apply, ChangeState, Look, PlannedChange, Resource
from provisioning.planner import Change, Plan
from provisioning.selectors import Standing, active_apply, last_apply, look_of, picture_of, plan_of
from provisioning.services.apply import in_words
from provisioning.shapes import Address, Distribution, shape_of
from runs.models import RunState
from runs.selectors import shown_steps
from runs.services import cancel_refusal, retry_refusal
from users.actions import allowed
from users.models import User
from users.permissions import who_may

KINDS = {
    "role": "Role",
    "role-policy": "Rights of a role",
    "deploy-policy": "Rights of a role that deploys",
    "bucket": "Bucket",
    "bucket-policy": "Bucket policy",
    "replication": "Copies of what is new, in a second Region",
    "access-control": "Origin access control",
    "cache-policy": "Cache policy",
    "headers-policy": "Response headers policy",
    "function": "CloudFront function",
    "distribution": "Distribution",
    "zone": "Hosted zone",
    "certificate": "Certificate",
    "proof": "Proof of a certificate",
    "web-acl": "Web ACL",
    "host-records": "Records of a hostname",
    "monitoring": "Additional metrics",
    "topic": "Topic of alarms",
    "alarm": "Alarm",
    "log-destination": "Destination of access logs",
    "log-delivery": "Delivery of access logs",
}
ACTIONS = {"create": "Create", "update": "Change", "adopt": "Adopt", "delete": "Delete"}
APPLY = "estate.apply"


def crumbs(product: Product, *more: tuple[str, str]) -> list[tuple[str, str]]:
    here = (product.name, reverse("product", args=[product.slug]))
    return [here, ("AWS resources", reverse("estate", args=[product.slug]) if more else ""), *more]


def estate_page(user: User, product: Product) -> dict[str, Any]:
    """The context of `provisioning/estate.html`."""
    picture, look = picture_of(product), look_of(product)
    found, plan = picture.standings, picture.plan
    names = account_names()
    applying = active_apply(product)
    return {
        "product": product,
        "crumbs": crumbs(product),
        "rows": [_row(product, one, names) for one in found],
        "counts": _counts(found),
        "plan_text": in_words(plan.changes) if plan.changes else "",
        "unseen": len(plan.unseen),
        "plan_url": reverse("estate-plan", args=[product.slug]),
        "look_url": reverse("estate-look", args=[product.slug]),
        "seen_at": look.seen_at if look else None,
        "looking": look is not None and look.run is not None and look.run.is_active,
        "look_failed": look.run.error if look and look.run else "",
        "applying": reverse("estate-apply", args=[product.slug, applying.pk]) if applying else "",
        "last": _last(product),
    }


def account_names() -> dict[str, str]:
    """By its twelve digits, what the console calls an account."""
    return dict(Account.objects.values_list("aws_id", "name"))


def _row(product: Product, one: Standing, names: dict[str, str]) -> dict[str, Any]:
    address = one.address
    return {
        "kind": KINDS.get(address.kind, address.kind),
        "name": address.name,
        "account": names.get(address.account, address.account),
        "place": one.wish.place if one.wish else "",
        "state": state_of(one),
        "fields": [*one.drift, *one.pending][:4],
        "error": one.row.error if one.row else "",
        "waits_for": one.row.waits_for if one.row else "",
        "there": one.row is not None and one.row.observed is not None and not one.row.error,
        "url": resource_url(product, address),
    }


def resource_url(product: Product, address: Address) -> str:
    return reverse("estate-resource", args=[product.slug, *address])


def state_of(one: Standing) -> str:
    """error, unseen, missing, foreign, unwished, drift, pending, accepted or sync, the worst first."""
    row = one.row
    if row is not None and row.error:
        return "error"
    if row is None or row.observed_at is None:
        return "unseen"
    if row.observed is None:
        return "missing"
    if not row.owned:
        return "foreign"
    if one.wish is None:
        return "unwished"
    if one.drift:
        return "drift"
    if one.pending:
        return "pending"
    return "accepted" if row.accepted else "sync"


def _counts(found: Sequence[Standing]) -> dict[str, int]:
    counts = {"all": len(found), "sync": 0, "drift": 0, "pending": 0, "other": 0}
    counts["waiting"] = sum(bool(one.row and one.row.waits_for) for one in found)
    for one in found:
        state = state_of(one)
        name = "sync" if state == "accepted" else state
        counts[name if name in counts else "other"] += 1
    return counts


def _last(product: Product) -> dict[str, Any] | None:
    apply = last_apply(product)
    if apply is None:
        return None
    return {
        "url": reverse("estate-apply", args=[product.slug, apply.pk]),
        "state": apply.run.state,
        "at": apply.created_at,
        "who": str(apply.actor),
        "reason": apply.reason,
    }


def plan_page(user: User, product: Product, form: ApplyForm, only: Sequence[Address]) -> dict[str, Any]:
    """The context of `provisioning/plan.html`."""
    plan, names, look = plan_of(product, only), account_names(), look_of(product)
    return {
        "product": product,
        "crumbs": crumbs(product, ("Plan", "")),
        "changes": [_change(one, names, form) for one in plan.changes if one.fields],
        "as_they_are": [_change(one, names, form) for one in plan.changes if not one.fields],
        "in_words": in_words(plan.changes),
        "adoptable": sum(one.action == "adopt" for one in plan.changes),
        "unseen": [str(address) for address in plan.unseen],
        "conflicts": _conflicts(plan, look),
        "looking": look is not None and look.run is not None and look.run.is_active,
        "digest": plan.digest,
        "seen_at": look.seen_at if look else None,
        "look_url": reverse("estate-look", args=[product.slug]),
        "all_url": reverse("estate-plan", args=[product.slug]) if only else "",
        "first_url": _first(product, plan),
        "form": form,
        "refused": _refused(user, product, plan),
    }


def _conflicts(plan: Plan, look: Look | None) -> list[tuple[str, str]]:
    """The hostnames at which this plan would fail, and which distribution has each."""
    shapes = [one.after for one in plan.changes if isinstance(one.after, Distribution)]
    asked = {alias for shape in shapes for alias in shape.aliases}
    return sorted(
        (name, holder) for name, holder in (look.conflicts if look else {}).items() if name in asked
    )


FIRST = ("role", "role-policy")


def _first(product: Product, plan: Plan) -> str:
    """Where roles are made by which the rest is seen; "" when all is seen, or no role is to be made."""
    unseen = {address.account for address in plan.unseen}
    new = [one.address for one in plan.changes if one.action == "create" and one.address.kind in FIRST]
    missing = [address for address in new if address.account in unseen]
    if not missing:
        return ""
    only = urlencode({"only": [key_of(address) for address in missing]}, doseq=True)
    return f"{reverse('estate-plan', args=[product.slug])}?{only}"


def adoptable(product: Product, only: Sequence[Address]) -> list[Address]:
    """What may be adopted by the plan."""
    return [one.address for one in plan_of(product, only).changes if one.action == "adopt"]


def _change(one: Change, names: dict[str, str], form: ApplyForm) -> dict[str, Any]:
    return {
        "action": one.action,
        "verb": ACTIONS[one.action],
        "kind": KINDS.get(one.address.kind, one.address.kind),
        "name": one.address.name,
        "account": names.get(one.address.account, one.address.account),
        "place": one.place,
        "fields": one.fields,
        "tick": key_of(one.address) if one.needs_tick else "",
        "ticked": key_of(one.address) in form.ticked_keys,
    }


def key_of(address: Address) -> str:
    """An address as forms and links write it."""
    return "/".join(address)


def address_of(key: str) -> Address | None:
    """The address that was written so; None for anything else."""
    parts = key.split("/")
    return Address(*parts) if len(parts) == 3 and all(parts) else None


def _refused(user: User, product: Product, plan: Plan) -> str:
    """Why the button is not offered; "" when it is."""
    if not allowed(user, APPLY):
        return f"Only {who_may(APPLY)} may do this."
    if active_apply(product):
        return "Another plan is being applied."
    if plan.unseen:
        return "Not everything was seen yet. Look at the resources first."
    return "" if plan.changes else "There is nothing to do."


def applied_page(user: User, apply: Apply) -> dict[str, Any]:
    """The context of `provisioning/applied.html`."""
    product, run = apply.product, apply.run
    names = account_names()
    steps = {step.row.name: step for step in shown_steps(run)}
    rows = list(apply.changes.select_related("account"))
    done = sum(one.state == ChangeState.DONE for one in rows)
    return {
        "product": product,
        "apply": apply,
        "crumbs": crumbs(product, (f"Apply {apply.pk}", "")),
        "state": run.state,
        "changes": [_applied(one, steps[f"change:{one.position}"], names) for one in rows],
        "done": done,
        "total": len(rows),
        "error": run.error,
        "waiting": run.waiting_for,
        "headline": _headline(run.state, done, len(rows)),
        "poll_url": reverse("estate-apply", args=[product.slug, apply.pk]) if run.is_active else "",
        "acts": _acts(user, apply),
        "plan_url": reverse("estate-plan", args=[product.slug]),
    }


def _headline(state: str, done: int, total: int) -> str:
    made = f"{done} of {total} changes made"
    return {
        RunState.SUCCEEDED: "The change is made." if total == 1 else f"All {total} changes are made.",
        RunState.FAILED: f"{made}, then one failed.",
        RunState.CANCELLED: f"{made}, then it was stopped.",
        RunState.QUEUED: "It is about to begin.",
    }.get(RunState(state), f"{made}.")


def _applied(one: PlannedChange, step: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "verb": ACTIONS[one.action],
        "kind": KINDS.get(one.kind, one.kind),
        "name": one.name,
        "account": names.get(one.account.aws_id, one.account.aws_id),
        "fields": [Field(*field) for field in one.fields],
        "state": step.row.state,
        "error": step.row.error,
        "seconds": step.seconds,
        "request_ids": step.row.request_ids,
    }


def _acts(user: User, apply: Apply) -> list[tuple[str, str, str]]:
    """Retry and stop, for who may, where they make sense: name, words, look."""
    if not allowed(user, APPLY):
        return []
    found = []
    if retry_refusal(apply.run) is None:
        found.append(("retry", "Go on from the failed change", "primary"))
    if cancel_refusal(apply.run) is None:
        found.append(("cancel", "Stop before the next change", "plain"))
    return found


TOLD = {
    "domain": "Answers at",
    "status": "Status",
    "expires": "Valid until",
    "renewal": "Renewal",
    "record": "Proved by the record",
    "value": "with the value",
    "name_servers": "Name servers",
    "unknown": "Not known",
}
"""What AWS tells of a resource that a person wants to know."""


def _told(row: Resource) -> list[tuple[str, str]]:
    told = {**row.told}
    if "expires" in told:
        told["expires"] = date_format(datetime.fromisoformat(told["expires"]), "j F Y, H:i")
    if "name_servers" in told:
        told["name_servers"] = told["name_servers"].replace(",", ", ")
    return [(words, told[name]) for name, words in TOLD.items() if told.get(name)]


def resource_page(user: User, product: Product, one: Standing) -> dict[str, Any]:
    """The context of `provisioning/resource.html`."""
    row, address = one.row, one.address
    names = account_names()
    wanted = one.wish.shape if one.wish else None
    observed = shape_of(row.kind, row.observed) if row and row.observed else None
    state = state_of(one)
    return {
        "product": product,
        "crumbs": crumbs(product, (address.name, "")),
        "kind": KINDS.get(address.kind, address.kind),
        "name": address.name,
        "account": f"{names.get(address.account, '')} {address.account}".strip(),
        "aws_id": row.aws_id if row else "",
        "told": _told(row) if row else [],
        "place": one.wish.place if one.wish else "",
        "state": state,
        "drift": one.drift,
        "pending": one.pending,
        "to_wanted": differences(observed, wanted) if observed and wanted else (),
        "settings": list(differences(None, observed or wanted)),
        "seen": observed is not None,
        "row": row,
        "may": allowed(user, APPLY),
        "may_accept": allowed(user, APPLY) and row is not None and row.owned and bool(one.drift),
        "put_back_url": f"{reverse('estate-plan', args=[product.slug])}?only={key_of(address)}",
    }
