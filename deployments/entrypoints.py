"""What a page loads, and whether a build may be shipped with pages like that.

An app's page may name only hashed scripts and styles of its own build: any other would change under a visitor's
page, or be missing, while releases are switched.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from deployments.inline import Load, Use, inline_loads
from deployments.manifest import CONFIG, INDEX, FileEntry, Kind, Manifest, Role
from deployments.markup import Tag, start_tags
from deployments.reasons import Reason

Read = Callable[[FileEntry], bytes]

# More would keep a worker busy with parsing; a bundler's page has a few kilobytes.
LARGEST_PAGE = 1024 * 1024
_HERE = "https://this.invalid"
EMPTY = "It holds no HTML; the build may have been broken off."


class Reference(NamedTuple):
    """Something a page loads from its own origin: path without a leading slash or query, and what for."""

    path: str
    use: Use


def references(page: bytes, path: str = INDEX) -> tuple[Reference, ...]:
    """What the page at `path` loads from its own origin, each once, in its order; foreign code is not.

    What inline scripts and styles import is, as far as a literal names it.
    """
    tags = _tags(page)
    return _references(tags, _base(tags, path))


def vites_references(page: bytes, path: str) -> tuple[Reference, ...]:
    """Those of them that Vite names itself.

    Vite: it gives every tag that it writes the attribute `crossorigin`, and leaves those as they are that load files
    of `public/`.
    """
    tags = _tags(page)
    return _references([tag for tag in tags if "crossorigin" in tag.attributes], _base(tags, path))


def _references(tags: list[Tag], base: str) -> tuple[Reference, ...]:
    loads = (load for tag in tags for load in _loads(tag))
    found = (Reference(own, use) for link, use in loads if (own := _own_path(base, link)) is not None)
    return tuple(dict.fromkeys(found))


def _tags(page: bytes) -> list[Tag]:
    return list(start_tags(page.decode("utf-8", errors="replace")))


def _base(tags: list[Tag], path: str) -> str:
    """What links are relative to. The first base counts for all of the page, also for what stands before it."""
    given = (tag.attributes["href"] for tag in tags if tag.name == "base" and "href" in tag.attributes)
    try:
        return urljoin(f"{_HERE}/{path}", _tidy(next(given, "")))
    except ValueError:
        return f"{_HERE}/{path}"


def _loads(tag: Tag) -> Iterator[Load]:
    given = tag.attributes
    if tag.name == "link" and given.get("href") and (use := _link_use(given)):
        yield given["href"], use
    elif tag.name == "script" and given.get("src"):
        yield given["src"], "script"
    else:
        yield from inline_loads(tag)


def _link_use(given: Mapping[str, str]) -> Use | None:
    rel, loads = given.get("rel", "").lower().split(), given.get("as", "").lower()
    if "stylesheet" in rel or ("preload" in rel and loads == "style"):
        return "style"
    if "modulepreload" in rel or ("preload" in rel and loads == "script"):
        return "script"
    return "preload" if "preload" in rel else None


def _tidy(link: str) -> str:
    """The link as browsers read it: without white space around it or line breaks in it."""
    return link.strip().translate({ord(c): None for c in "\t\r\n"})


def _own_path(base: str, link: str) -> str | None:
    try:
        parts = urlsplit(urljoin(base, _tidy(link)))
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" != _HERE:
        return None
    return unquote(parts.path).lstrip("/")


def page_references(manifest: Manifest, read: Read, kind: Kind) -> dict[str, tuple[str, ...]]:
    """Per entry point the scripts and styles of the build that it loads, for `Manifest.references`.

    For a static site of `index.html` only: it is what verification asks for.
    """
    pages = manifest.with_role(Role.ENTRY_POINT)
    asked = [page for page in pages if kind == "app" or page.path == INDEX]
    return {page.path: _code_of(manifest, page, read) for page in asked if page.size <= LARGEST_PAGE}


def _code_of(manifest: Manifest, page: FileEntry, read: Read) -> tuple[str, ...]:
    code = (found.path for found in references(read(page), page.path) if found.use != "preload")
    return tuple(dict.fromkeys(path for path in code if path in manifest.by_path))


def check_entry_points(manifest: Manifest, read: Read, kind: Kind) -> list[Reason]:
    """Every reason, by the name of the page, to refuse the build; `read` gives a file's bytes."""
    if INDEX not in manifest.by_path:
        return [Reason(None, f"There is no {INDEX} at the root of the archive.")]
    if kind == "static":
        index = manifest.by_path[INDEX]
        return [] if index.size > LARGEST_PAGE or _tags(read(index)) else [Reason(INDEX, EMPTY)]
    pages = manifest.with_role(Role.ENTRY_POINT)
    return [reason for page in pages for reason in _check_page(manifest, page, read)]


def _check_page(manifest: Manifest, page: FileEntry, read: Read) -> list[Reason]:
    if page.size > LARGEST_PAGE:
        return [
            Reason(page.path, f"This page has {page.size} bytes; an app's page has at most {LARGEST_PAGE}.")
        ]
    tags = _tags(read(page))
    base = _base(tags, page.path)
    texts = (
        None if tags else EMPTY,
        _elsewhere(base),
        *(_judge(manifest, found) for found in _references(tags, base)),
    )
    return list(dict.fromkeys(Reason(page.path, text) for text in texts if text))


def _elsewhere(base: str) -> str | None:
    """Why the page's code would come from where nobody checks it, and not with the release."""
    here = base.startswith(f"{_HERE}/")
    return None if here else f"Its <base> leads to {base}, so its scripts and styles would load from there."


def _judge(manifest: Manifest, found: Reference) -> str | None:
    file = manifest.by_path.get(found.path)
    if file is None:
        # Written at deploy time when the build left it to the environment.
        left_out = manifest.placeholder_config and found.path == CONFIG
        return None if left_out else f"It names /{found.path}, which is not in the archive."
    if found.use != "preload" and file.role is not Role.HASHED:
        return (
            f"It names the {found.use} /{found.path}, whose name holds no hash of its content; "
            "let the bundler put the hash into the name."
        )
    return None


def conflicts(manifest: Manifest, retained: Mapping[str, str]) -> list[Reason]:
    """Hashed paths whose bytes differ from a retained release's; `retained` maps path to sha256."""
    return [
        Reason(
            file.path,
            "A retained release has other bytes under this hashed name, which browsers keep for a year; "
            "give the file a new name.",
        )
        for file in manifest.with_role(Role.HASHED)
        if retained.get(file.path, file.sha256) != file.sha256
    ]
