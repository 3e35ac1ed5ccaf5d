"""Deployment statistics: how often, how quickly, how well, and how soon mended. Pure: plain records in, figures out.

Every figure tells how many things it is made of. One that is made of nothing has no value, which is not zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PERIODS = (7, 30, 90)
"""Days that statistics look back."""

FEW = 5
"""A figure that is made of fewer things can change with the next one."""

HANDLER_STEPS = ("prepare", "switch-handlers", "verify-handlers")
"""The steps that bring new code to Lambda functions, in the order of their end."""


@dataclass(frozen=True, slots=True)
class Period:
    """The `days` that end now, at `until`."""

    days: int
    until: datetime

    @property
    def since(self) -> datetime:
        return self.until - timedelta(days=self.days)

    @property
    def name(self) -> str:
        """As addresses have it: 30d."""
        return f"{self.days}d"


@dataclass(frozen=True, slots=True)
class Place:
    """An environment; `app` is what is no static site."""

    id: int
    name: str
    app: bool
    protected: bool


def goal(places: Sequence[Place]) -> Place | None:
    """Where a release arrives: the last protected app, else the last app, else the last environment, in their order."""
    apps = [place for place in places if place.app]
    protected = [place for place in apps if place.protected]
    return next((found[-1] for found in (protected, apps, places) if found), None)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment that ended: either `live_at` or `failed_at` is set.

    `noticed_at` is when visitors or callers began to get it, None when it failed before. `left`: a rollback went back from it.
    `degraded`: so the watch after it found. `registered_at` is of its release, None where this was not the first time that
    the release was promoted to live there.
    """

    rollback: bool
    began_at: datetime
    live_at: datetime | None
    failed_at: datetime | None
    noticed_at: datetime | None
    left: bool
    degraded: bool
    registered_at: datetime | None

    @property
    def bad(self) -> bool:
        """Whether it did not do what it was meant to."""
        return self.failed_at is not None or self.left or self.degraded


@dataclass(frozen=True, slots=True)
class Counted:
    """A figure that is made `of` so many things."""

    of: int

    @property
    def few(self) -> bool:
        return 0 < self.of < FEW


@dataclass(frozen=True, slots=True)
class Share(Counted):
    """`part` of the things."""

    part: int

    @property
    def ratio(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.part / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Spread(Counted):
    """How long things took, in seconds: half of them at most `median`, and the share that was asked for at most `tail`."""

    median: float | None
    tail: float | None


@dataclass(frozen=True, slots=True)
class Frequency(Counted):
    """Deployments in so many days."""

    days: int

    def per(self, days: float) -> float | None:
        """How many in so many days; None when there was none."""
        return self.of * days / self.days if self.of else None


@dataclass(frozen=True, slots=True)
class Figures:
    """How an environment was deployed to. `rollbacks` are among the deployments; `unmended`: one that went wrong still runs."""

    frequency: Frequency
    rollbacks: int
    lead: Spread
    failures: Share
    restore: Spread
    unmended: bool


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that this share (0 to 1) of them does not exceed, between the two nearest ones; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    low, rest = divmod((len(ordered) - 1) * share, 1)
    high = min(int(low) + 1, len(ordered) - 1)
    return ordered[int(low)] + (ordered[high] - ordered[int(low)]) * rest


def spread(seconds: Sequence[float], tail: float) -> Spread:
    """Of some times: the median, and what the share `tail` of them did not exceed."""
    return Spread(len(seconds), percentile(seconds, 0.5), percentile(seconds, tail))


def figures_of(deployed: Iterable[Deployed], days: int) -> Figures:
    """The figures of one environment from what was deployed there in so many days, in any order.

    Rollbacks are deployments, and no changes: they neither have a lead time nor count among what may fail.
    """
    ordered = sorted(deployed, key=lambda one: one.began_at)
    live = [one for one in ordered if one.live_at]
    changes = [one for one in ordered if not one.rollback]
    restored, unmended = _restored(ordered)
    return Figures(
        frequency=Frequency(len(live), days),
        rollbacks=sum(one.rollback for one in live),
        lead=spread(_lead_times(changes), 0.9),
        failures=Share(len(changes), sum(one.bad for one in changes)),
        restore=spread(restored, 0.9),
        unmended=unmended,
    )


def _lead_times(changes: Iterable[Deployed]) -> list[float]:
    return [
        (one.live_at - one.registered_at).total_seconds()
        for one in changes
        if one.live_at and one.registered_at
    ]


def _restored(ordered: Iterable[Deployed]) -> tuple[list[float], bool]:
    """From each moment at which visitors began to get something bad to the next good deployment; whether one is open."""
    took, since = [], None
    for one in ordered:
        if one.bad:
            since = since or one.noticed_at
        elif since and one.live_at:
            took.append((one.live_at - since).total_seconds())
            since = None
    return took, since is not None


class StepEnd(StrEnum):
    """How a step ended; a person left out one that was skipped, after it had failed."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step of the Run `run` that ended, and how many seconds it took, None where that is not known."""

    run: int
    name: str
    end: StepEnd
    seconds: float | None


@dataclass(frozen=True, slots=True)
class StepFigures:
    """How a step went: what was done of what ended, and how long the done ones took."""

    name: str
    success: Share
    time: Spread


def steps_figures(ended: Iterable[StepEnded]) -> dict[str, StepFigures]:
    """By the step's name."""
    by_name: dict[str, list[StepEnded]] = {}
    for one in ended:
        by_name.setdefault(one.name, []).append(one)
    return {name: _step_figures(name, found) for name, found in by_name.items()}


def _step_figures(name: str, ended: Sequence[StepEnded]) -> StepFigures:
    done = [one for one in ended if one.end == StepEnd.DONE]
    times = [one.seconds for one in done if one.seconds is not None]
    return StepFigures(name, Share(len(ended), len(done)), spread(times, 0.95))


def handlers_updated(ended: Iterable[StepEnded]) -> Share:
    """How many Runs brought all their Lambda functions to new code, of those that did or stopped on the way."""
    by_run: dict[int, dict[str, StepEnd]] = {}
    for one in ended:
        if one.name in HANDLER_STEPS:
            by_run.setdefault(one.run, {})[one.name] = one.end
    stopped = sum(any(end != StepEnd.DONE for end in ends.values()) for ends in by_run.values())
    whole = sum(
        set(ends.values()) == {StepEnd.DONE} and HANDLER_STEPS[-1] in ends for ends in by_run.values()
    )
    return Share(whole + stopped, whole)
