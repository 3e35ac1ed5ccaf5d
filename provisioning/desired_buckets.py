"""What all buckets of the console have. Pure."""

from provisioning.shapes import Bucket, Expiry

OWNER_TAG, OWNER = "managed-by", "tim-combo-console"
OLD_VERSIONS = Expiry(id="console-old-versions", noncurrent_days=90, kept=5, delete_markers=True)
# Objects are read back by rollbacks at once, which this storage class allows; never expired by age.
ARCHIVED = Expiry(id="console-archive", prefix="releases/", archive_days=90)
UNFINISHED = Expiry(id="console-unfinished-uploads", abort_days=7)


def bucket(region: str, *more: Expiry, old_versions: Expiry = OLD_VERSIONS, **tags: str) -> Bucket:
    """With these rules and tags besides those that all have."""
    rules = sorted((old_versions, UNFINISHED, *more), key=lambda rule: rule.id)
    return Bucket(region=region, rules=tuple(rules), tags=tuple(sorted({**tags, OWNER_TAG: OWNER}.items())))
