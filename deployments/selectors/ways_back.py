"""To what a rollback may go back: earlier deployments, and a back end as the console's first deployment found it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import QuerySet

from deployments.models import Artifact, Deployment, EnvironmentState, Release
from deployments.selectors.deployments import good_back_ends, good_deployments, last_of, running_back_end
from deployments.selectors.fleets import deployments_of, fleet_of
from deployments.selectors.plans import BACK_END, FRONT_END, Halves
from products.models import Environment


@dataclass(frozen=True)
class WayBack:
    """Where a rollback goes.

    `half` is "" for whatever goes back together, or the one half that is wanted. `goal` is the earlier deployment that
    it repeats; None for a back end as the console's first deployment found it.
    """

    half: str
    release: Release
    halves: Halves
    goal: Deployment | None

    @property
    def other_back_end(self) -> str:
        """The version whose back end comes back, where it is another release's; else ""."""
        back = self.halves.back
        return back.release.version if back and back.release_id != self.release.pk else ""


class WaysBack:
    """All ways back of an environment, for one half or for both.

    They are of the back end when only that is wanted, or where no front end runs.
    """

    def __init__(self, environment: Environment, state: EnvironmentState, half: str) -> None:
        self.environment, self.state, self.half = environment, state, half
        self.back_end = half == BACK_END or state.running is None
        self.running = running_back_end(environment) if self.back_end else state.running
        self._good: QuerySet[Deployment] = (good_back_ends if self.back_end else good_deployments)(
            environment
        )

    @property
    def leaving(self) -> Release | None:
        """The release that a rollback leaves."""
        return self._release(self.running) if self.running else None

    def default(self) -> WayBack | None:
        """To the newest before what runs, of another release, that no rollback left; else to what was found."""
        last = last_of(self._good, self.running, back_end=self.back_end)
        return self._to(last) if last else self._to_what_was_found()

    def to(self, release: Release) -> WayBack | None:
        """To this release, if it was live here and is still good."""
        own = {"backend__release": release} if self.back_end else {"release": release}
        if one := self._good.filter(**own).first():
            return self._to(one)
        found = self._to_what_was_found()
        return found if found and found.release == release else None

    def newest(self, limit: int) -> list[WayBack]:
        """One for each release but the one that runs, the newest first."""
        return list(islice(self._all(), limit))

    def _all(self) -> Iterator[WayBack]:
        seen = {self.leaving.pk} if self.leaving else set[int]()
        for one in self._good[:500]:
            release = self._release(one)
            if release.pk not in seen:
                seen.add(release.pk)
                yield self._to(one)
        if found := self._to_what_was_found():
            yield found

    def was_left(self, way: WayBack) -> bool:
        """Whether a later rollback left it."""
        one = way.goal
        return one is not None and (one.back_end_left if self.back_end else one.rolled_away)

    def _release(self, one: Deployment) -> Release:
        return one.called if self.back_end else one.release

    def _to(self, one: Deployment) -> WayBack:
        return WayBack(self.half, self._release(one), self._halves(one), one)

    def _halves(self, one: Deployment) -> Halves:
        """What the deployment carried, or the wanted half of it; and the back end of its time where that left with what
        runs."""
        front = None if self.half == BACK_END else one.artifact
        if self.half == FRONT_END:
            return Halves(front, None)
        return Halves(front, one.backend or self._back_end_beside(one))

    def _back_end_beside(self, one: Deployment) -> Artifact | None:
        """The back end that was called when this deployment ran, if the running one brought another with it."""
        fleet, running = fleet_of(self.environment), self.state.running
        if running is None or fleet is None or running.backend_id is None or fleet.running_id != running.pk:
            return None
        earlier = deployments_of(fleet).filter(live_at__isnull=False, pk__lt=one.pk)
        before = earlier.select_related("backend__release__product").first()
        return self._ours(before.backend if before else fleet.found)

    def _ours(self, artifact: Artifact | None) -> Artifact | None:
        """Not one of another product that shares the functions, nor a bad one."""
        ours = artifact and artifact.release.product_id == self.environment.product_id
        return artifact if artifact and ours and not artifact.release.bad else None

    def _to_what_was_found(self) -> WayBack | None:
        fleet = fleet_of(self.environment) if self.back_end else None
        found = self._ours(fleet.found) if fleet else None
        if found is None or self.running is None or self.leaving == found.release:
            return None
        return WayBack(self.half, found.release, Halves(None, found), None)


def ways_back(environment: Environment, state: EnvironmentState) -> list[WayBack]:
    """What the rollback page proposes, and where the back end alone would go, if that is elsewhere."""
    both, back = (WaysBack(environment, state, half).default() for half in ("", BACK_END))
    if both and back and back.release in (both.release, both.halves.back and both.halves.back.release):
        back = None
    return [way for way in (both, back) if way]
