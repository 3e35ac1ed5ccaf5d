"""Does every visitor get this release, whole? One round of questions to an environment's public address."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from secrets import token_hex

from deployments.edge_client import Answer, EdgeClient, EdgeProblem, EdgeTarget, Network, Page
from deployments.manifest import INDEX, FileEntry, Manifest, Role
from deployments.planner import viewer_path

__all__ = [
    "EdgeTarget",
    "Network",
    "Verdict",
    "check_assets",
    "first_page",
    "serves_release",
    "verify_release",
]

ROUND_SECONDS = 60
MOST_PAGES = 20
NOT_FOUND = "404.html"
# Enough to tell an error page by; its bytes are of no interest.
_GLANCE = 1024 * 1024

Question = Callable[[EdgeClient], Awaitable[str | None]]


@dataclass(frozen=True)
class Verdict:
    """What one round found wrong, in words, the entry points first; nothing when all is well. `asked` is how many
    requests it made."""

    problems: tuple[str, ...]
    asked: int = 0

    @property
    def ok(self) -> bool:
        return not self.problems


def check_assets(target: EdgeTarget, files: Sequence[FileEntry]) -> Verdict:
    """Whether the edge serves each of these files with its bytes and type; one problem per file that it does not."""
    return asyncio.run(_round(target, [_serves(file.path, file) for file in files]))


def serves_release(target: EdgeTarget, manifest: Manifest, kind: str) -> Verdict:
    """As `verify_release`, but without asking for addresses that nobody asked for before: what is asked again and again
    must not look like visitors who lost their way."""
    return asyncio.run(_round(target, list(_files(manifest, kind))))


def first_page(target: EdgeTarget, path: str, most: int) -> Page:
    """One page with its headers, as visitors get it. Raises EdgeProblem."""

    async def ask() -> Page:
        async with asyncio.timeout(ROUND_SECONDS), EdgeClient(target) as client:
            return await client.page(viewer_path(path), most=most)

    try:
        return asyncio.run(ask())
    except TimeoutError as error:
        raise EdgeProblem(f"{target.host} took more than {ROUND_SECONDS} seconds to answer") from error


def verify_release(target: EdgeTarget, manifest: Manifest, kind: str) -> Verdict:
    """Whether the edge serves this release as its kind, `app` or `static`, should be served.

    Asked for: the entry points (at most 20, `index.html` first), every script and style that they name, the
    configuration and the service workers, by SHA-256 and type; once these are right, addresses that no file has, because
    each of those counts as an error at the edge.
    """
    files = serves_release(target, manifest, kind)
    if not files.ok:
        return files
    return asyncio.run(_round(target, list(_strangers(manifest, kind))))


async def _round(target: EdgeTarget, questions: list[Question]) -> Verdict:
    try:
        async with asyncio.timeout(ROUND_SECONDS), EdgeClient(target) as client:
            answers = await asyncio.gather(*(question(client) for question in questions))
    except TimeoutError:
        return Verdict(
            (f"{target.host} took more than {ROUND_SECONDS} seconds to answer everything.",), len(questions)
        )
    return Verdict(tuple(problem for problem in answers if problem), len(questions))


def _files(manifest: Manifest, kind: str) -> Iterable[Question]:
    pages = sorted(manifest.with_role(Role.ENTRY_POINT), key=lambda page: (page.path != INDEX, page.path))
    asked = [page for page in pages if page.path != NOT_FOUND or kind != "static"][:MOST_PAGES]
    for page in asked:
        yield from (_serves(path, page) for path in _addresses(page.path, kind))
    named = {path for page in asked for path in manifest.references.get(page.path, ())}
    yield from (_serves(path, manifest.by_path[path]) for path in sorted(named))
    yield from (_serves(f.path, f) for f in manifest.with_role(Role.CONFIG, Role.SERVICE_WORKER))


def _addresses(path: str, kind: str) -> Iterable[str]:
    """The paths at which visitors find the page. AWS: `/` and `/index.html` are two cache keys."""
    folder, _, name = path.rpartition("/")
    if name == INDEX and not folder:
        yield ""
    if name == INDEX and folder and kind == "static":
        yield f"{folder}/"
    yield path


def _strangers(manifest: Manifest, kind: str) -> Iterable[Question]:
    """Addresses that nobody asked for before, so that no cache answers."""
    fresh = token_hex(8)
    if kind == "static":
        yield _unknown(f"console-check-{fresh}/", manifest.by_path.get(NOT_FOUND))
        return
    yield _unknown(f"assets/console-check-{fresh}.js", None)
    if INDEX in manifest.by_path:
        yield _serves(f"console-check/{fresh}", manifest.by_path[INDEX])


def _serves(path: str, file: FileEntry) -> Question:
    """Ask whether the path answers with the file."""

    async def ask(client: EdgeClient) -> str | None:
        return await _about(client, path, file.size, lambda answer: _differs(answer, file))

    return ask


def _unknown(path: str, page: FileEntry | None) -> Question:
    """Ask whether the path, which no file has, answers that it is not found, by the site's own page if it has one."""

    def judge(answer: Answer) -> str | None:
        if answer.status not in ((404,) if page else (403, 404)):
            return f"answered {answer.status} though there is no such file; it must answer 404"
        if page and answer.sha256 != page.sha256:
            return f"answered 404, but with another page than this release's {page.path}"
        return None

    async def ask(client: EdgeClient) -> str | None:
        return await _about(client, path, page.size if page else _GLANCE, judge)

    return ask


def _differs(answer: Answer, file: FileEntry) -> str | None:
    expected = file.content_type.partition(";")[0]
    if answer.status != 200:
        return f"answered {answer.status} instead of this release's {file.path}"
    if answer.media_type != expected:
        return f"answered as {answer.media_type or 'no type'} instead of {expected}"
    if answer.sha256 != file.sha256:
        return f"answered with other bytes than this release's {file.path}"
    return None


async def _about(
    client: EdgeClient, path: str, most: int, judge: Callable[[Answer], str | None]
) -> str | None:
    shown = viewer_path(path)
    try:
        found = judge(await client.get(shown, most=most))
    except EdgeProblem as problem:
        found = str(problem)
    return found and f"{shown}: {found}."
