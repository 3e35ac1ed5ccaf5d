"""What a file's name says: its content type, and whether a bundler put a hash of the content into it.

A hashed name is cached for a year, so a name that a person could have chosen is not taken for hashed. The
other mistake matters for scripts and styles only, where an unhashed name refuses a build: for these, in the
places and shapes that bundlers write, names without a digit are believed. Should a person's name slip through,
ingest refuses the next release that brings other bytes under it.

1.5 of 1,000 hashes of Vite look like words (`index-Describe.js`), and so do names of a person's own files, which Vite
copies from `public/assets/` to the same place (`main-settings.js`): no look at the name tells them apart. What does
is who wrote the tag that loads it, see `hashed_beside`.
"""

import re
from collections import Counter
from collections.abc import Collection

FOREVER = "public,max-age=31536000,immutable"

_CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "htm": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "cjs": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "map": "application/json; charset=utf-8",
    "webmanifest": "application/manifest+json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "xhtml": "application/xhtml+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/x-icon",
    "bmp": "image/bmp",
    "cur": "image/x-icon",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "eot": "application/vnd.ms-fontobject",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "pdf": "application/pdf",
    "wasm": "application/wasm",
    "zip": "application/zip",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
}
# Apple: the association file has no extension and must be served as JSON.
_CONTENT_TYPES_BY_NAME = {"apple-app-site-association": "application/json; charset=utf-8"}

_CODE = {"js", "mjs", "cjs", "css"}
# What bundlers give a hashed name: anything served with a type of its own, except pages, text and maps.
_NEVER_HASHED = {"html", "htm", "xhtml", "txt", "md", "csv", "ics", "map", "xml", "rss", "atom", "zip"}
_HASHABLE = _CONTENT_TYPES.keys() - _NEVER_HASHED

# Folders that Vite, SvelteKit, Astro, Nuxt, Next, Vue CLI and Create React App write to.
_BUNDLED = {"assets", "static", "build", "chunks", "immutable", "_app", "_astro", "_nuxt", "_next"}
# Of these, the ones where a whole name may be a hash (`_nuxt/BfRcyQFf.js`).
_NAMELESS = {"immutable", "_astro", "_nuxt", "_next"}

# What stands between the hash and the extension: `main.3f2a1b9c.chunk.js`, Next's `c9a5bc6a7c948fb0-s.p.woff2`.
_TAIL = re.compile(r"(?:\.(?:chunk|bundle|min|module|async))+$")
_HEX = re.compile(r"(?:^|[.~_-])([0-9a-f]{8,64})(?:-s(?:\.p)?)?$")
_BASE64 = re.compile(r"(?:^|(?<=[.-]))([A-Za-z0-9_-]{8})$")
_BASE32 = re.compile(r"[A-Z2-7]{8}")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
# What people put into names: words, numbers, versions, sizes (`black-2x`, `FancyBox`).
_WORDS = re.compile(r"(?:(?:[A-Z]?[a-z]+|[A-Z]+|[vV]?\d+|[a-z]+\d{1,3}|\d{1,3}[a-z]{1,3})(?:[_-]|$))+")
# The narrower choice for scripts and styles, where 1 of 1,000 random hashes looks like this and 30 like the other.
# No word of eight letters has five consonants in a row.
_PLAIN_WORDS = re.compile(
    r"(?!.*[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{5})(?:[a-z_-]+|[A-Z][a-z]+|[a-z]{4,}\d{1,2}|[vV]?[\d_-]+)"
)
_CAMEL = re.compile(r"[A-Za-z][a-z]{2,}(?:[A-Z][a-z]{2,})*")
_NEXT_BUILD = re.compile(r"_next/static/([A-Za-z0-9_-]{16,})/_(?:build|ssg|middleware)Manifest\.js")


def extension(path: str) -> str:
    """The part after the last dot of the last segment, in lower case; empty when there is none."""
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return ending.lower() if dot and stem else ""


def content_type(path: str) -> str:
    """The Content-Type to serve the path with.

    An explicit map, never the host's: a wrong type is fatal where `nosniff` is sent.
    """
    name = path.rpartition("/")[2]
    return _CONTENT_TYPES_BY_NAME.get(name) or _CONTENT_TYPES.get(extension(path), "application/octet-stream")


def is_code(path: str) -> bool:
    """Whether the path is a script or a style by its extension."""
    return extension(path) in _CODE


def is_hashed(path: str) -> bool:
    """Whether the name carries a hash of the content, as bundlers write it, so that the bytes never change.

    Source maps, licence texts and compressed copies are never hashed: bundlers give them the same name with
    other bytes.
    """
    ending = extension(path)
    if ending not in _HASHABLE:
        return False
    if build := _NEXT_BUILD.fullmatch(path):
        return _mixed(build[1])
    folder, _, name = path.rpartition("/")
    stem = _TAIL.sub("", name[: -len(ending) - 1])
    code, folders = ending in _CODE, set(folder.split("/"))
    return _ends_in_hex(stem, code) or _ends_in_base64(stem, code, folders)


def hashed_beside(paths: Collection[str]) -> frozenset[str]:
    """The scripts and styles of a build that are hashed, by what lies beside them, if a bundler wrote their tag.

    They are among the names that `is_hashed` takes for a person's: they end in eight letters as the hashes in their
    folder do, and these are no fewer than the names there that hold no hash. Where a person wrote the tag this says
    nothing: they name their own files, and never a hash.
    """
    alike: Counter[tuple[str, str]] = Counter()
    bare: Counter[str] = Counter()
    there = [path for path in paths if extension(path) in _HASHABLE and _folders(path) & _BUNDLED]
    plain = [path for path in there if not is_hashed(path)]
    alike.update((_folder(path), _sign(path)) for path in set(there).difference(plain))
    bare.update(map(_folder, plain))
    code = ((path, _folder(path), _sign(path)) for path in plain if is_code(path))
    return frozenset(path for path, folder, sign in code if sign and alike[folder, sign] >= bare[folder])


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _folders(path: str) -> set[str]:
    return set(_folder(path).split("/"))


def _sign(path: str) -> str:
    """What stands before a name's last eight characters when they can be a hash in base64url, and no other kind."""
    name = path.rpartition("/")[2]
    stem = _TAIL.sub("", name[: -len(extension(path)) - 1])
    found = _BASE64.search(stem)
    return stem[-9:-8] if found and not _HEX.search(stem) else ""


def _ends_in_hex(stem: str, code: bool) -> bool:
    found = _HEX.search(stem)
    if not found:
        return False
    token = found[1]
    if token == stem and len(token) < 16:
        return False
    if token.isdigit():
        return code and len(token) in {8, 16, 20, 32} and not _DATE.fullmatch(token)
    return code or not token.isalpha()


def _ends_in_base64(stem: str, code: bool, folders: set[str]) -> bool:
    found = _BASE64.search(stem)
    if not found or (found[1] == stem and not folders & _NAMELESS):
        return False
    token = found[1]
    if not code:
        return not (_WORDS.fullmatch(token) or _CAMEL.fullmatch(token) or token.islower())
    bundled = folders & _BUNDLED or _BASE32.fullmatch(token)
    return not _PLAIN_WORDS.fullmatch(token) and bool(bundled or not _CAMEL.fullmatch(token))


def _mixed(token: str) -> bool:
    return token.lower() != token != token.upper() and any(c.isdigit() for c in token)
