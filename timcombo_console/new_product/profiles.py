"""What a new product usually is: its environments with everything proposed, each to be edited before it is saved. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

FULL, MINIMUM = "full", "minimum"
LONGEST_BUCKET = 63


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An environment as it is proposed; `below` are the labels before the domain, "" for the domain itself.

    `watched` is with additional metrics and alarms, `replicated` with a copy in the second Region, where there is one.
    """

    name: str
    kind: str = "app"
    below: tuple[str, ...]
    cache_profile: str
    price_class: str = "PriceClass_100"
    web_acl: str = "none"
    protected: bool = False
    watched: bool = False
    replicated: bool = False
    requires: str = ""

    def hostnames(self, domain: str) -> list[str]:
        return [f"{label}.{domain}" if label else domain for label in self.below]

    def bucket(self, slug: str, account: str) -> str:
        """AWS: names are one space over all accounts, so the account's number is a part of it."""
        middle = f"app-{self.name}" if self.kind == "app" else self.name
        return bucket_name(slug, middle, account)


DEV = Proposal(name="dev", below=("dev",), cache_profile="short")
TEST = Proposal(name="test", below=("test",), cache_profile="medium")
STAGE = Proposal(name="stage", below=("stage",), cache_profile="production-like")
PROD = Proposal(
    name="prod",
    below=("app",),
    cache_profile="production",
    price_class="PriceClass_All",
    web_acl="count",
    protected=True,
    watched=True,
    replicated=True,
)
STATIC = Proposal(
    name="static", kind="static", below=("", "www"), cache_profile="long", price_class="PriceClass_All"
)


def proposals(profile: str) -> Iterator[Proposal]:
    """The environments of a profile in their order."""
    if profile == FULL:
        yield from (DEV, TEST, STAGE)
    yield PROD if profile == MINIMUM else _after(PROD, STAGE)
    yield STATIC


def _after(one: Proposal, before: Proposal) -> Proposal:
    return Proposal(**{**vars(one), "requires": before.name})


def bucket_name(slug: str, middle: str, account: str) -> str:
    """AWS: 63 characters at most; a long slug is cut, never the account's number."""
    tail = f"-{middle}-{account}"
    return slug[: LONGEST_BUCKET - len(tail)].rstrip("-") + tail
