"""What the running release reads of an environment's configuration, told by who knows what runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from products.configuration import KeyChange
from products.models import Environment


@dataclass(frozen=True)
class Served:
    """The `/config.json` that visitors get: its values, and the version of the release that reads them."""

    version: str
    values: Mapping[str, str]


ServedBy = Callable[[Environment], Served | None]

served_by: list[ServedBy] = []
"""Where `deployments`, which knows what runs where, tells it (in `AppConfig.ready`). None: no `/config.json` is served."""


def still_read(environment: Environment, changes: Sequence[KeyChange]) -> list[str]:
    """One sentence per key that a change removes or alters while the running release reads it."""
    return [
        _sentence(change, served.version)
        for told in served_by
        if (served := told(environment)) is not None
        for change in changes
        if served.values.get(change.key) not in (None, change.new)
    ]


def _sentence(change: KeyChange, version: str) -> str:
    what = "removed" if change.new is None else "changed"
    return f"{change.key} is {what}, and the running release {version} still reads it from /config.json."
