"""Which policies an account's owner installs for the resources that the console keeps there."""

from aws.estate_policies import EstateReach, estate_policy, estate_read_policy
from products.models import Account, Product, Purpose
from provisioning.selectors import resources, wishes_of


def policies_for(account: Account, purpose: Purpose) -> list[str]:
    """As JSON texts; none for a purpose that keeps nothing, or where nothing is kept."""
    write = {Purpose.READ: estate_read_policy, Purpose.ESTATE: estate_policy}.get(purpose)
    reach = reach_of(account) if write else None
    return [write(reach)] if write and reach and (reach.buckets or reach.edge) else []


def reach_of(account: Account) -> EstateReach:
    """All that any product wishes in the account, and what the console still keeps there."""
    wished = (wish.address for product in Product.objects.all() for wish in wishes_of(product))
    kept = (row.address for row in resources().filter(account=account, owned=True))
    own = {address for address in (*wished, *kept) if address.account == account.aws_id}
    buckets = sorted({address.name for address in own if address.kind == "bucket"})
    edge = any(address.kind == "access-control" for address in own)
    return EstateReach(account.aws_id, tuple(buckets), edge)
