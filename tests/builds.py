"""Builds of apps and sites as bundlers make them, of any size, each version with its own bytes."""

import io
import zipfile
from collections.abc import Mapping
from hashlib import sha256


def app_build(version: str, files: int = 8, *, plain: str = "", changed_every: int = 2) -> bytes:
    """The zip of an app of `files` files, of which one chunk in `changed_every` differs from version to version.

    `plain` is the text of its robots.txt, which keeps its name whatever is in it.
    """
    chunks = [_chunk(number, version if number % changed_every == 0 else "") for number in range(files - 4)]
    main = f"// {version}\n" + "\n".join(f'import("/{path}");' for path, _ in chunks)
    script, style = _hashed("assets/main", "js", main), _hashed("assets/style", "css", f"/* {version} */")
    page = (
        f'<!doctype html><title>{version}</title><link rel="stylesheet" href="/{style[0]}">'
        f'<script type="module" src="/{script[0]}"></script><main>{version}</main>'
    )
    robots = plain or "User-agent: *\nDisallow: /private/\n"
    return zip_of({"index.html": page, "robots.txt": robots, **dict([script, style, *chunks])})


def site_build(version: str, *pages: str) -> bytes:
    """The zip of a site: its start, its own page for what is not found, the documentation, and `pages`."""
    paths = ["index.html", "404.html", "docs/index.html", *pages]
    style = {"style.css": f"/* {version} */"}
    return zip_of({path: _page(path, version) for path in paths} | style)


def zip_of(files: Mapping[str, str]) -> bytes:
    """The zip of these files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return body.getvalue()


def _page(path: str, version: str) -> str:
    return f'<!doctype html><title>{path}</title><link rel="stylesheet" href="/style.css"><p>{path} {version}</p>'


def _chunk(number: int, version: str) -> tuple[str, str]:
    return _hashed(f"assets/chunk{number}", "js", f"export const chunk = '{number} {version}';\n" * 20)


def _hashed(stem: str, ending: str, text: str) -> tuple[str, str]:
    return f"{stem}.{sha256(text.encode()).hexdigest()[:12]}.{ending}", text
