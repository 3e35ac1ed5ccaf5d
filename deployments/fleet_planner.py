"""What a deployment would do to a fleet of Lambda functions, from what was seen and is known: no AWS call, no clock.

Handlers are named without the fleet's prefix; digests of code are SHA-256 in hexadecimal.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

from deployments.canonical import digest_of
from deployments.handlers import Handler, Handlers
from deployments.wording import listed

Mode = Literal["alias", "latest", "mixed", "unknown"]
Change = Literal["changed", "same", "missing", "extra", "edited"]
Way = Literal["update", "switch", "none"]

ALIAS = "live"
# AWS: all control-plane calls of an account and Region but GetFunction share 15 per second.
CALLS_PER_SECOND = 15
# The states of a handler that a step still works on.
UNDER_WAY = frozenset({"pending", "updating", "ready"})
# Of the account's code storage, above which a plan warns.
FULL = 0.8
KEPT_VERSIONS = 5


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What surrounds a function's code, as far as it is known; memory in MB, `keys` of environment variables."""

    runtime: str = ""
    memory: int = 0
    architecture: str = ""
    keys: Sequence[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Seen(Configuration):
    """A function as last observed: `sha256` of `$LATEST`; the version that its alias names, "" without one, and its code."""

    sha256: str
    live: str = ""
    live_sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Known(Configuration):
    """How the console last left a function: `sha256` of `$LATEST`, and the version that its alias named."""

    sha256: str
    version: str = ""


class Left(NamedTuple):
    """What a deployment that did not end well meant to leave: code in `$LATEST`, and the version of its alias."""

    sha256: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Version(Configuration):
    """A published version that still exists, with the configuration that it froze."""

    number: str


@dataclass(frozen=True)
class FleetSituation:
    """All that a plan of a fleet depends on.

    `seen` is None when nobody has looked. `left` is by name what the console's own unfinished work may have left in place
    of what is `known`. `content_of` a zip's sha256 is its `Handler.content`; `versions` are found by
    name and code; `bindings` are the qualifiers by which the API calls functions, "" for none. Of code storage, in
    bytes for all functions of the account and Region, None is not known. `rate` is how many control-plane calls a second the
    console makes at most.
    """

    prefix: str
    mode: Mode
    handlers: Handlers
    seen: Mapping[str, Seen] | None
    known: Mapping[str, Known] = field(default_factory=dict)
    left: Mapping[str, Left] = field(default_factory=dict)
    content_of: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[tuple[str, str], Version] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)
    rollback: bool = False
    budget: int = 0
    code_used: int | None = None
    code_limit: int | None = None
    rate: float = CALLS_PER_SECOND

    @cached_property
    def _contents(self) -> Mapping[str, str]:
        return {**self.content_of, **{one.sha256: one.content for one in self.handlers.all}}

    @cached_property
    def _published(self) -> Mapping[tuple[str, str], Version]:
        """The newest version by name and content."""
        ordered = sorted(self.versions.items(), key=lambda item: int(item[1].number))
        return {(name, self.content(sha256)): version for (name, sha256), version in ordered}

    def content(self, sha256: str) -> str:
        """What tells code apart: the same for zips of equal files, where they are known."""
        return self._contents.get(sha256, sha256)

    def called(self, seen: Seen) -> str:
        """The code that callers of the function get."""
        return seen.live_sha256 if self.mode == "alias" else seen.sha256

    def published(self, handler: Handler) -> Version | None:
        exact = self.versions.get((handler.name, handler.sha256))
        return exact or self._published.get((handler.name, handler.content))


class Edit(NamedTuple):
    """One thing that is not as it was left; both in words."""

    field: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.field} {self.old or 'none'} → {self.new or 'none'}"


class HandlerPlan(NamedTuple):
    """One handler, how it stands, and what would be done: `way` is how callers get the new code.

    `old_sha256` is what they get now. `size` of the new zip in bytes; `version` is the published one to switch to.
    """

    name: str
    change: Change
    old_sha256: str = ""
    new_sha256: str = ""
    size: int = 0
    way: Way = "none"
    edits: tuple[Edit, ...] = ()
    version: str = ""
    note: str = ""

    def as_json(self) -> dict[str, object]:
        return {**self._asdict(), "edits": [edit._asdict() for edit in self.edits]}


@dataclass(frozen=True)
class FleetPlan:
    """What would be done to each handler, sorted by name. While there are `blockers`, it cannot be done."""

    mode: Mode
    handlers: tuple[HandlerPlan, ...]
    warnings: tuple[str, ...]
    blockers: tuple[str, ...]
    rate: float = CALLS_PER_SECOND

    @cached_property
    def counts(self) -> dict[Change, int]:
        counted = Counter(one.change for one in self.handlers)
        kinds: tuple[Change, ...] = ("changed", "same", "missing", "extra", "edited")
        return {change: counted[change] for change in kinds}

    @cached_property
    def to_change(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.handlers if one.way != "none")

    @property
    def calls(self) -> int:
        """Control-plane calls that are needed: update, publish and switch by alias, else the update alone."""
        return sum(_calls(self.mode, one.way) for one in self.handlers)

    @property
    def seconds(self) -> float:
        """The least time that so many calls take."""
        return self.calls / self.rate

    @property
    def digest(self) -> str:
        """Equal for plans that do the same to the same functions, however full the code storage is."""
        return digest_of([self.mode, self.handlers, self.blockers])

    def as_json(self) -> dict[str, object]:
        """The API's `handlers` with what is behind them; those that stay the same are only counted."""
        return {
            "mode": self.mode,
            "handlers": [one.as_json() for one in self.handlers if one.change != "same"],
            "counts": self.counts,
            "calls": self.calls,
            "seconds": round(self.seconds, 1),
            "warnings": list(self.warnings),
            "blockers": list(self.blockers),
        }


def _calls(mode: Mode, way: Way) -> int:
    if way == "none":
        return 0
    return 3 if way == "update" and mode == "alias" else 1


def calls_left(mode: Mode, handlers: Iterable[tuple[str, str]], *, returning: bool = False) -> int:
    """Control-plane calls still needed for handlers, each given by its state and published version, "" for none.

    With `returning` what is done is put back, by one call each.
    """
    if returning:
        return sum(state in ("done", "updating") for state, _ in handlers)
    ways: Iterator[Way] = (
        "switch" if version else "update" for state, version in handlers if state in UNDER_WAY
    )
    return sum(_calls(mode, way) for way in ways)


def seconds_left(calls: int, others: Iterable[int], rate: float) -> float:
    """How long so many calls take at so many a second, which are shared fairly with the calls of others."""
    return (calls + sum(min(calls, one) for one in others)) / rate


def mode_of(bindings: Mapping[str, str]) -> Mode:
    """What the API calls, from the qualifier by which it calls each function."""
    qualifiers = set(bindings.values())
    if not qualifiers:
        return "unknown"
    if qualifiers == {ALIAS}:
        return "alias"
    return "latest" if qualifiers == {""} else "mixed"


def waves(names: Collection[str], called: Collection[str] = ()) -> list[list[str]]:
    """The handlers in the order of an update without alias: one, a tenth of all, the rest; empty waves are left out.

    The first one is a handler that the API calls when there is one, because only calls show errors.
    """
    ordered = sorted(set(names))
    canary = next((name for name in ordered if name in called), None) or next(iter(ordered), None)
    others = [name for name in ordered if name != canary]
    tenth = -(-len(ordered) // 10)
    return [wave for wave in ([canary] if canary else [], others[:tenth], others[tenth:]) if wave]


def prunable_versions(numbers: Iterable[str], named: Collection[str]) -> list[str]:
    """The versions of a function that may be deleted: all but the newest five and those that an alias names."""
    ordered = sorted((number for number in numbers if number.isdigit()), key=int)
    return [number for number in ordered[:-KEPT_VERSIONS] if number not in named]


def over_budget(failed: int, budget: int) -> bool:
    """Whether so many failed handlers take the others back; `budget` is how many may fail without that."""
    return failed > budget


def plan_fleet(now: FleetSituation) -> FleetPlan:
    """The plan for the situation; the same situation gives the same plan."""
    seen = now.seen or {}
    names = sorted({*now.handlers.by_name, *seen}) if now.seen is not None else []
    handlers = tuple(_planned(now, name, now.handlers.by_name.get(name), seen.get(name)) for name in names)
    plan = FleetPlan(now.mode, handlers, (), tuple(_blockers(now, handlers)), now.rate)
    return replace(plan, warnings=tuple(_warnings(now, plan)))


def differences(old: Configuration, new: Configuration) -> tuple[Edit, ...]:
    """Where two configurations differ, field by field; what one of them does not know is no difference."""
    found = []
    for name in ("runtime", "memory", "architecture", "keys"):
        before, after = _text(getattr(old, name)), _text(getattr(new, name))
        if before is not None and after is not None and before != after:
            found.append(Edit(name, before, after))
    return tuple(found)


def _text(value: str | int | Sequence[str] | None) -> str | None:
    """A field in words, None when it is not known."""
    if value is None or value in ("", 0):
        return None
    if isinstance(value, int):
        return f"{value} MB"
    return value if isinstance(value, str) else ", ".join(sorted(value))


# One handler


def _planned(now: FleetSituation, name: str, handler: Handler | None, seen: Seen | None) -> HandlerPlan:
    if handler is None:
        old = now.called(seen) if seen else ""
        return HandlerPlan(name, "extra", old, note="The release does not hold it; it stays as it is.")
    if seen is None:
        note = f"There is no function {now.prefix}{name}."
        return HandlerPlan(name, "missing", "", handler.sha256, handler.size, note=note)
    edits, old = _edits(now, name, seen), now.called(seen)
    same = now.content(old) == handler.content and not _other_architecture(handler, seen)
    way, version = _way(now, handler, seen, same, edits)
    note = " ".join(_notes(now, handler, seen, way, version))
    number = version.number if version else ""
    change: Change = "edited" if edits else "same" if same else "changed"
    return HandlerPlan(name, change, old, handler.sha256, handler.size, way, edits, number, note)


def edited_by_hand(now: FleetSituation) -> dict[str, tuple[Edit, ...]]:
    """By handler, what somebody changed since the console last left its function."""
    found = {name: _edits(now, name, seen) for name, seen in sorted((now.seen or {}).items())}
    return {name: edits for name, edits in found.items() if edits}


def _edits(now: FleetSituation, name: str, seen: Seen) -> tuple[Edit, ...]:
    """What somebody changed since the console last left the function; nothing is known of one it never touched."""
    known = now.known.get(name)
    if known is None:
        return ()
    found, left = list[Edit](), now.left.get(name, Left(known.sha256, known.version))
    if now.content(seen.sha256) not in (now.content(known.sha256), now.content(left.sha256)):
        found.append(Edit("code", known.sha256, seen.sha256))
    if now.mode == "alias" and known.version and seen.live not in (known.version, left.version):
        found.append(Edit("live version", known.version, seen.live))
    return (*found, *differences(known, seen))


def _way(
    now: FleetSituation, handler: Handler, seen: Seen, same: bool, edits: tuple[Edit, ...]
) -> tuple[Way, Version | None]:
    if same:
        # Callers get the right code; what was put beside it in `$LATEST` would go live with the next configuration.
        put_back = now.mode == "alias" and not now.rollback and any(edit.field == "code" for edit in edits)
        return ("update" if put_back else "none"), None
    # What was published before has the architecture of its time.
    usable = now.mode == "alias" and (now.rollback or not _other_architecture(handler, seen))
    version = now.published(handler) if usable else None
    # A rollback wants the configuration of its time; a promotion wants the one that was set since.
    if version and (now.rollback or not differences(version, seen)):
        return "switch", version
    return "update", None


def _notes(
    now: FleetSituation, handler: Handler, seen: Seen, way: Way, version: Version | None
) -> Iterator[str]:
    if _other_architecture(handler, seen):
        yield f"It is for {handler.architecture}, the function is {seen.architecture}."
    if now.mode == "alias" and not seen.live and way != "none":
        yield f"It has no alias {ALIAS} yet; the switch makes one."
    if version and (changed := differences(seen, version)):
        yield f"Version {version.number} brings back {', '.join(map(str, changed))}."
    if now.rollback and now.mode == "alias" and way == "update":
        yield "No published version holds its code; it is loaded and published again."


def _other_architecture(handler: Handler, seen: Seen) -> bool:
    return bool(seen.architecture) and seen.architecture != handler.architecture


# The fleet, in words


def _blockers(now: FleetSituation, handlers: Sequence[HandlerPlan]) -> Iterator[str]:
    if now.seen is None:
        yield f"Nobody has looked at the functions {now.prefix}* yet. Look at the fleet first."
        return
    if now.mode == "unknown":
        yield (
            f"It is not known how the API calls the functions {now.prefix}*: no integration with one was found. "
            "Check the API origin of the environment and look at the fleet again."
        )
    if now.mode == "mixed":
        yield _mixed(now.bindings)
    missing = [one.name for one in handlers if one.change == "missing"]
    if missing and not now.rollback:
        yield (
            f"There is no function for {listed(missing)}. The console creates none: create {now.prefix}{missing[0]} "
            "with its role and configuration and look at the fleet again, or leave it out of the release."
        )


def _mixed(bindings: Mapping[str, str]) -> str:
    by_alias = sorted(name for name, qualifier in bindings.items() if qualifier == ALIAS)
    others = sorted(bindings.keys() - set(by_alias))
    fewer = min([names for names in (others, by_alias) if names], key=len, default=[])
    return (
        f"The API calls {len(by_alias)} functions by the alias {ALIAS} and {len(others)} in another way; the fewer are "
        f"{listed(fewer)}. Bind all of them in one way, deploy the API, and look at the fleet again."
    )


def _warnings(now: FleetSituation, plan: FleetPlan) -> Iterator[str]:
    by_change = {
        change: [one.name for one in plan.handlers if one.change == change] for change in plan.counts
    }
    if by_change["extra"]:
        yield f"Not in the release, and left as they are: {listed(by_change['extra'])}."
    if by_change["missing"] and now.rollback:
        yield f"No function is there any more for {listed(by_change['missing'])}. They cannot be rolled back."
    yield from _edited(now, plan)
    yield from _architectures(now, plan)
    yield from _switches(now, plan) if now.mode == "alias" else _in_waves(now, plan)
    yield from _code_storage(now, plan)
    if now.budget >= len(plan.to_change) > 0:
        yield (
            f"The failure budget of {now.budget} covers every handler that changes: "
            "if all of them failed, nothing would be taken back."
        )


def _edited(now: FleetSituation, plan: FleetPlan) -> Iterator[str]:
    edited = [one for one in plan.handlers if one.edits]
    if not edited:
        return
    yield (
        f"Edited by hand since the console last left them: {listed(one.name for one in edited)}. "
        "Code that is deployed replaces theirs; their configuration is not touched."
    )
    if now.mode == "alias" and (frozen := [one.name for one in edited if _publishes_edits(one)]):
        yield f"The configuration edited by hand goes live with the new version of {listed(frozen)}."


def _publishes_edits(one: HandlerPlan) -> bool:
    """Whether the new version freezes a configuration that nobody deployed."""
    return one.way == "update" and any(edit.field not in ("code", "live version") for edit in one.edits)


def _architectures(now: FleetSituation, plan: FleetPlan) -> Iterator[str]:
    seen, release = now.seen or {}, now.handlers.by_name
    other = [
        f"{name} ({release[name].architecture}, not {seen[name].architecture})"
        for name in (one.name for one in plan.handlers)
        if name in seen and name in release and _other_architecture(release[name], seen[name])
    ]
    if other:
        yield (
            f"The release is for another architecture than the function of {listed(other)}. An update changes the "
            "function's; native dependencies must be built for it."
        )


def _switches(now: FleetSituation, plan: FleetPlan) -> Iterator[str]:
    """What is particular about versions and aliases."""
    seen = now.seen or {}
    switched = [one for one in plan.handlers if one.way == "switch"]
    updated = [one.name for one in plan.handlers if one.way == "update"]
    changed = [one.name for one in switched if _brings_back(now, one, seen[one.name])]
    if changed:
        yield f"The configuration of {listed(changed)} was changed since; the old version brings its own back."
    if switched and not now.rollback:
        names = listed(one.name for one in switched)
        yield f"Published before, so with the environment variables of that time: {names}."
    if updated and now.rollback:
        yield (
            f"No published version holds the code of {listed(updated)}: it is loaded and published again, which takes "
            "three calls each instead of one, and runs with the configuration of today."
        )
    unbound = [name for name in updated if now.bindings and name not in now.bindings]
    if unbound:
        yield f"Not called by the API: {listed(unbound)}. Who calls their $LATEST gets new code before the switch."


def _brings_back(now: FleetSituation, one: HandlerPlan, seen: Seen) -> bool:
    version = now.published(now.handlers.by_name[one.name])
    return version is not None and bool(differences(version, seen))


def _in_waves(now: FleetSituation, plan: FleetPlan) -> Iterator[str]:
    """What is particular about functions that are called without an alias."""
    count = len(plan.to_change)
    if not count:
        return
    if count > 1:
        yield (
            f"This is not atomic: {count} handlers are updated in waves, so callers get old and new code side by side "
            f"for at least {plan.seconds:.0f} s."
        )
    if now.rollback:
        yield "Code comes back, configuration does not: what was changed in it since stays."


def _code_storage(now: FleetSituation, plan: FleetPlan) -> Iterator[str]:
    """AWS: all versions of all functions of an account and Region share its code storage."""
    if now.code_used is None or not now.code_limit:
        return
    # Without an alias the new code takes the place of the old.
    more = sum(one.size for one in plan.handlers if one.way == "update") if now.mode == "alias" else 0
    share = (now.code_used + more) / now.code_limit
    if share > FULL:
        yield (
            f"Code storage of the account would be {share:.0%} full ({(now.code_used + more) / 1e9:.1f} of "
            f"{now.code_limit / 1e9:.1f} GB). Prune old versions; when it is full, AWS refuses code."
        )
