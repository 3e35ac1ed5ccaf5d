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
    distribution: str
    names: tuple[str, ...]
    proved: str


def conflicts(context: StepContext, product: Product, before: Mapping[str, str]) -> dict[str, str]:
    """By hostname, which distribution has it. Nothing is asked for hostnames that are where they belong.

    Where AWS cannot be asked, what was known `before` stays known.
    """
    found: dict[str, str] = {}
    missing, known = list(_missing(product)), ids()
    for account in {one.account for one in missing}:
        wanted = [one for one in missing if one.account == account]
        try:
            found |= _held(open_account(context, account, Purpose.READ), account, wanted, known)
        except (AwsError, StepFailed) as refused:
            names = [name for one in wanted for name in one.names]
            found |= {name: before[name] for name in names if name in before}
            context.log(f"Whose alias {', '.join(names)} is could not be asked. {refused}")
    return found


def _missing(product: Product) -> Iterable[Missing]:
    environments = list(product.environments.select_related("frontend_account").prefetch_related("hostnames"))
    names = [distribution_name(product.slug, one.name) for one in environments]
    rows = Resource.objects.filter(kind="distribution", name__in=names).exclude(observed=None)
    seen = {(row.account_id, row.name): row for row in rows}
    for one, name in zip(environments, names, strict=True):
        row = seen.get((one.frontend_account_id, name))
        there = (row.observed if row else None) or {}
        left = tuple(each.name for each in one.hostnames.all() if each.name not in there.get("aliases", ()))
        if left:
            proved = row.aws_id if row and there.get("certificate") else ""
            yield Missing(one.frontend_account, name, left, proved)


def _held(door: Door, account: Account, missing: Iterable[Missing], known: Ids) -> Mapping[str, str]:
    """In the same account all distributions are seen; of others AWS tells who proves that a name is theirs."""
    here = {
        alias: item["Id"]
        for item in listed(door, "ListDistributions", "DistributionList")
        for alias in item["Aliases"].get("Items", ())
    }
    found = {}
    for one in missing:
        for name in one.names:
            if name in here:
                ours = known.name_of("distribution", account.aws_id, here[name])
                if ours != one.distribution:
                    found[name] = f"distribution {ours or here[name]} in account {account.name}"
            elif holder := _elsewhere(door, one, name):
                found[name] = holder
    return found


def _elsewhere(door: Door, missing: Missing, name: str) -> str:
    """AWS hides a part of id and account, and tells of wildcards over the name, too; those of one account may overlap."""
    if not missing.proved:
        return ""
    asked = {"DistributionId": missing.proved, "Alias": name}
    for item in listed(door, "ListConflictingAliases", "ConflictingAliasesList", **asked):
        own = door.account_id.endswith(item["AccountId"].lstrip("*"))
        if item["Alias"] == name or not own:
            by = "" if item["Alias"] == name else f", as {item['Alias']}"
            return f"distribution {item['DistributionId']} in account {item['AccountId']}{by}"
    return ""
