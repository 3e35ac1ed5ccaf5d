"""Whether the archive still holds what a release is made of."""

from aws.access import Account as Door
from aws.s3 import list_objects
from deployments.manifest import Manifest
from deployments.models import Artifact
from products.models import Product


def lost_files(door: Door, product: Product, artifact: Artifact, manifest: Manifest) -> list[str]:
    """The paths that the archive does not hold, or not as the manifest says. One request per thousand files."""
    owner, prefix = product.artifact_account.aws_id, artifact.prefix
    listed = list_objects(door, product.artifact_bucket, owner, prefix)
    there = {found.key.removeprefix(prefix): found.etag for found in listed}
    return [file.path for file in manifest.files if there.get(file.path) != file.md5]
