"""What AWS should hold for a product, from its rows."""

from provisioning.desired import desired
from provisioning.facts import Account, Environment, Product
from provisioning.shapes import Address, Bucket, BucketPolicy

MEDIA = Account(id="111111111111", region="us-east-2", deployer="arn:aws:iam::111111111111:role/deploy")
BACK = Account(id="222222222222", region="us-east-2", deployer="arn:aws:iam::222222222222:role/deploy")
DEV = Environment(
    name="dev",
    kind="app",
    account=MEDIA,
    bucket="shop-dev",
    hostnames=("dev.shop.example",),
    cache_profile="short",
    backend=BACK,
    code_bucket="shop-code",
)


def product(*environments: Environment, archive: Account = MEDIA) -> Product:
    return Product(
        slug="shop",
        domain="shop.example",
        environments=environments,
        archive="shop-releases",
        archive_account=archive,
        archive_readers=(MEDIA,),
        handlers="shop-handlers",
        handlers_account=MEDIA,
        handlers_readers=(BACK,),
    )


def policies(wished: Product) -> dict[str, BucketPolicy]:
    return {w.address.name: w.shape for w in desired(wished) if isinstance(w.shape, BucketPolicy)}


def test_each_environment_has_a_private_versioned_bucket_that_its_distribution_alone_reads() -> None:
    wishes = {wish.address: wish for wish in desired(product(DEV))}
    bucket = wishes[Address("bucket", MEDIA.id, "shop-dev")]
    assert isinstance(bucket.shape, Bucket)
    assert (bucket.shape.versioning, bucket.shape.public_access_blocked, bucket.place) == (True, True, "dev")
    assert dict(bucket.shape.tags)["environment"] == "dev"
    (statement,) = policies(product(DEV))["shop-dev"].statements
    assert statement.actions == ("s3:GetObject",)
    assert statement.conditions[0].values == ("distribution:shop-dev",)
    assert ("access-control", MEDIA.id, "shop-dev") in wishes


def test_current_objects_are_never_expired() -> None:
    """An unchanged hashed asset is old and live."""
    for wish in desired(product(DEV)):
        if isinstance(wish.shape, Bucket):
            assert all(rule.archive_days is None or rule.prefix == "releases/" for rule in wish.shape.rules)


def test_stores_let_the_deploying_roles_of_other_accounts_read() -> None:
    found = policies(product(DEV))
    assert "shop-releases" not in found
    assert found["shop-handlers"].statements[0].principals == (f"AWS:{BACK.deployer}",)
    elsewhere = policies(product(DEV, archive=BACK))["shop-releases"].statements[0]
    assert (elsewhere.principals, elsewhere.resources) == (
        (f"AWS:{MEDIA.deployer}",),
        ("arn:aws:s3:::shop-releases/releases/*",),
    )


def test_each_resource_is_wished_once() -> None:
    twice = Environment(**{**vars(DEV), "name": "test", "bucket": "shop-test"})
    addresses = [wish.address for wish in desired(product(DEV, twice))]
    assert len(addresses) == len(set(addresses))
    assert ("bucket", BACK.id, "shop-code") in addresses
