"""Names as bundlers write them and as people do. A person's name taken for hashed would be cached for a year."""

import random
import string

import pytest

from deployments.naming import content_type, hashed_beside, is_hashed

HASHED = """
static/js/main.3f2a1b9c.js
static/js/2.3f2a1b9c.chunk.js
static/js/main.abcdefab.js
static/js/main.20391745.js
static/css/main.073c9b0a.css
static/css/main.073c9b0a.chunk.css
static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg
js/app.3f2a1b9c.js
js/chunk-vendors.0d1e2f3a.js
js/runtime~main.a1b2c3d4.js
assets/index-DOsFuSQ-.css
assets/index-BfRcyQFf.js
assets/index-_Lm5x1Fg.js
assets/index-O7eZKg-s.js
assets/vendor-D-x9_pQa.js
assets/index.8a6d2b1c.js
assets/index-8a6d2b1c.js
assets/polyfills-legacy-CkvU3O2J.js
assets/roboto-latin-400-normal-CkvU3O2J.woff2
assets/react-35ef61ed.svg
index-CPd3x9Qz.js
index.3f2a1b9c.js
photo.0f9e8d7c.webp
manifest.5f2a9b3c.webmanifest
main-5QJX6QKE.js
chunk-ABCDEFGH.js
styles-5INURTSO.css
media/inter-RZVGQ3PL.woff2
_nuxt/BfRcyQFf.js
_nuxt/entry.DOsFuSQ_.css
_astro/hoisted.BfRcyQFf.js
_app/immutable/entry/start.DOsFuSQ-.js
_app/immutable/chunks/BfRcyQFf.js
_next/static/chunks/webpack-3f2a1b9c0d1e2f3a.js
_next/static/chunks/pages/_app-0d1e2f3a4b5c6d7e.js
_next/static/css/3f2a1b9c0d1e2f3a.css
_next/static/media/c9a5bc6a7c948fb0-s.p.woff2
_next/static/mSx2Qv0bZ4k9aT7yLwP3d/_buildManifest.js
dist/3f2a1b9c0d1e2f3a4b5c.png
assets/app-6b0cb9d1e2f3a4b5c6d7e8f9a0b1c2d3.js
css/base.27e20196a850.css
workbox-3e911b1d.js
wasm/engine.9c8b7a6f.wasm
assets/locale-de.4b5c6d7e.json
""".split()

PLAIN = """
jquery-ui-1.13.2.min.js
jquery-3.7.1.min.js
jquery-3.7.1.slim.min.js
some-component.js
assets/some-component.js
assets/some-checkout.js
assets/page-Homepage.js
assets/js/plugin-version2.js
assets/app-v1-2-3-4.js
assets/homePage.js
vendor/my-FancyBox.js
js/main-DropDown.js
background-image-large.png
logo-black-2x.png
logo-FACEBOOK.png
assets/logo-FancyBox.png
fontawesome-webfont.woff2
fa-solid-900.woff2
bootstrap.bundle.min.js
bootstrap-5.3.3.min.css
d3.v7.min.js
polyfills.js
main.js
app.js
index.js
static/js/bundle.js
favicon.ico
favicon-32x32.png
apple-touch-icon-180x180.png
android-chrome-512x512.png
logo192.png
robots.txt
manifest.json
IMG-20240131.jpg
IMG_20240131_123456.jpg
photo.12345678.jpg
report-20240131.pdf
app.20240131.js
app-1700000000.js
app.1700000000000.js
app.20240131123456.js
deadbeef.js
facade.js
cafebabe.png
defaced-facebeef.png
static/js/main.3f2a1b9c.js.map
static/js/main.3f2a1b9c.js.LICENSE.txt
static/js/main.3f2a1b9c.js.gz
assets/index-DOsFuSQ-.js.map
notes.3f2a1b9c.html
docs/guide.3f2a1b9c.md
_next/static/development/_buildManifest.js
assets/index-3f2a1b9.js
.well-known/assetlinks.json
AdditionalResources.json
DataTables-2.1.8.min.js
locales/en-US.json
fonts/OpenSans-SemiBold.woff2
fonts/OpenSans-ExtraBoldItalic.ttf
""".split()


@pytest.mark.parametrize("path", HASHED)
def test_a_bundlers_hash(path: str) -> None:
    assert is_hashed(path)


@pytest.mark.parametrize("path", PLAIN)
def test_a_persons_name(path: str) -> None:
    assert not is_hashed(path)


@pytest.mark.parametrize(
    ("shape", "alphabet", "length", "most"),
    [
        ("assets/index-{}.js", string.ascii_letters + string.digits + "-_", 8, 0.004),
        ("assets/logo-{}.png", string.ascii_letters + string.digits + "-_", 8, 0.04),
        ("main-{}.js", string.ascii_uppercase + "234567", 8, 0),
        ("main.{}.js", "0123456789abcdef", 8, 0.001),
        ("_next/static/css/{}.css", "0123456789abcdef", 16, 0.001),
    ],
)
def test_few_random_hashes_are_missed(shape: str, alphabet: str, length: int, most: float) -> None:
    """An unhashed script refuses a build, so hashes that look like words must stay rare."""
    dice = random.Random(7)
    names = [shape.format("".join(dice.choices(alphabet, k=length))) for _ in range(10_000)]
    assert sum(not is_hashed(name) for name in names) <= most * len(names)


BASE64 = string.ascii_letters + string.digits + "-_"

WORDS = """
settings Homepage checkout dropdown carousel overview Describe calendar comments keyboard language lightbox
sections elements tooltips messages products features gallery1 version2 my-theme polyfill bindings
""".split()


def build(dice: random.Random, chunks: int) -> list[str]:
    """What Vite puts into `assets/` besides the entry point's script."""
    names = [f"assets/part{n}-{''.join(dice.choices(BASE64, k=8))}.js" for n in range(chunks)]
    return ["index.html", "favicon.ico", f"assets/index-{''.join(dice.choices(BASE64, k=8))}.css", *names]


def test_no_random_hash_is_missed_beside_its_like() -> None:
    """Of 100,000 builds none is refused, but for the tiny ones that hold nothing else that is surely a hash."""
    dice = random.Random(7)
    missed = 0
    for _ in range(100_000):
        entry = f"assets/index-{''.join(dice.choices(BASE64, k=8))}.js"
        if not is_hashed(entry):
            missed += entry not in hashed_beside([entry, *build(dice, dice.randint(0, 40))])
    assert missed <= 2


def test_words_are_left_to_who_wrote_the_tag() -> None:
    dice = random.Random(7)
    for word in WORDS:
        path = f"assets/main-{word}.js"
        assert not is_hashed(path)
        assert path in hashed_beside([path, *build(dice, 20)])


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("assets/main-settings.js", ["assets/app.3f2a1b9c.js", "assets/app-8a6d2b1c.js"]),
        ("assets/main-settings.js", ["assets/jquery.js", "assets/theme.css", "assets/index-DOsFuSQ-.js"]),
        ("assets/main-settings.js", ["js/index-DOsFuSQ-.js", "index-DOsFuSQ-.js"]),
        ("assets/main.settings.js", ["assets/index-DOsFuSQ-.js", "assets/index-BfRcyQFf.css"]),
        ("js/main-settings.js", ["js/index-DOsFuSQ-.js", "js/index-CPd3x9Qz.css"]),
        ("assets/jquery-migrate.js", ["assets/index-DOsFuSQ-.js", "assets/index-CPd3x9Qz.css"]),
        ("assets/logo-settings.png", ["assets/index-DOsFuSQ-.js", "assets/index-CPd3x9Qz.css"]),
        ("assets/settings.js", ["assets/index-DOsFuSQ-.js", "assets/index-CPd3x9Qz.css"]),
    ],
)
def test_what_is_no_hash_whoever_wrote_the_tag(path: str, beside: list[str]) -> None:
    """Hex only, few hashes, another folder, another sign, no bundler's folder, seven letters, no script, no stem."""
    assert not hashed_beside([path, *beside])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/B.HTML", "text/html; charset=utf-8"),
        ("main.js", "text/javascript; charset=utf-8"),
        ("main.mjs", "text/javascript; charset=utf-8"),
        ("main.css", "text/css; charset=utf-8"),
        ("main.js.map", "application/json; charset=utf-8"),
        ("logo.svg", "image/svg+xml; charset=utf-8"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("site.webmanifest", "application/manifest+json; charset=utf-8"),
        (".well-known/apple-app-site-association", "application/json; charset=utf-8"),
        ("LICENSE", "application/octet-stream"),
        ("a.xyz", "application/octet-stream"),
        (".html", "application/octet-stream"),
        ("folder.js/file", "application/octet-stream"),
    ],
)
def test_content_type(path: str, expected: str) -> None:
    assert content_type(path) == expected
