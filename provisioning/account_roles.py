"""What an account's page shows of the roles that the console keeps there."""

from typing import Any

from django.urls import reverse

from products.models import Account, Product, Purpose
from provisioning.gather import all_facts
from provisioning.kinds import KEPT_BY
from provisioning.pages import resource_url, state_of
from provisioning.selectors import Standing, picture_of


def roles_in(account: Account) -> dict[str, Any] | None:
    """How each role and its rights stand, and where they are planned; None where the console keeps none.

    Roles are wished in the same way by every product that uses the account, so that any one of these tells.
    """
    slug = next((one.slug for one in all_facts().values() if account.aws_id in one.accounts), "")
    if not slug:
        return None
    product = Product.objects.get(slug=slug)
    mine: dict[str, list[dict[str, Any]]] = {}
    for one in picture_of(product).standings:
        if one.address.account == account.aws_id and KEPT_BY.get(one.address.kind) == Purpose.ACCESS:
            mine.setdefault(one.address.name, []).append(_part(product, one))
    plan_url = reverse("estate-plan", args=[slug])
    return {"roles": sorted(mine.items()), "plan_url": plan_url, "product": product} if mine else None


def _part(product: Product, one: Standing) -> dict[str, Any]:
    return {
        "what": "role" if one.address.kind == "role" else "rights",
        "state": state_of(one),
        "error": one.row.error if one.row else "",
        "url": resource_url(product, one.address),
    }
