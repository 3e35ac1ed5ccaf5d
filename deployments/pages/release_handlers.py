"""What the page of a release shows of its back end: its handlers beside those that run, and where their code lies."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from deployments.handlers import Handler, Handlers
from deployments.models import Artifact, CodeCopy, Release
from deployments.selectors.fleets import fleet_of, handlers_of

SHOWN = 50
HOPS_SHOWN = 8


def handlers_page(release: Release, artifact: Artifact, asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/_release_handlers.html`.

    Of the address's query, `against` is the version to compare with, `all=1` shows those that are the same, too, `q`
    filters by name, `passport=all` lists every place.
    """
    handlers, search, everything = handlers_of(artifact), asked.get("q", ""), asked.get("all") == "1"
    others = _running_back_ends(release)
    against = others.get(asked.get("against", ""), next(iter(others.values()), None))
    old = handlers_of(against) if against else Handlers(())
    found = [row for row in _rows(handlers, old) if search.lower() in row["name"].lower()]
    differing = [row for row in found if row["change"] != "same"]
    rows = found if everything or against is None else differing
    shown = rows if asked.get("shown") == "all" else rows[:SHOWN]
    query = {
        "target": Artifact.BACKEND,
        "q": search,
        "against": asked.get("against", ""),
        "all": "1" if everything else "",
    }
    return {
        "target": artifact.target,
        "total": len(handlers),
        "q": search,
        "query": [(name, text) for name, text in query.items() if text and name != "q"],
        "rows": shown,
        "found": len(rows),
        "shown_url": "" if len(shown) == len(rows) else _address(query, shown="all"),
        "differing": len(differing),
        "same": len(found) - len(differing),
        "gone": len(old.by_name.keys() - handlers.by_name.keys()),
        "against": against.release.version if against else "",
        "choices": [
            (version, _address(query, against=version), one is against) for version, one in others.items()
        ],
        "everything": everything,
        "toggle_url": _address(query, all="" if everything else "1"),
        **_passport(shown, query, everything=asked.get("passport") == "all"),
    }


def _address(query: Mapping[str, str], *, anchor: str = "handlers", **other: str) -> str:
    kept = {name: text for name, text in {**query, **other}.items() if text}
    return f"?{urlencode(kept)}#{anchor}"


def _running_back_ends(release: Release) -> dict[str, Artifact]:
    """By version, the other back ends that the product's environments call, in their order."""
    found: dict[str, Artifact] = {}
    for environment in release.product.environments.select_related("product").order_by("position"):
        fleet = fleet_of(environment)
        running = fleet.running if fleet else None
        if running and running.backend and running.release.product_id == release.product_id:
            found.setdefault(running.release.version, running.backend)
    found.pop(release.version, None)
    return found


def _rows(handlers: Handlers, old: Handlers) -> Iterator[dict[str, Any]]:
    for one in handlers.all:
        before = old.by_name.get(one.name)
        yield {
            "name": one.name,
            "architecture": one.architecture,
            "size": one.size,
            "sha256": one.sha256,
            "old": before.sha256 if before and before.content != one.content else "",
            "change": _change(before, one),
        }


def _change(before: Handler | None, now: Handler) -> str:
    if before is None:
        return "new"
    same = (before.content, before.architecture) == (now.content, now.architecture)
    return "same" if same else "changed"


def _passport(
    rows: Sequence[Mapping[str, Any]], query: Mapping[str, str], *, everything: bool
) -> dict[str, Any]:
    """Every place at which the code of these handlers lies, in the order in which it came there."""
    copies: dict[str, list[CodeCopy]] = {}
    wanted = {row["sha256"] for row in rows}
    places = CodeCopy.objects.filter(sha256__in=wanted).select_related("account", "copied_from")
    for copy in places.order_by("at", "pk"):
        copies.setdefault(copy.sha256, []).append(copy)
    hops = [_hop(row["name"], copy) for row in rows for copy in copies.get(row["sha256"], ())]
    whole = everything or len(hops) <= HOPS_SHOWN
    return {
        "hops": hops if whole else hops[:HOPS_SHOWN],
        "hops_total": len(hops),
        "hops_url": "" if whole else _address(query, anchor="passport", passport="all"),
    }


def _hop(name: str, copy: CodeCopy) -> dict[str, Any]:
    return {
        "name": name,
        "account": str(copy.account),
        "place": f"{copy.bucket}/{copy.key}",
        "version_id": copy.version_id,
        "at": copy.at,
        "from": copy.copied_from.bucket if copy.copied_from else "",
    }
