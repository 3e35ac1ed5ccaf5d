"""How a line follows from the resources that it is about."""

from datetime import UTC, datetime, timedelta

from provisioning.planner import Wish
from provisioning.shapes import Address, Bucket
from timcombo_console.checklist.lines import Line, Sight, as_markdown, of_resources, some

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
GOOD = Bucket(region="us-east-2")


def sight(name: str, shape: Bucket | None = GOOD, at: datetime | None = NOW, waits_for: str = "") -> Sight:
    return Sight(Wish(Address("bucket", "111111111111", name), GOOD), shape, at, waits_for)


def versioned(shape: Bucket) -> str:
    return "" if shape.versioning else "has no versioning"


def line(*sights: Sight) -> Line:
    return of_resources("Versioning", sights, "Enabled on all {n}.", versioned, "/plan/")


def test_it_is_met_when_every_resource_is_well() -> None:
    old = NOW - timedelta(hours=2)
    assert line(sight("a"), sight("b", at=old)) == Line("Versioning", "met", "Enabled on all 2.", old)


def test_what_nobody_has_looked_at_is_neither_met_nor_wrong() -> None:
    found = line(sight("a"), sight("b", None, None))
    assert (found.state, found.evidence) == ("not yet", "Nobody has looked at b yet.")


def test_what_is_wrong_is_named_and_leads_to_the_plan() -> None:
    found = line(sight("a", Bucket(region="us-east-2", versioning=False)), sight("b", None), sight("c"))
    assert (found.state, found.fix) == ("wrong", "/plan/")
    assert found.evidence == "a has no versioning; b is not there."


def test_what_aws_still_does_is_not_met() -> None:
    assert line(sight("a", waits_for="is on its way")).evidence == "a is on its way."


def test_many_are_told_by_number() -> None:
    assert some("abcde") == "a; b; c; and 2 more"


def test_markdown_ticks_what_is_met_and_says_the_evidence() -> None:
    lines = [
        Line("One", "met", "It is.", NOW),
        Line("Two", "wrong", "It is not."),
        Line("Three", "not yet", "Later."),
    ]
    text = as_markdown("Checklist", [("Setup", lines)])
    assert "- [x] One: It is. (seen 2026-11-25 09:30 UTC)" in text
    assert "- [ ] Two: **wrong**: It is not." in text
    assert "- [ ] Three: **not yet**: Later." in text
