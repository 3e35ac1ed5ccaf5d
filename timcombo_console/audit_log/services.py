"""Exporting and verifying the audit log: actions like any other, on record themselves."""

from dataclasses import dataclass

from audit.models import Event, Result
from audit.selectors import Filter, count
from audit.services import record
from audit.verify import LATE, Verdict, advance, start
from users.actions import action
from users.models import User
from users.refusals import Invalid

FORMATS = {"csv": "CSV", "jsonl": "JSON lines"}
PATIENCE = 5.0
"""Seconds that a click on "Verify now" walks; the scheduler walks the rest of a long chain."""


@dataclass(frozen=True)
class Export:
    """What to stream: all that match and are older than `event`, which tells of the export itself."""

    wanted: Filter
    format: str
    count: int
    event: Event


@action("audit.export", permission="audit.export")
def export(*, actor: User | None, wanted: Filter, format: str) -> Export:  # noqa: A002 - the address's word
    """Put the export on record before its first line leaves."""
    if format not in FORMATS:
        raise Invalid(f"There is no format {format!r}. Choose csv or jsonl.")
    matching = count(wanted)
    event = record(
        actor=actor,
        action="audit.export",
        product=wanted.product,
        environment=wanted.environment,
        subject=format,
        summary=f"Exported {matching:,} events as {FORMATS[format]}",
        after={"filter": wanted.as_dict(), "count": matching, "format": format},
    )
    return Export(wanted, format, matching, event)


@action("audit.verify", permission="audit.verify")
def verify(*, actor: User | None) -> Verdict:
    """Walk the chain for a few seconds: to its end, or so far that the scheduler has the rest."""
    verdict = advance(start(), seconds=PATIENCE)
    record(
        actor=actor,
        action="audit.verify",
        result=Result.OK if verdict.ok else Result.FAILED,
        summary=in_words(verdict),
        after={
            "ended": verdict.ended,
            "seals": verdict.seals,
            "first_broken": verdict.first_broken,
            "unsealed": verdict.unsealed,
        },
    )
    return verdict


def in_words(verdict: Verdict) -> str:
    """The verdict as a sentence."""
    if verdict.first_broken:
        broken = verdict.first_broken
        event = f"Event {broken['event']}" if broken["event"] else "The chain"
        place = f" at seal {broken['position']}" if broken["position"] else ""
        return f"{event}{place} does not hold: {broken['what']}"
    if verdict.oldest_unsealed_age > LATE.total_seconds():
        return f"The oldest event waits for its seal since {verdict.oldest_unsealed_age:.0f} s; 60 s is the limit."
    if not verdict.ended:
        return f"The chain is whole to {verdict.seals:,} so far; the walk goes on in the background."
    waiting = f"; {verdict.unsealed:,} newer wait for their seal" if verdict.unsealed else ""
    return f"The chain is whole to {verdict.seals:,}{waiting}."
