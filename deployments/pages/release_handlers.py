"""What the page of a release shows of its back end: its handlers beside those that run, and where their code lies."""

from collections.abc import Mapping, Sequence
from typing import Any

from deployments.handlers_difference import Pair, codes_of, counts_of, pairs_of
from deployments.models import Artifact, CodeCopy, Release
from deployments.pages.handler_list import address, handler_list
from deployments.selectors.fleets import fleet_of, handlers_of

HOPS_SHOWN = 8


def handlers_page(release: Release, artifact: Artifact, asked: Mapping[str, str]) -> dict[str, Any]:
    """The context of `deployments/_release_handlers.html`.

    Of the address's query, `against` is the version to compare with, `passport=all` lists every place; see
    `handler_list` for more.
    """
    others = _running_back_ends(release)
    against = others.get(asked.get("against", ""), next(iter(others.values()), None))
    query = {"target": Artifact.BACKEND, "against": asked.get("against", "")}
    pairs = pairs_of(codes_of(handlers_of(against)) if against else {}, codes_of(handlers_of(artifact)))
    held = [pair for pair in pairs if pair.new]
    listed = handler_list(held, asked, query, compared=against is not None)
    kept = query | dict(listed["query"]) | {"q": listed["q"]}
    return {
        **listed,
        "caption": "Handlers of this release",
        "in_short": _in_short(pairs, against),
        "same_as": f"in {against.release.version}" if against else "",
        "choices": [
            (f"against {version}", address(kept, against=version), one is against)
            for version, one in others.items()
        ],
        **_passport(listed["rows"], kept, everything=asked.get("passport") == "all"),
    }


def _in_short(pairs: Sequence[Pair], against: Artifact | None) -> str:
    """ "311; against 2.0.0 2 differ, 309 are the same, 1 is no longer in it" """
    counts = counts_of(pairs)
    held, gone, same = len(pairs) - counts["removed"], counts["removed"], counts["same"]
    if against is None:
        return f"{held:,}"
    differing = f"{held - same:,} {'differs' if held - same == 1 else 'differ'}"
    told = [differing, f"{same:,} {'is' if same == 1 else 'are'} the same"]
    told += [f"{gone:,} {'is' if gone == 1 else 'are'} no longer in it"] if gone else []
    return f"{held:,}; against {against.release.version} {', '.join(told)}"


def _running_back_ends(release: Release) -> dict[str, Artifact]:
    """By version, the other back ends that the product's environments call, in their order."""
    found: dict[str, Artifact] = {}
    for environment in release.product.environments.select_related("product").order_by("position"):
        fleet = fleet_of(environment)
        running = fleet.running if fleet else None
        if running and running.backend and running.called.product_id == release.product_id:
            found.setdefault(running.called.version, running.backend)
    found.pop(release.version, None)
    return found


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
        "hops_url": "" if whole else address(query, anchor="passport", passport="all"),
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
