"""Back ends that are registered: what CI may send, what is kept of it, and what is refused by the handler's name."""

from hashlib import sha256

import pytest

from deployments.steps.fleets.code import code_key
from tests.deployments.fleets import artifact, backend, code, handlers_yaml
from tests.shipping import PRODUCT, Answer, World

BUCKET, ACCOUNT = "tim-dev-lambda", "development"
NAMES = ("orders-create", "orders-list", "users-get")


def kept(world: World) -> dict[str, int]:
    """Key to number of versions of what lies in the product's bucket of handlers."""
    found = world.cloud.client("s3", ACCOUNT).list_object_versions(Bucket=BUCKET, Prefix="handlers/")
    keys = [version["Key"] for version in found.get("Versions", ())]
    return {key: keys.count(key) for key in keys}


def keys(version: str) -> set[str]:
    return {code_key(PRODUCT, name, sha256(code(name, version)).hexdigest()) for name in NAMES}


def registered(world: World, version: str, **artifacts: bytes) -> Answer:
    assert world.api.register(version, **artifacts).status == 202
    return world.ingest(version)


def test_a_back_end_is_checked_and_each_code_is_kept_once(world: World) -> None:
    first = registered(world, "5.0.0", backend=backend(NAMES, "5"))
    assert (first["status"], first["reasons"]) == ("ready", [])
    (held,) = first["artifacts"]
    assert (held["target"], held["files"]) == ("backend", len(NAMES))
    assert kept(world) == dict.fromkeys(keys("5"), 1)
    since = world.cloud.next_call()
    mixed = {name: code(name, "6" if name == "users-get" else "5") for name in NAMES}
    assert registered(world, "6.0.0", backend=artifact(mixed))["status"] == "ready"
    assert len(world.cloud.calls(since, "s3", "PutObject")) == 1
    assert kept(world) == dict.fromkeys(keys("5") | {k for k in keys("6") if "/users-get/" in k}, 1)


def test_a_back_end_and_a_front_end_are_one_release(world: World) -> None:
    from tests.shipping import BUILDS

    made = registered(world, "5.0.0", backend=backend(NAMES), any=BUILDS["1.0.0"]["any"])
    assert [one["target"] for one in made["artifacts"]] == ["any", "backend"]
    assert made["status"] == "ready"


def test_a_prefix_of_ci_is_put_together_and_checked(world: World) -> None:
    zips = {name: code(name, "7") for name in NAMES}
    listed = "handlers:\n" + "".join(
        f"  - name: {name}\n    file: zips/{name}.zip\n    sha256: {sha256(body).hexdigest()}\n"
        for name, body in zips.items()
    )
    s3 = world.cloud.client("s3", ACCOUNT)
    s3.put_object(Bucket=BUCKET, Key="incoming/tim/7/handlers.yaml", Body=listed.encode())
    for name, body in zips.items():
        s3.put_object(Bucket=BUCKET, Key=f"incoming/tim/7/zips/{name}.zip", Body=body)
    digest = sha256(listed.encode()).hexdigest()
    given = {"prefix": "incoming/tim/7/", "sha256": digest}
    wish = {"version": "7.0.0", "artifacts": {"backend": given}}
    assert world.api.post(f"products/{PRODUCT}/releases", wish).status == 202
    assert world.ingest("7.0.0")["status"] == "ready"
    assert kept(world) == dict.fromkeys(keys("7"), 1)

    s3.put_object(Bucket=BUCKET, Key="incoming/tim/7/zips/users-get.zip", Body=code("users-get", "other"))
    assert world.api.post(f"products/{PRODUCT}/releases", {**wish, "version": "7.0.1"}).status == 202
    refused = world.ingest("7.0.1")
    assert refused["status"] == "rejected"
    assert "users-get" in str(refused["reasons"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"key": "incoming/a.zip", "prefix": "incoming/a/", "sha256": "0" * 64}, "either the key"),
        ({"sha256": "0" * 64}, "either the key"),
        ({"prefix": "incoming/a", "sha256": "0" * 64}, "ends with a slash"),
        ({"prefix": "releases/a/", "sha256": "0" * 64}, "under incoming/"),
    ],
)
def test_a_wrong_place_is_refused(world: World, given: dict[str, str], told: str) -> None:
    body = {"version": "7.0.0", "artifacts": {"backend": given}}
    refused = world.api.post(f"products/{PRODUCT}/releases", body)
    assert (refused.status, refused["code"]) == (422, "invalid")
    assert told in str(refused.body)


def test_bad_handlers_are_named(world: World) -> None:
    zips = {**{name: code(name) for name in NAMES}, "orders-list": b"no zip"}
    refused = registered(world, "5.0.0", backend=artifact(zips))
    assert refused["status"] == "rejected"
    assert "orders-list" in refused["reasons"][0]["text"] + refused["reasons"][0].get("path", "")
    doubled = handlers_yaml([*NAMES, "users-get"])
    refused = registered(world, "5.0.1", backend=artifact({n: code(n) for n in NAMES}, doubled))
    assert "users-get" in str(refused["reasons"])
    assert kept(world) == {}


def test_a_product_without_a_bucket_for_handlers_refuses_them(world: World) -> None:
    from products.models import Product

    Product.objects.filter(slug=PRODUCT).update(handler_account=None, handler_bucket="")
    refused = world.api.register("5.0.0", backend=backend(NAMES))
    assert refused.status == 422
    assert "no bucket for handlers" in refused["detail"]
