"""The names in an archive, judged as paths that become object keys and addresses."""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol
from unicodedata import normalize

from deployments.reasons import Reason

# Control characters, line and paragraph separators, and what turns the direction of text around.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"[A-Za-z]:")


class Named(Protocol):
    @property
    def name(self) -> str: ...


def is_ignored(name: str) -> bool:
    """Whether the entry is a folder or one of macOS's own files, which are in many archives by accident."""
    *folders, last = name.split("/")
    return not last or last == ".DS_Store" or "__MACOSX" in folders


def check_names(members: Iterable[Named], longest: int, *, one_folder: bool = False) -> Iterator[Reason]:
    """Every reason to refuse one of the names, or all of them together; `longest` in bytes of UTF-8.

    All of them inside one folder are a mistake, except where `one_folder` says so.
    """
    names = [member.name for member in members]
    wrong = [Reason(shown(name), text) for name in names if (text := _judge(name, longest))]
    yield from wrong
    if not wrong:
        yield from _check_together(names)
        yield from _check_top([name for name in names if not is_ignored(name)], one_folder)


def shown(name: str) -> str:
    """The name with what cannot be seen spelled out, and not longer than anybody reads."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", name)[:300]


def _judge(name: str, longest: int) -> str | None:
    if _UNSEEN.search(name):
        return "Its name holds a control character or one that turns the text's direction."
    if "\\" in name:
        return "Its name holds a backslash; paths in a zip are written with /."
    if name.startswith("/") or _DRIVE.match(name):
        return "Its name is an absolute path; only paths inside the archive are accepted."
    segments = name.removesuffix("/").split("/")
    if ".." in segments:
        return "Its name leads out of the archive by “..”."
    if "" in segments or "." in segments:
        return "Its name has an empty segment or “.” between slashes."
    if len(name.encode()) > longest:
        return f"Its name has more than the {longest} bytes that are left for it in an object key."
    return None


def _check_together(names: list[str]) -> Iterator[Reason]:
    files: dict[str, str] = {}
    folders: set[str] = set()
    for name in names:
        folded = fold(name.removesuffix("/"))
        folder = folded if name.endswith("/") else folded.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
        if name.endswith("/"):
            continue
        if folded in files:
            yield Reason(name, f"Its name is the same as {files[folded]} once case and accents are folded.")
        files[folded] = name
    yield from (Reason(files[name], "It is a file and a folder at once.") for name in files.keys() & folders)


def fold(name: str) -> str:
    """The name as a reader sees it that knows neither case nor how an accent is composed."""
    return name if name.isascii() and name.islower() else normalize("NFC", normalize("NFC", name).casefold())


def _check_top(files: list[str], one_folder: bool) -> Iterator[Reason]:
    tops = {name.partition("/")[0] for name in files}
    if not files:
        yield Reason(None, "The archive holds no files.")
    elif len(tops) == 1 and "/" in files[0] and not one_folder:
        (top,) = tops
        yield Reason(
            None, f"All files are inside the folder {top}/; make the archive from what is in that folder."
        )
