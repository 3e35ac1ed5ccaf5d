"""From the text of an estate file to its data, or to every mistake in it with line and field."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from timcombo_console.estate.problems import BadEstate, Place, Problem, words
from timcombo_console.estate.references import mistakes
from timcombo_console.estate.schema import Estate

_TEXTS = {
    "missing": "is missing.",
    "extra_forbidden": "is not a field of the estate file. Remove it or correct its name.",
    "string_type": "must be text. Put it in quotes.",
    "bool_type": "must be true or false.",
    "list_type": "must be a list.",
    "dict_type": "must be a mapping of names to values.",
    "model_type": "must be a mapping of names to values.",
}


class Source:
    """A file that was read: its data, and the line of every value."""

    def __init__(self, text: str) -> None:
        self.document = _parse(text)
        self.estate = self._checked()
        self.refuse(mistakes(self.estate))

    def problem(self, place: Place, text: str) -> Problem:
        """A mistake at a place of this file."""
        return Problem(self._line(place), words(place), text)

    def refuse(self, found: Iterable[tuple[Place, str]]) -> None:
        """Raise BadEstate when there are mistakes."""
        problems = [self.problem(place, text) for place, text in found]
        if problems:
            raise BadEstate(problems)

    def _checked(self) -> Estate:
        try:
            return Estate.model_validate(_plain(self.document))
        except ValidationError as error:
            raise BadEstate([self._told(item) for item in error.errors()]) from error

    def _told(self, item: Any) -> Problem:
        text = _TEXTS.get(item["type"]) or item["msg"].removeprefix("Value error, ")
        return self.problem(item["loc"], text if text.endswith(".") else f"{text}.")

    def _line(self, place: Place) -> int:
        """The line of the value, or of the nearest thing around it that exists."""
        node, line = self.document, 1
        for part in place:
            if isinstance(node, CommentedMap) and part in node:
                line = node.lc.key(part)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                line = node.lc.item(part)[0] + 1
            else:
                break
            node = node[part]
        return line


def _parse(text: str) -> Any:
    try:
        return YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        raise BadEstate([_marked(error, "The same key is there twice. Keep one of them.")]) from error
    except MarkedYAMLError as error:
        raise BadEstate([_marked(error, f"This is not YAML: {error.problem}.")]) from error
    except (YAMLError, ValueError) as error:
        raise BadEstate([Problem(1, "the file", f"This is not YAML: {error}.")]) from error


def _marked(error: MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(mark.line + 1 if mark else 1, "the file", text)


def _plain(node: Any) -> Any:
    """The same data in Python's own types; what YAML has besides is left as it is, and refused by the schema."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, int) and not isinstance(node, bool):
        return int(node)
    return node
