"""CloudFront: what a distribution serves, and invalidations."""

import re
from dataclasses import dataclass
from typing import Any

from aws.access import Account

DEPLOYED = "Deployed"
COMPLETED = "Completed"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a distribution fetches from. `path` is put before every key; empty for none."""

    id: str
    domain: str
    path: str

    def is_bucket(self, bucket: str) -> bool:
        """Whether this is the root of the S3 bucket `bucket`.

        AWS: an S3 origin is the bucket's REST address, `<bucket>.s3.<region>.amazonaws.com`, or the older forms
        without a region or with a dash before it.
        """
        address = rf"{re.escape(bucket)}\.s3(\.dualstack)?([.-](?!website)[a-z0-9-]+)?\.amazonaws\.com(\.cn)?"
        return not self.path and re.fullmatch(address, self.domain) is not None


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution as AWS describes it. `etag` is the version of its configuration."""

    id: str
    arn: str
    domain: str
    status: str
    enabled: bool
    aliases: tuple[str, ...]
    etag: str
    origins: tuple[Origin, ...]
    default_origin_id: str

    @property
    def deployed(self) -> bool:
        """Whether the edge works by this configuration everywhere."""
        return self.status == DEPLOYED

    @property
    def default_origin(self) -> Origin:
        """Where requests go that no other behaviour takes."""
        return next(origin for origin in self.origins if origin.id == self.default_origin_id)

    def serves_bucket(self, bucket: str) -> bool:
        """Whether what no other behaviour takes is read from the root of `bucket`."""
        return self.default_origin.is_bucket(bucket)


@dataclass(frozen=True, slots=True)
class Invalidation:
    """A request to the edge to forget paths."""

    id: str
    status: str
    caller_reference: str
    paths: tuple[str, ...]

    @property
    def completed(self) -> bool:
        """Whether AWS calls it done. It is no proof that every edge location serves the new object."""
        return self.status == COMPLETED


def _distribution(answer: dict[str, Any]) -> Distribution:
    found = answer["Distribution"]
    wanted = found["DistributionConfig"]
    return Distribution(
        id=found["Id"],
        arn=found["ARN"],
        domain=found["DomainName"],
        status=found["Status"],
        enabled=wanted["Enabled"],
        aliases=tuple(wanted.get("Aliases", {}).get("Items", ())),
        etag=answer["ETag"],
        origins=tuple(
            Origin(item["Id"], item["DomainName"], item.get("OriginPath", ""))
            for item in wanted["Origins"]["Items"]
        ),
        default_origin_id=wanted["DefaultCacheBehavior"]["TargetOriginId"],
    )


def get_distribution(account: Account, distribution_id: str) -> Distribution:
    """The distribution of this id. Raises NotFound."""
    return _distribution(account.read("cloudfront", "GetDistribution", distribution_id, Id=distribution_id))


def _invalidation(answer: dict[str, Any]) -> Invalidation:
    found = answer["Invalidation"]
    batch = found["InvalidationBatch"]
    return Invalidation(
        found["Id"], found["Status"], batch["CallerReference"], tuple(batch["Paths"].get("Items", ()))
    )


def create_invalidation(
    account: Account, distribution_id: str, paths: tuple[str, ...], caller_reference: str
) -> Invalidation:
    """Ask the edge to forget `paths` (each begins with `/`, URL-encoded, `*` only at the end).

    AWS: the same reference with the same paths is the same invalidation; with other paths it is refused
    (InvalidationBatchAlreadyExists). Raises TooManyInvalidations when 3,000 paths or 15 wildcards are in progress.
    """
    batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": caller_reference}
    return _invalidation(
        account.write(
            "cloudfront",
            "CreateInvalidation",
            distribution_id,
            DistributionId=distribution_id,
            InvalidationBatch=batch,
        )
    )
