"""Numbers, sizes and times in the words of the pages. Pure: every function takes values and answers text."""

from datetime import UTC, datetime, timedelta

NOT_KNOWN = "not known"
THIN = "\u2009"
MINUTE, HOUR, DAY = 60, 3600, 86400
AGES_END = 14 * DAY
UNITS = {"ms": "ms", "days": "d"}


def count(value: int | float | None) -> str:
    """1048211 → "1,048,211"; None → "not known"."""
    return NOT_KNOWN if value is None else f"{value:,}"


def size(value: int | float | None) -> str:
    """Bytes in decimal units with one digit: 412600 → "412.6 kB", 600 → "600 B"; None → "not known"."""
    if value is None:
        return NOT_KNOWN
    if abs(value) < 1000:
        return f"{value:.0f} B"
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if abs(value) < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:,.1f} TB"


def percent(ratio: float | None) -> str:
    """0.024 → "2.4 %" with a thin space; None → "not known"."""
    return NOT_KNOWN if ratio is None else f"{ratio * 100:.1f}{THIN}%"


def measured(value: float | None, unit: str) -> str:
    """A number of CloudWatch by its unit: count, bytes, percent (0 to 100), ms or days; None → "not known"."""
    if value is None:
        return NOT_KNOWN
    if unit == "bytes":
        return size(value)
    if unit == "count":
        return count(round(value))
    return f"{value:.1f}{THIN}%" if unit == "percent" else f"{round(value):,} {UNITS[unit]}"


def duration(value: timedelta | float | None) -> str:
    """Seconds in the two largest units: 140 → "2 min 20 s", 3840 → "1 h 4 min"; None → "not known"."""
    if value is None:
        return NOT_KNOWN
    seconds = round(value.total_seconds() if isinstance(value, timedelta) else value)
    if seconds < MINUTE:
        return "under 1 s" if seconds < 1 else f"{seconds} s"
    if seconds < HOUR:
        return _pair(seconds, MINUTE, "min", 1, "s")
    if seconds < DAY:
        return _pair(seconds, HOUR, "h", MINUTE, "min")
    return _pair(seconds, DAY, "d", HOUR, "h")


def about(value: timedelta | float | None) -> str:
    """A duration that is an estimate: "about 8 s", "under 1 s"; None → "not known"."""
    told = duration(value)
    return told if told in (NOT_KNOWN, "under 1 s") else f"about {told}"


def _pair(seconds: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large} {large_unit}" + (f" {rest} {small_unit}" if rest else "")


def span(seconds: float) -> str:
    """One unit, for ages: "39 s", "4 min", "3 h", "6 d"."""
    for limit, unit, name in ((MINUTE, 1, "s"), (HOUR, MINUTE, "min"), (DAY, HOUR, "h")):
        if seconds < limit:
            return f"{max(1, int(seconds // unit))} {name}"
    return f"{int(seconds // DAY)} d"


def day(when: datetime, now: datetime) -> str:
    """ "16 Nov", with the year when it is not this one."""
    text = f"{when.day} {when:%b}"
    return text if when.year == now.year else f"{text} {when.year}"


def age(when: datetime, now: datetime) -> str:
    """How old: "4 min", "6 d", after 14 days the date."""
    seconds = (now - when).total_seconds()
    return span(max(seconds, 0)) if seconds < AGES_END else day(when, now)


def ago(when: datetime, now: datetime) -> str:
    """How long ago or ahead: "4 min ago", "in 8 s", after 14 days the date."""
    seconds = (now - when).total_seconds()
    if seconds < -1:
        return f"in {span(-seconds)}"
    return f"{span(max(seconds, 0))} ago" if seconds < AGES_END else day(when, now)


def stamp(when: datetime) -> str:
    """RFC 3339 in UTC to the second, for `datetime` attributes and addresses."""
    return f"{when.astimezone(UTC).isoformat()[:19]}Z"


def full(when: datetime) -> str:
    """ "2026-11-22 09:55:02 UTC"."""
    return f"{when.astimezone(UTC).isoformat(' ')[:19]} UTC"


def clock(when: datetime) -> str:
    """ "09:55:02", in UTC."""
    return f"{when.astimezone(UTC):%H:%M:%S}"


def initials(name: str) -> str:
    """ "Ana Ruiz" → "AR"; one word gives its first two letters."""
    words = name.replace(".", " ").replace("-", " ").split()
    letters = words[0][:2] if len(words) == 1 else "".join(word[0] for word in words[:2])
    return letters.upper()
