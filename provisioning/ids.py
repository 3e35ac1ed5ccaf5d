"""AWS's names of resources, and back: shapes mean each other by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioning.shapes import Address

Told = Mapping[str, str]
"""What AWS chose for a resource besides its id: the `domain` of a distribution, the record that proves a certificate."""


class NotThereYet(Exception):
    """Something that a resource needs has not been made yet."""


@dataclass(frozen=True)
class Ids:
    """By address, over all accounts, what AWS calls the resources that have an id of their own, and what it told of them."""

    known: Mapping[Address, str]
    told: Mapping[Address, Told] = field(default_factory=dict)

    def of(self, address: Address) -> str:
        """Raises NotThereYet in words."""
        if address not in self.known:
            raise NotThereYet(
                f"The {address} is needed first, and AWS's id of it is not known. Look at the estate, then plan anew."
            )
        return self.known[address]

    def name_of(self, kind: str, account: str, aws_id: str) -> str:
        """The name of what AWS calls so; "" when it is none of ours."""
        found = (a.name for a, known in self.known.items() if known == aws_id and a[:2] == (kind, account))
        return next(found, "")

    def of_kind(self, kind: str) -> Mapping[Address, str]:
        return {address: aws_id for address, aws_id in self.known.items() if address.kind == kind}
