"""Verification believes bytes only, and never asks anybody but the environment's own public addresses."""

import asyncio
import gzip
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.edge import EdgeTarget, Network, check_assets, first_page, verify_release
from deployments.edge_client import is_public, resolve
from deployments.manifest import Kind, Manifest
from tests.deployments.sites import Reply, Site, certificate, served, site_of
from tests.deployments.test_entrypoints import CSS, JS, VITE
from tests.deployments.test_manifest import entry

HOST, OTHER = "test.tim-combo.com", "www.test.tim-combo.com"
BODIES = {
    "index.html": VITE.encode(),
    JS: b"run()",
    CSS: b"body{}",
    "config.json": b"{}",
    "sw.js": b"1",
    "logo.svg": b"<svg/>",
}
PAGES = {
    "index.html": b"<h1>home</h1>",
    "docs/index.html": b"<h1>docs</h1>",
    "404.html": b"<h1>not here</h1>",
    "main.css": b"h1{}",
}


def manifest_of(bodies: dict[str, bytes], kind: Kind = "app") -> Manifest:
    references = {"index.html": tuple(path for path in (JS, CSS) if path in bodies)}
    return Manifest.of((entry(path, body, kind) for path, body in bodies.items()), references=references)


APP, STATIC = manifest_of(BODIES), manifest_of(PAGES, "static")


def target(site: Site) -> EdgeTarget:
    return EdgeTarget(HOST, frozenset({HOST, OTHER}), edge=site.url)


def problems(site: Site, manifest: Manifest = APP, kind: str = "app") -> list[str]:
    with served(site):
        verdict = verify_release(target(site), manifest, kind)
    assert verdict.ok == (not verdict.problems)
    return list(verdict.problems)


def test_an_app_that_is_served_whole() -> None:
    site = site_of(APP, BODIES)
    assert problems(site) == []
    paths = [path for _, path, _ in site.asked]
    assert {"/", "/index.html", f"/{JS}", f"/{CSS}", "/config.json", "/sw.js"} < set(paths)
    assert "/logo.svg" not in paths
    assert {host for host, _, _ in site.asked} == {HOST}
    assert {headers["Accept-Encoding"] for _, _, headers in site.asked} == {"identity"}


def test_strange_addresses_are_fresh_every_round() -> None:
    site = site_of(APP, BODIES)
    assert problems(site) == []
    assert problems(site) == []
    strange = [path for _, path, _ in site.asked if "console-check" in path]
    assert len(strange) == len(set(strange)) == 4


@pytest.mark.parametrize(
    ("path", "reply", "expected"),
    [
        ("/", Reply(b"old"), "/: answered with other bytes than this release's index.html."),
        (
            "/index.html",
            Reply(b"old"),
            "/index.html: answered with other bytes than this release's index.html.",
        ),
        (
            "/index.html",
            Reply(b"", status=403),
            "/index.html: answered 403 instead of this release's index.html.",
        ),
        (f"/{JS}", Reply(b"", status=404), f"/{JS}: answered 404 instead of this release's {JS}."),
        (f"/{JS}", Reply(b"run()"), f"/{JS}: answered as text/html instead of text/javascript."),
        (
            f"/{JS}",
            Reply(b"run(", "text/javascript"),
            f"/{JS}: answered with other bytes than this release's {JS}.",
        ),
        (f"/{CSS}", Reply(b"body{}", "text/plain"), f"/{CSS}: answered as text/plain instead of text/css."),
        ("/config.json", Reply(b"{1}", "application/json"), "/config.json: answered with other bytes"),
        ("/sw.js", Reply(b"0", "text/javascript"), "/sw.js: answered with other bytes"),
    ],
)
def test_what_is_not_of_this_release_is_named(path: str, reply: Reply, expected: str) -> None:
    site = site_of(APP, BODIES)
    site.replies[path] = reply
    (found,) = problems(site)
    assert found.startswith(expected)


def test_entry_points_are_named_first() -> None:
    site = site_of(APP, BODIES)
    site.replies |= {f"/{CSS}": Reply(b"", status=404), "/": Reply(b"old")}
    assert [problem.partition(":")[0] for problem in problems(site)] == ["/", f"/{CSS}"]


def test_a_missing_asset_must_not_answer_the_app() -> None:
    site = site_of(APP, BODIES)
    site.fallback = site.replies["/"]
    (found,) = problems(site)
    assert found.startswith("/assets/console-check-")
    assert found.endswith(".js: answered 200 though there is no such file; it must answer 404.")


def test_a_deep_link_must_answer_the_app() -> None:
    site = site_of(APP, BODIES)
    site.links = None
    (found,) = problems(site)
    assert found.startswith("/console-check/")
    assert found.endswith(": answered 404 instead of this release's index.html.")


def test_compressed_bytes_are_not_the_file() -> None:
    site = site_of(APP, BODIES)
    packed = gzip.compress(VITE.encode())
    site.replies["/index.html"] = Reply(packed, headers={"Content-Encoding": "gzip"})
    assert problems(site) == ["/index.html: answered with other bytes than this release's index.html."]


def test_an_endless_answer_is_cut_off() -> None:
    site = site_of(APP, BODIES)
    site.replies["/"] = Reply(VITE.encode() + b" " * 5_000_000)
    assert problems(site) == ["/: answered with other bytes than this release's index.html."]


@pytest.mark.parametrize("size", [0, 20_000, 300_000])
def test_a_page_is_read_to_its_end(size: int) -> None:
    """However many pieces it comes in."""
    body = bytes(position % 251 for position in range(size))
    with served(Site({"/index.html": Reply(body, headers={"X-Own": "1"})})) as site:
        page = first_page(target(site), "index.html", size)
    assert (page.status, page.headers["x-own"], page.body == body) == (200, "1", True)


def test_of_a_page_that_is_too_long_enough_is_read_to_tell() -> None:
    with served(Site({"/index.html": Reply(b"x" * 5_000_000)})) as site:
        page = first_page(target(site), "index.html", 100_000)
    assert 100_000 < len(page.body) < 1_000_000


def test_a_static_site_that_is_served_whole() -> None:
    site = site_of(STATIC, PAGES, "static")
    assert problems(site, STATIC, "static") == []
    paths = {path for _, path, _ in site.asked}
    assert {"/", "/index.html", "/docs/", "/docs/index.html"} < paths
    assert not any(path.startswith("/assets/") for path in paths)


def test_a_static_sites_folders_and_unknown_addresses() -> None:
    site = site_of(STATIC, PAGES, "static")
    del site.replies["/docs/"]
    assert problems(site, STATIC, "static") == [
        "/docs/: answered 404 instead of this release's docs/index.html."
    ]
    for fallback, why in (
        (Reply(PAGES["404.html"], status=200), "answered 200 though there is no such file"),
        (Reply(PAGES["404.html"], status=403), "answered 403 though there is no such file"),
        (Reply(b"<Error/>", status=404), "answered 404, but with another page than this release's 404.html"),
    ):
        site = site_of(STATIC, PAGES, "static")
        site.fallback = fallback
        (found,) = problems(site, STATIC, "static")
        assert found.startswith("/console-check-")
        assert why in found


def test_a_static_site_without_a_page_for_unknown_addresses() -> None:
    bodies = {"index.html": b"home"}
    manifest = manifest_of(bodies, "static")
    site = site_of(manifest, bodies, "static")
    assert problems(site, manifest, "static") == []
    site.fallback = Reply(b"<Error/>", status=403)
    assert problems(site, manifest, "static") == []
    site.fallback = Reply(b"home")
    assert len(problems(site, manifest, "static")) == 1


def test_assets_before_the_switch() -> None:
    files = (APP.by_path[JS], APP.by_path[CSS], entry("a b/grüße-3f2a1b9c.js"))
    site = site_of(APP, BODIES)
    with served(site):
        assert check_assets(target(site), files[:2]).ok
        assert check_assets(target(site), ()).ok
        assert check_assets(target(site), files).problems == (
            "/a%20b/gr%C3%BC%C3%9Fe-3f2a1b9c.js: answered 404 instead of this release's a b/grüße-3f2a1b9c.js.",
        )
        site.replies["/a%20b/gr%C3%BC%C3%9Fe-3f2a1b9c.js"] = Reply(b"x", "text/javascript; charset=utf-8")
        assert check_assets(target(site), files).ok


def test_hundreds_of_assets() -> None:
    bodies = {"index.html": b"", **{f"a-{n:08x}.js": str(n).encode() for n in range(300)}}
    manifest = manifest_of(bodies)
    with served(site_of(manifest, bodies)) as site:
        assert check_assets(target(site), manifest.files).ok


def test_no_edge_at_all() -> None:
    with served(Site({})) as site:
        pass
    (found,) = check_assets(target(site), [APP.by_path[JS]]).problems
    assert found.startswith(f"/{JS}: {HOST} could not be asked (")


# Redirects


def redirect(to: str) -> Reply:
    return Reply(b"", status=301, headers={"Location": to})


@pytest.mark.parametrize("to", [f"https://{OTHER}/moved.js", "/moved.js", f"//{OTHER}/moved.js"])
def test_redirects_within_the_environment_are_followed(to: str) -> None:
    site = Site({f"/{JS}": redirect(to), "/moved.js": Reply(b"run()", "text/javascript")})
    with served(site):
        assert check_assets(target(site), [APP.by_path[JS]]).ok
    assert site.asked[-1][:2] == (OTHER if OTHER in to else HOST, "/moved.js")


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("https://evil.example.com/a.js", "redirects to evil.example.com, which is not a hostname"),
        ("http://169.254.169.254/latest/meta-data/", "redirects to 169.254.169.254, which is not a hostname"),
        (f"https://user:secret@{HOST}/a.js", "is not a hostname of this environment"),
        ("https://[broken/", "could not be asked"),
        (f"/{JS}", "more than 3 redirects in a row"),
    ],
)
def test_other_redirects_are_not(to: str, why: str) -> None:
    site = Site({f"/{JS}": redirect(to)})
    with served(site):
        (found,) = check_assets(target(site), [APP.by_path[JS]]).problems
    assert why in found
    assert {host for host, _, _ in site.asked} == {HOST}


# Outside the demo


async def loopback(host: str) -> list[str]:
    return ["127.0.0.1"]


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path, HOST)


def live(site: Site, tls: ssl.SSLContext | None) -> EdgeTarget:
    network = Network(
        resolve=loopback, allowed=lambda address: address == "127.0.0.1", port=site.port, tls=tls
    )
    return EdgeTarget(HOST, frozenset({HOST, OTHER}), network=network)


def test_https_to_the_pinned_address_by_name(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = contexts
    with served(site_of(APP, BODIES), server) as site:
        assert verify_release(live(site, client), APP, "app").problems == ()
    assert set(site.sni) == {HOST}
    assert {host for host, _, _ in site.asked} == {f"{HOST}:{site.port}"}


def test_the_name_is_looked_up_once(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = contexts
    looked_up = []

    async def resolve_changing(host: str) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.2"]

    bodies = {"index.html": b"", **{f"a-{n:08x}.js": b"x" for n in range(100)}}
    manifest = manifest_of(bodies)
    with served(site_of(manifest, bodies), server) as site:
        at = live(site, client)
        at = replace(at, network=replace(at.network, resolve=resolve_changing))
        assert check_assets(at, manifest.files[1:]).ok
    assert looked_up == [HOST]


def test_an_untrusted_certificate_is_refused(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with served(site_of(APP, BODIES), contexts[0]) as site:
        (found,) = check_assets(live(site, None), [APP.by_path[JS]]).problems
    assert "could not be asked" in found
    assert "certificate" in found
    assert site.asked == []


def test_a_redirect_to_http_or_another_port_is_refused(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, client = contexts
    for to in (f"http://{HOST}/a.js", f"https://{HOST}:1/a.js"):
        with served(Site({f"/{JS}": redirect(to)}), server) as site:
            (found,) = check_assets(live(site, client), [APP.by_path[JS]]).problems
        assert "not to https" in found


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00:ec2::254"])
def test_a_private_address_is_never_connected_to(address: str) -> None:
    async def resolve_privately(host: str) -> list[str]:
        return ["8.8.8.8", address]

    at = EdgeTarget(HOST, frozenset({HOST}), network=Network(resolve=resolve_privately))
    found = check_assets(at, [APP.by_path[JS], APP.by_path[CSS]]).problems
    assert found[0] == (
        f"/{JS}: {HOST} resolves to {address}, which is not a public address; correct its record."
    )
    assert len(found) == 2


def test_a_name_that_is_an_address_or_resolves_to_nothing() -> None:
    async def resolve_nothing(host: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    files = [APP.by_path[JS]]
    literal = EdgeTarget("8.8.8.8", frozenset({"8.8.8.8"}))
    assert "is an address" in check_assets(literal, files).problems[0]
    nowhere = EdgeTarget(HOST, frozenset({HOST}), network=Network(resolve=resolve_nothing))
    assert (
        "the name test.tim-combo.com does not resolve (Name or service"
        in check_assets(nowhere, files).problems[0]
    )


def test_the_hosts_own_resolver() -> None:
    assert "127.0.0.1" in asyncio.run(resolve("localhost"))
    at = EdgeTarget("localhost", frozenset({"localhost"}))
    assert "is not a public address" in check_assets(at, [APP.by_path[JS]]).problems[0]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("13.32.1.1", True),
        ("2600:9000:2000::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public
