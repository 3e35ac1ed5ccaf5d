"""Whether the way back is open, as the pages of an environment and of its rollback show it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from deployments.models import EnvironmentState, Readiness
from deployments.selectors.plans import BACK_END, FRONT_END
from products.models import Environment

OLD_AFTER = timedelta(minutes=45)
"""The console looks every quarter of an hour, so an older sight means that looking fails."""


def way_back(environment: Environment, state: EnvironmentState) -> dict[str, Any]:
    """The context of `deployments/_way_back.html`.

    `ways` is `[(half in words, version, missing)]`, None when nobody has looked since the last deployment; `closed`
    whether something is known to be missing.
    """
    row = Readiness.objects.select_related("run").filter(environment=environment).first()
    seen = row if row and row.is_fresh(state) else None
    return {
        "ways": None if seen is None else [_way(way) for way in seen.ways or ()],
        "closed": seen is not None and seen.is_closed,
        "seen_at": seen.seen_at if seen else None,
        "old": seen is not None and seen.seen_at is not None and timezone.now() - seen.seen_at > OLD_AFTER,
        "looking": row is not None and row.run is not None and row.run.is_active,
        "failed": row.run.error if row and row.run else "",
    }


def missing_of(environment: Environment, state: EnvironmentState, half: str, version: str) -> list[str]:
    """What a rollback of this half to this version would miss, as last seen; nothing where nobody has looked for it."""
    row = Readiness.objects.filter(environment=environment).first()
    if row is None or not row.is_fresh(state):
        return []
    kinds = {FRONT_END: ("files",), BACK_END: ("handlers",)}.get(half, ("files", "handlers"))
    ways = [way for way in row.ways or () if way["to"] == version]
    return list(dict.fromkeys(text for way in ways for kind in kinds for text in way[kind]))


def _way(way: dict[str, Any]) -> tuple[str, str, list[str]]:
    words = "Back end alone" if way["half"] == BACK_END else ""
    return words, way["to"], [*way["files"], *way["handlers"]]
