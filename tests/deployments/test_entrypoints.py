"""What pages load, and builds whose pages would break while releases are switched."""

from time import process_time

import pytest

from deployments.entrypoints import LARGEST_PAGE, check_entry_points, conflicts, page_references, references
from deployments.manifest import FileEntry, Manifest
from tests.deployments.test_manifest import entry

JS, CSS = "assets/index-BfRcyQFf.js", "assets/index-DOsFuSQ-.css"
VITE = f"""<!doctype html><html><head>
<link rel="icon" href="/favicon.svg">
<script type="module" crossorigin src="/{JS}"></script>
<link rel="stylesheet" crossorigin href="/{CSS}">
<script>inline()</script><!-- <script src="/old.js"></script> -->
</head><body><div id="root"></div></body></html>"""


def found(page: str, path: str = "index.html") -> list[tuple[str, str]]:
    return [(reference.path, reference.use) for reference in references(page.encode(), path)]


def test_scripts_and_styles_of_a_bundlers_page() -> None:
    assert found(VITE) == [(JS, "script"), (CSS, "style")]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('<script src="a.js"></script>', [("app/a.js", "script")]),
        ('<script src="./a.js?v=1#x"></script>', [("app/a.js", "script")]),
        ('<script src="../a.js"></script>', [("a.js", "script")]),
        ('<script src="../../a.js"></script>', [("a.js", "script")]),
        ("<script src=' /a%20b.js\n'></script>", [("a b.js", "script")]),
        ("<SCRIPT SRC=/a.js></SCRIPT>", [("a.js", "script")]),
        ('<script src="/a&amp;b.js"></script>', [("a&b.js", "script")]),
        ('<script src="/a.js"></script><script src="/a.js"></script>', [("a.js", "script")]),
        ('<script src="/a.js" src="/b.js"></script>', [("a.js", "script")]),
        ('<script nomodule src="/a.js"></script>', [("a.js", "script")]),
        ('<link rel="StyleSheet" href="/a.css">', [("a.css", "style")]),
        ('<link rel="alternate stylesheet" href="/a.css">', [("a.css", "style")]),
        ('<noscript><link rel="stylesheet" href="/a.css"></noscript>', [("a.css", "style")]),
        ('<link rel="modulepreload" href="/a.js">', [("a.js", "script")]),
        ('<link rel="preload" as="script" href="/a.js">', [("a.js", "script")]),
        ('<link rel="preload" as="style" href="/a.css">', [("a.css", "style")]),
        ('<link rel="preload" as="font" href="/a.woff2">', [("a.woff2", "preload")]),
        ('<link rel="canonical" href="/a">', []),
        ('<base href="/v2/"><script src="a.js"></script>', [("v2/a.js", "script")]),
        ('<script src="a.js"></script><base href="/v2/"><base href="/v3/">', [("v2/a.js", "script")]),
        ('<base href="./"><script src="a.js"></script>', [("app/a.js", "script")]),
        ('<base href="https://cdn.example.com/"><script src="a.js"></script>', []),
        ('<script src="https://cdn.example.com/a.js"></script>', []),
        ('<script src="//cdn.example.com/a.js"></script>', []),
        ('<script src="data:text/javascript,1"></script>', []),
        ('<script src="https://[broken/a.js"></script>', []),
        ('<script src=""></script><script src></script><script>x</script>', []),
        ('<!--><script src="/a.js"></script>', [("a.js", "script")]),
        ('<!-- > <script src="/b.js"> --><script src="/a.js"></script>', [("a.js", "script")]),
        ('<!-- <script src="/b.js">', []),
        ('<title><script src="/b.js"></title><script src="/a.js"></script>', [("a.js", "script")]),
        ('<style>x</styles><script src="/b.js"></STYLE ><script src="/a.js"></script>', [("a.js", "script")]),
        ("<script async/src = /a.js data-x>", [("a.js", "script")]),
        ('<p title="<script src=/b.js>" x=\'>\'><script src="/a.js"></script>', [("a.js", "script")]),
        ('<script src="/a.js', []),
        ("1 < 2 <3 <? x > </p x><script src=/a.js></script>", [("a.js", "script")]),
        ('<script>document.write("<script src=/a.js>")</script>', []),
        ('<script type="module">import "/a.js"</script>', [("a.js", "script")]),
        ("<script type=module>import x,{y} from'./a.js';</script>", [("app/a.js", "script")]),
        ('<script>import( "/a.js" ).then(run)</script>', [("a.js", "script")]),
        ("<script>// import '/b.js'\nimport('/a.js')</script>", [("a.js", "script")]),
        ('<script>/* import "/b.js" */ x="https://c"; import("/a.js")</script>', [("a.js", "script")]),
        ("""<script>x='import "/b.js"'</script>""", []),
        ('<script>import("_").catch(()=>1); import React from "react"</script>', []),
        ('<script>import "https://cdn.example.com/a.js"</script>', []),
        ('<script type="importmap">{"imports":{"a":"/a.js","b/":"/b/"}}</script>', [("a.js", "script")]),
        ('<script type="importmap">{"scopes":{"/x/":{"a":"./a.js"}}}</script>', [("app/a.js", "script")]),
        ('<script type="importmap">[1] or no JSON</script>', []),
        (
            '<script nomodule id="vite-legacy-entry" data-src="/a.js">System.import(x)</script>',
            [("a.js", "script")],
        ),
        ('<script>Array.from("/docs"); Buffer.from("/9j/4AAQ"); x.from"/b.js"</script>', []),
        ("<script>say(`write import '/x.js' here`, `Moved from \"/old\"`)</script>", []),
        ('<script type="text/template">Order from "/menu" now; import "/x.js"</script>', []),
        ('<script type="application/json">{"a": "import \'/x.js\'"}</script>', []),
        ('<script type="text/plain" data-src="/consent.js"></script>', []),
        ('<script data-src="/later.js">wait()</script>', []),
        ("""<style>a::after{content:"@import /y.css"} b::after{content:'@import /z.css'}</style>""", []),
        ('<style>@import "/a.css"; /* @import "/b.css" */ p {}</style>', [("a.css", "style")]),
        ("<style>@IMPORT url(/a.css) screen;</style>", [("a.css", "style")]),
    ],
)
def test_forms_of_references(tag: str, expected: list[tuple[str, str]]) -> None:
    assert found(tag, "app/index.html") == expected


def build(page: str, *paths: str, **more: str) -> tuple[Manifest, dict[str, bytes]]:
    bodies = {"index.html": page.encode(), **dict.fromkeys(paths, b"x")}
    bodies |= {path.replace("_", "."): body.encode() for path, body in more.items()}
    return Manifest.of(entry(path, body) for path, body in bodies.items()), bodies


def refused(page: str, *paths: str, **more: str) -> list[str]:
    manifest, bodies = build(page, *paths, **more)
    return [str(reason) for reason in check_entry_points(manifest, lambda file: bodies[file.path], "app")]


def test_a_bundlers_build_is_accepted() -> None:
    assert refused(VITE, JS, CSS, "favicon.svg") == []


def test_a_missing_index() -> None:
    manifest = Manifest.of([entry("home.html"), entry("docs/index.html")])
    for kind in ("app", "static"):
        (reason,) = check_entry_points(manifest, lambda _: b"", kind)
        assert str(reason) == "There is no index.html at the root of the archive."


def test_missing_assets_are_named() -> None:
    assert refused(VITE, JS) == [f"index.html: It names /{CSS}, which is not in the archive."]


@pytest.mark.parametrize("page", ["", "\x00\x01binary", "<!-- broken"])
def test_a_page_without_html_is_named(page: str) -> None:
    assert refused(page) == ["index.html: It holds no HTML; the build may have been broken off."]
    manifest, bodies = build(page)
    assert len(check_entry_points(manifest, lambda file: bodies[file.path], "static")) == 1


def test_a_base_elsewhere_is_named() -> None:
    assert refused(f'<base href="/">{VITE}', JS, CSS, "favicon.svg") == []
    (reason,) = refused(f'<base href="https://cdn.example.com/v1/">{VITE}', JS, CSS, "favicon.svg")
    assert "leads to https://cdn.example.com/v1/" in reason


def test_preloads_must_be_there_but_not_hashed() -> None:
    page = '<link rel="preload" as="font" href="/fonts/inter.woff2">'
    assert refused(page, "fonts/inter.woff2") == []
    assert refused(page) == ["index.html: It names /fonts/inter.woff2, which is not in the archive."]


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="/main.js">',
        '<link rel="stylesheet" href="/main.css">',
        "<link rel=modulepreload href=main.js>",
        '<script src="/config.json">',
        '<script src="/sw.js">',
        '<script type="module">import { run } from "/main.js"; run()</script>',
        '<style>@import "/main.css";</style>',
    ],
)
def test_unhashed_scripts_and_styles_are_named(tag: str) -> None:
    (reason,) = refused(tag, "main.js", "main.css", "config.json", "sw.js")
    assert reason.startswith("index.html: It names the s")
    assert "holds no hash of its content" in reason


def test_every_page_of_an_app_is_checked() -> None:
    (reason,) = refused(VITE, JS, CSS, login_html='<script src="/login.js"></script>')
    assert reason == "login.html: It names /login.js, which is not in the archive."


def test_a_static_site_names_what_it_likes() -> None:
    manifest, bodies = build('<script src="/main.js"></script>', "main.js")
    assert check_entry_points(manifest, lambda file: bodies[file.path], "static") == []
    assert check_entry_points(manifest, lambda file: bodies[file.path], "app") != []


def test_the_environments_config_may_be_preloaded() -> None:
    page = b'<link rel="preload" as="fetch" href="/config.json">'
    plain = Manifest.of([entry("index.html", page)])
    left_out = Manifest.of([entry("index.html", page)], placeholder_config=True)
    assert len(check_entry_points(plain, lambda _: page, "app")) == 1
    assert check_entry_points(left_out, lambda _: page, "app") == []


def test_a_page_too_large_to_parse() -> None:
    def never(file: FileEntry) -> bytes:
        raise AssertionError(f"{file.path} was read")

    manifest = Manifest.of([entry("index.html")._replace(size=LARGEST_PAGE + 1)])
    (reason,) = check_entry_points(manifest, never, "app")
    assert "at most 1048576" in reason.text
    assert page_references(manifest, never, "app") == {}


@pytest.mark.parametrize(
    "hostile",
    [
        b"<" * 200_000,
        b"<!--" * 50_000,
        b"<a " * 70_000,
        b"&#" * 100_000,
        b"\xff\xfe\0",
        b'<a b="' * 100_000,
        b"<a b='" * 100_000,
        b"<script>" * 80_000,
        b"<script></script" * 50_000,
        b"<a" + b" " * 500_000,
        b"<a b" + b" " * 500_000,
        b"<a " + b"b=&" * 300_000,
        b"<!" * 300_000,
        b"</a" * 300_000,
        b"<script>" + b"/*" * 500_000 + b"</script>",
        b"<script>" + b"'\\" * 300_000 + b"</script>",
        b"<script>" + b"`\\" * 300_000 + b"</script>",
        b"<script>" + b"from" * 200_000 + b"</script>",
        b"<style>" + b"'\\" * 300_000 + b"</style>",
        b"<script>" + b"import(" * 100_000 + b"</script>",
        b"<script>" + b"import " + b" " * 900_000 + b"</script>",
        b"<script type=importmap>" + b'{"imports":' * 90_000 + b"</script>",
        b"<style>" + b"/*" * 500_000 + b"</style>",
        b"<style>" + b"@import;" * 100_000 + b"</style>",
    ],
)
def test_hostile_pages_are_parsed_in_time(hostile: bytes) -> None:
    started = process_time()
    assert references(hostile[:LARGEST_PAGE]) == ()
    assert process_time() - started < 5


def test_references_are_kept_for_verification() -> None:
    manifest, bodies = build(VITE, JS, CSS, docs_html=f'<script src="/{JS}"></script>')
    assert page_references(manifest, lambda file: bodies[file.path], "app") == {
        "docs.html": (JS,),
        "index.html": (JS, CSS),
    }
    assert page_references(manifest, lambda file: bodies[file.path], "static") == {"index.html": (JS, CSS)}


def test_other_bytes_under_a_hashed_name() -> None:
    manifest = Manifest.of([entry(JS), entry(JS + ".map"), entry("logo.svg")])
    same = {file.path: file.sha256 for file in manifest.files}
    assert conflicts(manifest, {}) == []
    assert conflicts(manifest, same) == []
    (reason,) = conflicts(manifest, dict.fromkeys(same, "0" * 64))
    assert reason.path == JS
    assert "other bytes" in reason.text
