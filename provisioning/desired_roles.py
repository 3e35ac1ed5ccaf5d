"""The roles that the console takes in an account, where its owner lets it keep them. Pure."""

from collections.abc import Iterable, Iterator

from provisioning.desired_buckets import OWNER, OWNER_TAG
from provisioning.facts import KeptRole
from provisioning.planner import Wish, wish
from provisioning.shapes import DeployPolicy, Role, RolePolicy


def roles(kept: Iterable[KeptRole]) -> Iterator[Wish]:
    """Each role, and what it may do. All products that use an account wish its roles in the same way."""
    for one in kept:
        shape = Role(path=one.path, trust=one.trust, boundary=one.boundary, tags=((OWNER_TAG, OWNER),))
        yield wish(one.account, one.name, shape)
        if one.statements:
            policy = DeployPolicy if one.deploys else RolePolicy
            yield wish(one.account, one.name, policy(statements=one.statements))
