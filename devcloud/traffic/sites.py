"""What sites that somebody made by hand serve when the demo begins, so that they have visitors."""

import hashlib

from devcloud.cloud import Cloud
from devcloud.s3.store import Version
from devcloud.traffic.visits import bucket_of

TITLE = "Made by hand"
FILES = {
    "index.html": ("text/html", b'<!doctype html><html lang="en"><head><title>%s</title>'
        b'<link rel="stylesheet" href="/site.css"><script src="/site.js"></script></head><body><h1>%s</h1></body></html>'
        % (TITLE.encode(), TITLE.encode())),
    "404.html": ("text/html", b"<!doctype html><title>Not found</title><h1>Not found</h1>"),
    "site.css": ("text/css", b"body{font:16px/1.5 system-ui;margin:3rem}" * 40),
    "site.js": ("text/javascript", b"document.title+='.';" * 100),
}  # fmt: skip


def stock(cloud: Cloud) -> None:
    """Put a small site into every bucket that a distribution serves and that is empty."""
    for distribution in list(cloud.cdn.distributions.values()):
        bucket = bucket_of(cloud, distribution)
        if bucket is None or not bucket.empty:
            continue
        for key, (kind, body) in FILES.items():
            etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
            bucket.add(
                Version(
                    key, bucket.new_version_id(), bucket.created, body, etag, headers={"content-type": kind}
                )
            )
