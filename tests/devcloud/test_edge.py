"""The edge: hosts, routes, cache, invalidations, headers."""

import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.cloud import CloudProcess
from tests.devcloud.conftest import DEV_BUCKET, Page
from tests.devcloud.test_cloudfront import DEV, read, wait_for
from tests.devcloud.test_invalidations import invalidate

Browse = Callable[..., Page]
DEV_HOST = "dev.tim-combo.com"
STATIC_HOST, STATIC_BUCKET = "tim-combo.com", "tim-static-855652006097"
HTML = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}
HOUR = {"ContentType": "text/plain", "CacheControl": "public,max-age=3600"}


@pytest.fixture
def app(s3: Any) -> Any:
    """Puts a file into the dev environment's bucket; an index.html is there."""

    def put(key: str, body: bytes, **headers: str) -> None:
        s3.put_object(Bucket=DEV_BUCKET, Key=key, Body=body, **headers)

    put("index.html", b"<h1>one</h1>", **HTML)
    return put


@pytest.fixture
def site(s3: Any) -> None:
    for key in ("index.html", "docs/index.html", "404.html"):
        s3.put_object(Bucket=STATIC_BUCKET, Key=key, Body=key.encode(), ContentType="text/html")


@pytest.mark.parametrize("suffix", ["", ".localhost", ":8080", ".localhost:8080"])
@pytest.mark.parametrize("host", [DEV_HOST, "d1timcdev0000.cloudfront.net"])
def test_a_distribution_answers_for_its_names(app: Any, browse: Browse, host: str, suffix: str) -> None:
    assert browse(host + suffix).body == b"<h1>one</h1>"


def test_an_unknown_host_is_refused(app: Any, browse: Browse) -> None:
    """AWS: a host that no distribution claims is 403 from CloudFront itself."""
    page = browse("nobody.tim-combo.com")
    assert (page.status, page.cache) == (403, "Error from cloudfront")


@pytest.mark.parametrize("path", ["/", "/index.html", "/orders/7", "/orders/"])
def test_an_app_answers_every_route(app: Any, browse: Browse, path: str) -> None:
    page = browse(DEV_HOST, path)
    assert (page.status, page.body) == (200, b"<h1>one</h1>")


def test_a_missing_asset_is_not_the_app(app: Any, browse: Browse) -> None:
    """AWS: without s3:ListBucket a missing key is 403 AccessDenied, and the function leaves names with a dot alone."""
    page = browse(DEV_HOST, "/assets/nope-1a2b3c4d.js")
    assert (page.status, page.headers["content-type"], page.cache) == (
        403,
        "application/xml",
        "Error from cloudfront",
    )
    app("assets/nope-1a2b3c4d.js", b"late", ContentType="text/javascript")
    assert browse(DEV_HOST, "/assets/nope-1a2b3c4d.js").body == b"late"


def test_with_list_bucket_a_missing_key_is_404(app: Any, s3: Any, browse: Browse) -> None:
    """AWS: when the policy allows s3:ListBucket too, S3 says 404 NoSuchKey."""
    policy = json.loads(s3.get_bucket_policy(Bucket=DEV_BUCKET)["Policy"])
    listing = deepcopy(policy["Statement"][0])
    listing |= {"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{DEV_BUCKET}"}
    s3.put_bucket_policy(
        Bucket=DEV_BUCKET, Policy=json.dumps(policy | {"Statement": [policy["Statement"][0], listing]})
    )
    assert browse(DEV_HOST, "/nope.js").status == 404
    assert browse(DEV_HOST, "/").status == 200


def test_a_bucket_that_does_not_let_the_distribution_in(app: Any, s3: Any, browse: Browse) -> None:
    """AWS: origin access control needs the bucket policy to name this distribution as aws:SourceArn."""
    policy = s3.get_bucket_policy(Bucket=DEV_BUCKET)["Policy"]
    assert browse(DEV_HOST).status == 200
    s3.put_bucket_policy(Bucket=DEV_BUCKET, Policy=policy.replace(DEV, "E1ANOTHER00000"))
    assert browse(DEV_HOST).status == 403


def test_a_static_site_has_folders_and_its_own_404(site: None, browse: Browse) -> None:
    assert browse(STATIC_HOST).body == b"index.html"
    assert browse(STATIC_HOST, "/docs/").body == b"docs/index.html"
    redirect = browse(STATIC_HOST, "/docs?x=1")
    assert (redirect.status, redirect.headers["location"]) == (301, "/docs/?x=1")
    unknown = browse(STATIC_HOST, "/unknown/page.html")
    assert (unknown.status, unknown.body, unknown.cache) == (404, b"404.html", "Error from cloudfront")


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("www.tim-combo.com", "https://tim-combo.com/docs/?x=1"),
        ("www.tim-combo.com.localhost:8080", "http://tim-combo.com.localhost:8080/docs/?x=1"),
    ],
)
def test_www_goes_to_the_apex(site: None, browse: Browse, host: str, location: str) -> None:
    redirect = browse(host, "/docs/?x=1")
    assert (redirect.status, redirect.headers["location"]) == (301, location)


def test_no_cache_is_asked_again_every_time(app: Any, browse: Browse) -> None:
    """AWS: with MinTTL 0 a no-cache object is revalidated at the origin on every request."""
    assert [browse(DEV_HOST).cache for _ in range(2)] == [
        "Miss from cloudfront",
        "RefreshHit from cloudfront",
    ]
    app("index.html", b"<h1>two</h1>", **HTML)
    page = browse(DEV_HOST)
    assert (page.body, page.cache) == (b"<h1>two</h1>", "Miss from cloudfront")


def test_a_cached_file_stays_until_it_is_invalidated(
    cloud: CloudProcess, app: Any, cdn: Any, browse: Browse
) -> None:
    """AWS: max-age keeps a file at the edge; an invalidation makes the edge forget, when it completes."""
    app("logo.txt", b"old", **HOUR)
    assert browse(DEV_HOST, "/logo.txt").cache == "Miss from cloudfront"
    app("logo.txt", b"new", **HOUR)
    cloud.settings(invalidation_seconds=30)
    made = invalidate(cdn, "a", "/logo.txt")
    page = browse(DEV_HOST, "/logo.txt")
    assert (page.body, page.cache) == (b"old", "Hit from cloudfront")
    cloud.settings(clock_offset=31)
    assert browse(DEV_HOST, "/logo.txt").body == b"new"
    assert cdn.get_invalidation(DistributionId=DEV, Id=made["Id"])["Invalidation"]["Status"] == "Completed"


@pytest.mark.parametrize(
    ("paths", "forgets"),
    [
        (["/*"], True),
        (["/a%20b/*"], True),
        (["/a%20b/c.txt"], True),
        (["/a%20b"], False),
        (["/c.txt"], False),
    ],
)
def test_what_an_invalidation_path_names(
    cloud: CloudProcess, app: Any, cdn: Any, browse: Browse, paths: list[str], forgets: bool
) -> None:
    app("a b/c.txt", b"old", **HOUR)
    browse(DEV_HOST, "/a%20b/c.txt")
    app("a b/c.txt", b"new", **HOUR)
    cloud.settings(invalidation_seconds=0)
    invalidate(cdn, "a", *paths)
    assert browse(DEV_HOST, "/a%20b/c.txt").body == (b"new" if forgets else b"old")


@pytest.mark.parametrize(
    ("cache_control", "fresh", "stale"),
    [
        (None, 29, 31),
        ("max-age=10", 9, 11),
        ("max-age=10, s-maxage=20", 19, 21),
        ("max-age=3600", 299, 301),
        ("no-store", None, 0),
    ],
)
def test_how_long_the_edge_keeps_a_file(
    cloud: CloudProcess, app: Any, browse: Browse, cache_control: str | None, fresh: int | None, stale: int
) -> None:
    """AWS: s-maxage beats max-age, the policy's maximum caps, its default holds without Cache-Control.

    The profile of dev is `short`: default 30 s, maximum 300 s.
    """
    app("a.txt", b"one", **({"CacheControl": cache_control} if cache_control else {}))
    assert browse(DEV_HOST, "/a.txt").cache == "Miss from cloudfront"
    if fresh is not None:
        cloud.settings(clock_offset=fresh)
        page = browse(DEV_HOST, "/a.txt")
        assert page.cache == "Hit from cloudfront"
        assert fresh <= int(page.headers["age"]) <= fresh + 1
    cloud.settings(clock_offset=stale)
    assert browse(DEV_HOST, "/a.txt").cache != "Hit from cloudfront"


def test_an_error_is_remembered_for_ten_seconds_unless_told_otherwise(
    cloud: CloudProcess, app: Any, cdn: Any, browse: Browse
) -> None:
    """AWS: errors are cached for 10 s where no custom error response names an ErrorCachingMinTTL."""
    cloud.settings(deploy_seconds=0)
    config, etag = read(cdn)
    config["CustomErrorResponses"] = {"Quantity": 0}
    cdn.update_distribution(Id=DEV, DistributionConfig=config, IfMatch=etag)
    assert browse(DEV_HOST, "/late.js").status == 403
    app("late.js", b"late")
    cloud.settings(clock_offset=9)
    assert browse(DEV_HOST, "/late.js").status == 403
    cloud.settings(clock_offset=11)
    assert browse(DEV_HOST, "/late.js").status == 200


def test_a_new_configuration_reaches_the_edge_when_it_is_deployed(
    cloud: CloudProcess, app: Any, cdn: Any, browse: Browse
) -> None:
    """AWS: until the distribution is Deployed, edges work by the configuration before."""
    cloud.settings(deploy_seconds=30)
    config, etag = read(cdn)
    config["Aliases"] = {"Quantity": 1, "Items": ["renamed.tim-combo.com"]}
    cdn.update_distribution(Id=DEV, DistributionConfig=config, IfMatch=etag)
    assert [browse(host).status for host in (DEV_HOST, "renamed.tim-combo.com")] == [200, 403]
    cloud.settings(clock_offset=31)
    assert [browse(host).status for host in (DEV_HOST, "renamed.tim-combo.com")] == [403, 200]


def test_behaviours_are_tried_in_order(cloud: CloudProcess, app: Any, cdn: Any, browse: Browse) -> None:
    """AWS: CacheBehaviors are matched in list order, the first match wins."""
    assert json.loads(browse(DEV_HOST, "/api/health").body)["ok"]
    cloud.settings(deploy_seconds=0)
    config, etag = read(cdn)
    everything = {**config["DefaultCacheBehavior"], "PathPattern": "*"}
    items = [everything, *config["CacheBehaviors"]["Items"]]
    config["CacheBehaviors"] = {"Quantity": 2, "Items": items}
    cdn.update_distribution(Id=DEV, DistributionConfig=config, IfMatch=etag)
    assert browse(DEV_HOST, "/api/health").body == b"<h1>one</h1>"


def test_the_api_answers_json(browse: Browse) -> None:
    unknown = browse(DEV_HOST, "/api/orders", "POST")
    assert (unknown.status, unknown.headers["content-type"]) == (404, "application/json")
    assert json.loads(unknown.body)["request"] == {"method": "POST", "path": "/prod/api/orders", "bytes": 0}


def test_only_allowed_methods_pass(app: Any, browse: Browse) -> None:
    """AWS: a method that the behaviour does not allow is 403."""
    head = browse(DEV_HOST, "/", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "12")
    assert browse(DEV_HOST, "/", "POST").status == 403


def test_headers_of_an_answer(app: Any, browse: Browse) -> None:
    first, second = browse(DEV_HOST).headers, browse(DEV_HOST).headers
    assert first["x-amz-cf-id"] != second["x-amz-cf-id"]
    assert "cloudfront.net (CloudFront)" in first["via"]
    assert first["strict-transport-security"].startswith("max-age=31536000")
    assert "script-src 'self'" in first["content-security-policy"]
    assert (first["x-content-type-options"], first["x-frame-options"]) == ("nosniff", "DENY")
    assert first["content-type"] == "text/html; charset=utf-8"


def test_a_browser_that_has_it_gets_304(app: Any, browse: Browse) -> None:
    etag = browse(DEV_HOST).headers["etag"]
    same = browse(DEV_HOST, If_None_Match=etag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", etag)
    app("index.html", b"<h1>two</h1>", **HTML)
    assert browse(DEV_HOST, If_None_Match=etag).status == 200


def test_text_is_compressed_when_asked(app: Any, browse: Browse) -> None:
    """AWS: known types of 1,000 bytes and more; identity and gzip are cached apart."""
    app("big.js", b"x" * 1000, ContentType="text/javascript", CacheControl="max-age=60")
    app("small.js", b"x" * 999, ContentType="text/javascript", CacheControl="max-age=60")
    zipped = browse(DEV_HOST, "/big.js", Accept_Encoding="gzip, br")
    assert (zipped.headers["content-encoding"], gzip.decompress(zipped.body)) == ("gzip", b"x" * 1000)
    plain = browse(DEV_HOST, "/big.js", Accept_Encoding="identity")
    assert (plain.headers["content-encoding"], plain.body) == (None, b"x" * 1000)
    assert browse(DEV_HOST, "/small.js", Accept_Encoding="gzip").headers["content-encoding"] is None


def test_a_disabled_distribution_answers_no_more(
    cloud: CloudProcess, app: Any, cdn: Any, browse: Browse
) -> None:
    config, etag = read(cdn)
    cloud.settings(deploy_seconds=0.1)
    cdn.update_distribution(Id=DEV, DistributionConfig=config | {"Enabled": False}, IfMatch=etag)
    wait_for(lambda: browse(DEV_HOST).status == 403)
