"""What differs between handlers, and which code callers of an environment's functions get."""

import pytest

from deployments.fleet_planner import FleetSituation, Mode
from deployments.handlers import Handlers
from deployments.handlers_difference import called, codes_of, counts_of, pairs_of
from tests.deployments import fleets

ONE, TWO = (fleets.handler("one", version) for version in ("1", "2"))


def situation(mode: Mode, qualifier: str | None, *, live: str) -> FleetSituation:
    """A release of one handler, whose function has the release's code in `$LATEST` and maybe other code by its alias."""
    codes = {"release": ONE.sha256, "other": TWO.sha256, "none": ""}
    seen = fleets.seen("1", name="one", live="7" if codes[live] else "", live_sha256=codes[live])
    bindings = {} if qualifier is None else {"one": qualifier}
    return FleetSituation("tim-", mode, Handlers.of([ONE]), {"one": seen}, bindings=bindings)


@pytest.mark.parametrize(
    ("mode", "qualifier", "live", "sha256"),
    [
        ("alias", "live", "other", TWO.sha256),
        ("alias", None, "other", TWO.sha256),
        ("alias", None, "none", ""),
        ("latest", "", "other", ONE.sha256),
        ("mixed", "live", "other", TWO.sha256),
        ("mixed", "", "other", ONE.sha256),
        ("unknown", None, "other", ""),
        ("unknown", None, "release", ONE.sha256),
        ("unknown", None, "none", ONE.sha256),
        ("mixed", "12", "other", ""),
        ("mixed", "12", "release", ""),
    ],
)
def test_callers_get_what_the_api_calls(mode: Mode, qualifier: str | None, live: str, sha256: str) -> None:
    found = called(situation(mode, qualifier, live=live), {})
    code = found.codes["one"]
    assert code.sha256 == sha256
    assert bool(code.note) is (sha256 != ONE.sha256)
    assert found.other == (("one",) if sha256 == TWO.sha256 else ())


def test_a_zip_of_equal_files_is_the_code_of_the_release() -> None:
    now = situation("alias", "live", live="other")
    assert called(now, {TWO.sha256: TWO}).other == ("one",)
    assert called(now, {TWO.sha256: TWO._replace(content=ONE.content)}).other == ()


def test_what_is_not_known_is_neither_the_same_nor_changed() -> None:
    unknown = called(situation("alias", "live", live="none"), {}).codes
    held = codes_of(Handlers.of([ONE]))
    for old, new in ((unknown, held), (held, unknown), (unknown, unknown), (unknown, {})):
        counts = counts_of(pairs_of(old, new))
        assert (counts["unknown"], sum(counts.values())) == (1, 1)


@pytest.mark.parametrize(("mode", "same"), [("alias", True), ("latest", False)])
def test_an_architecture_changed_by_hand_reaches_callers_of_the_newest_code(mode: Mode, same: bool) -> None:
    seen = fleets.seen("1", name="one", architecture="arm64")
    now = FleetSituation("tim-", mode, Handlers.of([ONE]), {"one": seen})
    assert (called(now, {}).other == ()) is same
