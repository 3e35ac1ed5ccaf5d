"""Which hostnames of a product somebody else's distribution has. AWS: an alias belongs to one distribution over all accounts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aws.access import Account as Door
from aws.errors import AwsError
from products.door import open_account
from products.models import Account, Product, Purpose
from provisioning.desired_edge import distribution_name
from provisioning.ids import Ids
from provisioning.kinds.named import listed
from provisioning.models import Resource
from provisioning.selectors import ids
from runs.steps import StepContext, StepFailed


@dataclass(frozen=True)
class Missing:
    """Hostnames that an environment's distribution does not have. `proved` is its id where it has a certificate, else ""."""

    account: Account
    names: tuple[str, ...]
    proved: str


def conflicts(context: StepContext, product: Product) -> dict[str, str]:
    """By hostname, which distribution has it. Nothing is asked for hostnames that are where they belong.

    What cannot be asked is not known, and left out.
    """
    found: dict[str, str] = {}
    known = ids()
    for one in _missing(product):
        try:
            door = open_account(context, one.account, Purpose.READ)
            found |= _here(door, one, known)
            found |= {
                name: holder for name in one.names if (holder := found.get(name) or _holder(door, one, name))
            }
        except (AwsError, StepFailed) as refused:
            context.log(f"Whose alias {', '.join(one.names)} is could not be asked. {refused}")
    return found


def _missing(product: Product) -> Iterable[Missing]:
    rows = Resource.objects.select_related("account").filter(kind="distribution").exclude(observed=None)
    seen = {row.address[1:]: row for row in rows}
    environments = product.environments.select_related("frontend_account").prefetch_related("hostnames")
    for one in environments:
        account = one.frontend_account
        row = seen.get((account.aws_id, distribution_name(product.slug, one.name)))
        there = (row.observed if row else None) or {}
        names = tuple(each.name for each in one.hostnames.all() if each.name not in there.get("aliases", ()))
        if names:
            yield Missing(account, names, row.aws_id if row and there.get("certificate") else "")


def _here(door: Door, missing: Missing, known: Ids) -> Mapping[str, str]:
    """In the same account, all distributions are seen."""
    return {
        alias: f"distribution {item['Id']} in account {missing.account.name}"
        for item in listed(door, "ListDistributions", "DistributionList")
        if not known.name_of("distribution", door.account_id, item["Id"])
        for alias in item["Aliases"].get("Items", ())
        if alias in missing.names
    }


def _holder(door: Door, missing: Missing, name: str) -> str:
    """Over all accounts. AWS tells who proves by a certificate that the name is theirs, and hides a part of id and account."""
    if not missing.proved:
        return ""
    asked = {"DistributionId": missing.proved, "Alias": name}
    items = listed(door, "ListConflictingAliases", "ConflictingAliasesList", **asked)
    return next((f"distribution {one['DistributionId']} in account {one['AccountId']}" for one in items), "")
