"""Read a back-end artifact's `handlers.yaml`, which is hostile input: texts in mappings in one list, and nothing else.

YAML's events are read as they come, so that anchors, tags and depth are refused before anything is built of them.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from deployments.archive_names import check_names, fold, is_ignored, shown
from deployments.handlers import ARCHITECTURES, HANDLERS_FILE
from deployments.reasons import BadArchive, Reason

LARGEST_YAML = 1024 * 1024
MOST_HANDLERS = 5_000
# AWS: an object key has up to 1,024 bytes; handlers of a registered prefix lie under their paths.
LONGEST_PATH = 900
_DEPTH = 4
# A handler with all fields is a mapping of four keys and values, ten events, and the file a few around them.
_MOST_EVENTS = 11 * MOST_HANDLERS
_FIELDS = ("name", "file", "architecture", "sha256")
# AWS: the name of a function has up to 64 letters, digits, - and _.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Declared(NamedTuple):
    """A handler as `handlers.yaml` names it; `sha256` of its zip in hexadecimal, empty when it is not given."""

    name: str
    file: str
    architecture: str = ARCHITECTURES[0]
    sha256: str = ""


class _Text(NamedTuple):
    line: int
    value: str


class _List(NamedTuple):
    line: int
    items: list["_Node"]


class _Mapping(NamedTuple):
    line: int
    pairs: list[tuple["_Node", "_Node"]]


_Node = _Text | _List | _Mapping


class _Wrong(Exception):
    """A mistake at a line, counted from 1; the text says what to do."""

    def __init__(self, line: int, text: str) -> None:
        self.reason = _reason(line, text)
        super().__init__(text)


def read_handlers_yaml(body: bytes, *, by_prefix: bool) -> tuple[Declared, ...]:
    """The handlers in the order of the file. `by_prefix`: the zips come from a bucket, so each needs its sha256.

    Raises BadArchive with every mistake and its line.
    """
    if len(body) > LARGEST_YAML:
        text = f"It has {len(body)} bytes; at most {LARGEST_YAML} are accepted. Leave all but handlers out of it."
        raise BadArchive([Reason(HANDLERS_FILE, text)])
    try:
        items = _items(_document(body))
    except _Wrong as wrong:
        raise BadArchive([wrong.reason]) from wrong
    required = ("name", "file", "sha256") if by_prefix else ("name", "file")
    reasons = [reason for item in items for reason in _mistakes(item, required)]
    if not reasons:
        declared = tuple(Declared(**_fields(item)) for item in items)
        reasons = [*_doubles(items, declared), *_paths(declared)]
    if reasons:
        raise BadArchive(reasons)
    return declared


def _reason(line: int, text: str) -> Reason:
    return Reason(HANDLERS_FILE, f"Line {line}: {text}")


# From bytes to nodes


def _document(body: bytes) -> _Node:
    try:
        text = body.decode("utf-8-sig")
        events = _allowed(YAML(typ="safe", pure=True).parse(text))
        document = _node(next(events, None), events)
        # What follows must be the end.
        next(events, None)
        return document
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _Wrong(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem}.") from error
    except (YAMLError, ValueError) as error:
        raise _Wrong(1, f"this is not YAML in UTF-8: {error}.") from error


def _allowed(events: Iterator[Event]) -> Iterator[Event]:
    """The events of the nodes of one document, no deeper than `handlers` needs."""
    depth = documents = 0
    for count, event in enumerate(events):
        if count > _MOST_EVENTS:
            text = f"the file holds more values than {MOST_HANDLERS} handlers have. Leave all else out of it."
            raise _Wrong(event.start_mark.line + 1, text)
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        _refuse(event, depth, documents)
        if isinstance(event, NodeEvent | CollectionEndEvent):
            yield event


def _refuse(event: Event, depth: int, documents: int) -> None:
    line = event.start_mark.line + 1
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
        raise _Wrong(line, "anchors and aliases are not accepted. Write each value where it belongs.")
    if getattr(event, "tag", None):
        raise _Wrong(line, "tags are not accepted. Write values as plain text.")
    if depth > _DEPTH:
        raise _Wrong(line, "this lies too deep. A field of a handler is one text.")
    if documents > 1:
        raise _Wrong(line, "a second document begins here. Put all handlers into one list.")


def _node(event: Event | None, events: Iterator[Event]) -> _Node:
    if event is None:
        raise _Wrong(1, "it is empty. It must hold `handlers`, a list.")
    line = event.start_mark.line + 1
    if isinstance(event, ScalarEvent):
        return _Text(line, event.value)
    if isinstance(event, MappingStartEvent):
        return _Mapping(line, [(key, next(inner)) for inner in [_inside(events)] for key in inner])
    return _List(line, list(_inside(events)))


def _inside(events: Iterator[Event]) -> Iterator[_Node]:
    """The nodes up to the end of the collection that just began."""
    while not isinstance(event := next(events), CollectionEndEvent):
        yield _node(event, events)


def _items(document: _Node) -> list[_Node]:
    """The entries of `handlers`; raises _Wrong when the file is not of that form."""
    pairs = document.pairs if isinstance(document, _Mapping) else []
    for key, _ in pairs:
        if not isinstance(key, _Text) or key.value != "handlers":
            raise _Wrong(key.line, f"“{_words(key)}” is not a field of this file. It holds only `handlers`.")
    if len(pairs) != 1 or not isinstance(pairs[0][1], _List):
        raise _Wrong(document.line, "the file must hold `handlers` once: a list with one entry per handler.")
    items = pairs[0][1].items
    if not items:
        raise _Wrong(document.line, "`handlers` is empty. Name at least one handler.")
    if len(items) > MOST_HANDLERS:
        raise _Wrong(document.line, f"there are {len(items)} handlers; at most {MOST_HANDLERS} are accepted.")
    return items


def _words(node: _Node) -> str:
    return shown(node.value) if isinstance(node, _Text) else "a list or mapping"


# From nodes to handlers


def _fields(item: _Node) -> dict[str, str]:
    pairs = item.pairs if isinstance(item, _Mapping) else []
    return {
        key.value: value.value for key, value in pairs if isinstance(key, _Text) and isinstance(value, _Text)
    }


def _mistakes(item: _Node, required: tuple[str, ...]) -> Iterator[Reason]:
    if not isinstance(item, _Mapping):
        yield _reason(item.line, "an entry of `handlers` must be a mapping with `name` and `file`.")
        return
    name = _fields(item).get("name", "")
    of = f" of {name}" if _NAME.fullmatch(name) else ""
    given = set[str]()
    for key, value in item.pairs:
        if text := _judge(key, value, given):
            yield _reason(key.line, f"“{_words(key)}”{of} {text}")
        given.add(_words(key))
    for field in required:
        if field not in given:
            yield _reason(item.line, f"“{field}”{of} is missing. Add it.")


def _judge(key: _Node, value: _Node, given: Collection[str]) -> str | None:
    if not isinstance(key, _Text) or key.value not in _FIELDS:
        return f"is not a field of a handler. Its fields are {', '.join(_FIELDS)}."
    if key.value in given:
        return "is given twice. Keep one."
    if not isinstance(value, _Text) or not value.value:
        return "must be a text."
    return _VALUES[key.value](value.value)


def _judge_name(name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return f"is {shown(name)}; a name has 1 to 64 letters, digits, - and _."
    return None


def _judge_file(file: str) -> str | None:
    return "names a folder or a file of macOS; name the handler's zip." if is_ignored(file) else None


def _judge_architecture(architecture: str) -> str | None:
    if architecture not in ARCHITECTURES:
        return f"is {shown(architecture)}; it must be {' or '.join(ARCHITECTURES)}."
    return None


def _judge_sha256(sha256: str) -> str | None:
    if not _SHA256.fullmatch(sha256):
        return f"is {shown(sha256)}; it must be 64 hexadecimal digits in small letters."
    return None


_VALUES: Mapping[str, Callable[[str], str | None]] = {
    "name": _judge_name,
    "file": _judge_file,
    "architecture": _judge_architecture,
    "sha256": _judge_sha256,
}


# All handlers together


def _doubles(items: list[_Node], declared: tuple[Declared, ...]) -> Iterator[Reason]:
    names: dict[str, int] = {}
    files: dict[str, str] = {}
    for item, one in zip(items, declared, strict=True):
        name, file = one.name.casefold(), fold(one.file)
        if name in names:
            text = f"the handler {one.name} is there already, on line {names[name]}. Keep one."
            yield _reason(item.line, text)
        elif file in files:
            text = f"{one.name} has the same file as {files[file]}, {one.file}. Give each handler a zip of its own."
            yield _reason(item.line, text)
        names.setdefault(name, item.line)
        files.setdefault(file, one.name)


class _File(NamedTuple):
    name: str


def _paths(declared: tuple[Declared, ...]) -> Iterator[Reason]:
    """What is wrong with the paths, which lie beside `handlers.yaml` in the artifact or under the prefix."""
    files = {fold(one.file): _File(one.file) for one in declared}
    yield from check_names([_File(HANDLERS_FILE), *files.values()], LONGEST_PATH)
