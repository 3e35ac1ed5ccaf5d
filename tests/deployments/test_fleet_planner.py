"""The plan of a fleet says what callers get, what would be done, and what stands in the way."""

import json
from collections.abc import Mapping
from dataclasses import replace
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.fleet_planner import (
    Edit,
    FleetPlan,
    FleetSituation,
    HandlerPlan,
    Known,
    Left,
    Version,
    mode_of,
    over_budget,
    plan_fleet,
    waves,
)
from deployments.handlers import Handlers
from tests.deployments.fleets import fleet, handler, release, seen

NAMES = ("orders-create", "orders-get", "users-get")
CALLED = dict.fromkeys(NAMES, "live")


def situation(version: str = "2", **fields: Any) -> FleetSituation:
    """A release of this version over a fleet in alias mode that runs version 1."""
    plain = {"mode": "alias", "handlers": release(NAMES, version), "seen": fleet(NAMES), "bindings": CALLED}
    return FleetSituation(prefix="tim-sb-", **{**plain, **fields})


def one(plan: FleetPlan, name: str = "orders-get") -> HandlerPlan:
    return next(row for row in plan.handlers if row.name == name)


def known(built: str = "1", name: str = "orders-get", **fields: Any) -> Known:
    """How the console left the function: with `code(name, built)`, and as it is seen in everything else."""
    function = seen(built, name=name)
    plain = {"runtime": function.runtime, "memory": 256, "architecture": "x86_64", "keys": function.keys}
    return Known(**{"sha256": function.sha256, "version": "1", **plain, **fields})


def frozen(number: str = "7", **fields: Any) -> Version:
    return Version(
        **{"number": number, "runtime": "nodejs20.x", "memory": 256, "keys": ["STAGE", "TABLE"], **fields}
    )


def version_of(version: str, **fields: Any) -> Mapping[tuple[str, str], Version]:
    """A published version of every handler with this code."""
    return {(name, handler(name, version).sha256): frozen(**fields) for name in NAMES}


# What was edited by hand


def test_what_the_console_left_unfinished_itself_was_not_edited() -> None:
    was = known("0", version="7")
    now = situation(known={"orders-get": was})
    assert [edit.field for edit in one(plan_fleet(now)).edits] == ["code", "live version"]
    left = {"orders-get": Left(seen("1", name="orders-get").sha256, "1")}
    assert one(plan_fleet(replace(now, left=left))).edits == ()
    other = {"orders-get": Left("9" * 64, "9")}
    assert len(one(plan_fleet(replace(now, left=other))).edits) == 2


# What changes, and how


def test_changed_code_is_updated_published_and_switched() -> None:
    plan = plan_fleet(situation())
    row = one(plan)
    assert (row.change, row.way) == ("changed", "update")
    assert (row.old_sha256, row.new_sha256) == (
        seen(name="orders-get").sha256,
        handler("orders-get", "2").sha256,
    )
    assert row.size == handler("orders-get", "2").size
    assert (plan.to_change, plan.calls, plan.seconds) == (NAMES, 9, 9 / 15)
    assert (plan.warnings, plan.blockers) == ((), ())


def test_the_same_code_is_left_alone() -> None:
    plan = plan_fleet(situation("1"))
    assert plan.counts == {"changed": 0, "same": 3, "missing": 0, "extra": 0, "edited": 0}
    assert (plan.to_change, plan.calls) == ((), 0)
    assert plan.as_json()["handlers"] == []


def test_equal_files_packed_otherwise_are_the_same_code() -> None:
    handlers = Handlers.of(handler(name, "2", content=f"{name}'s files") for name in NAMES)
    old = {handler(name).sha256: f"{name}'s files" for name in NAMES}
    assert plan_fleet(situation(handlers=handlers, content_of=old)).counts["same"] == 3
    assert plan_fleet(situation(handlers=handlers)).counts["changed"] == 3


def test_what_callers_get_counts() -> None:
    """With aliases the live version's code, else that of `$LATEST`."""
    newest = seen("2", name="orders-get").sha256
    prepared = {**fleet(NAMES), "orders-get": seen(name="orders-get", sha256=newest)}
    assert one(plan_fleet(situation(seen=prepared))).change == "changed"
    latest = situation(seen=prepared, mode="latest", bindings=dict.fromkeys(NAMES, ""))
    assert one(plan_fleet(latest)).change == "same"
    assert (plan_fleet(latest).to_change, plan_fleet(latest).calls) == (("orders-create", "users-get"), 2)


def test_a_function_without_alias_gets_one() -> None:
    row = one(
        plan_fleet(situation("1", seen={**fleet(NAMES), "orders-get": seen(name="orders-get", live="")}))
    )
    assert (row.change, row.way, row.old_sha256) == ("changed", "update", "")
    assert row.note == "It has no alias live yet; the switch makes one."


def test_a_missing_function_stands_in_the_way() -> None:
    plan = plan_fleet(situation(seen=fleet(NAMES[1:])))
    row = one(plan, "orders-create")
    assert (row.change, row.way, row.note) == (
        "missing",
        "none",
        "There is no function tim-sb-orders-create.",
    )
    (blocker,) = plan.blockers
    assert blocker == (
        "There is no function for orders-create. The console creates none: create tim-sb-orders-create with its role "
        "and configuration and look at the fleet again, or leave it out of the release."
    )


def test_an_extra_function_stays_and_is_told() -> None:
    plan = plan_fleet(situation(seen=fleet([*NAMES, "reports"])))
    assert one(plan, "reports")[:3] == ("reports", "extra", seen(name="reports").sha256)
    assert plan.warnings == ("Not in the release, and left as they are: reports.",)
    assert plan.to_change == NAMES


# Edited by hand


def test_edits_are_told_field_by_field() -> None:
    now = known(runtime="nodejs18.x", memory=128, architecture="arm64", keys=["TABLE"], version="4")
    assert one(plan_fleet(situation(known={"orders-get": now}))).edits == (
        Edit("live version", "4", "1"),
        Edit("runtime", "nodejs18.x", "nodejs20.x"),
        Edit("memory", "128 MB", "256 MB"),
        Edit("architecture", "arm64", "x86_64"),
        Edit("keys", "TABLE", "STAGE, TABLE"),
    )


def test_what_is_not_known_is_no_edit() -> None:
    digest = seen(name="orders-get").sha256
    assert one(plan_fleet(situation(known={"orders-get": Known(sha256=digest)}))).edits == ()
    assert one(plan_fleet(situation(known={"orders-get": known()}))).edits == ()


def test_no_environment_variables_are_something_known() -> None:
    row = one(plan_fleet(situation(known={"orders-get": known(keys=[])})))
    assert row.edits == (Edit("keys", "", "STAGE, TABLE"),)
    assert str(row.edits[0]) == "keys none → STAGE, TABLE"


def test_code_edited_by_hand_is_replaced() -> None:
    edited = seen("by hand", name="orders-get")
    plan = plan_fleet(
        situation("1", seen={**fleet(NAMES), "orders-get": edited}, known={"orders-get": known()})
    )
    row = one(plan)
    assert (row.change, row.way) == ("edited", "update")
    assert row.edits == (Edit("code", known().sha256, edited.sha256),)
    (warning,) = plan.warnings
    assert warning == (
        "Edited by hand since the console last left them: orders-get. "
        "Code that is deployed replaces theirs; their configuration is not touched."
    )


def test_code_edited_beside_the_alias_is_put_back_but_not_by_a_rollback() -> None:
    by_hand = seen("by hand", name="orders-get").sha256
    edited = {**fleet(NAMES), "orders-get": seen(name="orders-get", sha256=by_hand)}
    now = situation("1", seen=edited, known={"orders-get": known()})
    assert one(plan_fleet(now))[1] == "edited"
    assert plan_fleet(now).to_change == ("orders-get",)
    assert plan_fleet(replace(now, rollback=True)).to_change == ()


def test_the_same_files_packed_by_hand_are_no_edit() -> None:
    other = seen("repacked", name="orders-get")
    contents = {other.sha256: "files", known().sha256: "files"}
    now = situation(
        seen={**fleet(NAMES), "orders-get": other}, known={"orders-get": known()}, content_of=contents
    )
    assert one(plan_fleet(now)).edits == ()


def test_an_edited_configuration_goes_live_with_the_next_version() -> None:
    before = {"orders-get": known(memory=512)}
    plan = plan_fleet(situation(known=before))
    assert (
        plan.warnings[1] == "The configuration edited by hand goes live with the new version of orders-get."
    )
    same = plan_fleet(situation("1", known=before))
    assert (one(same).change, one(same).way, len(same.warnings)) == ("edited", "none", 1)


# The way back


def test_a_rollback_only_switches() -> None:
    plan = plan_fleet(situation("0", rollback=True, versions=version_of("0")))
    assert [(row.way, row.version) for row in plan.handlers] == [("switch", "7")] * 3
    assert (plan.calls, plan.warnings) == (3, ())


def test_a_version_of_equal_files_serves_as_well() -> None:
    """The release's own zip was never deployed, because equal files ran already."""
    handlers = Handlers.of(handler(name, "repacked", content=f"{name}'s files") for name in NAMES)
    old = {handler(name, "0").sha256: f"{name}'s files" for name in NAMES}
    both = {**version_of("0"), ("orders-get", "e" * 64): frozen("12")}
    contents = {**old, "e" * 64: "orders-get's files"}
    now = situation(handlers=handlers, content_of=contents, versions=both, rollback=True)
    assert [row.version for row in plan_fleet(now).handlers] == ["7", "12", "7"]


def test_a_pruned_version_is_published_again() -> None:
    kept = {key: version for key, version in version_of("0").items() if key[0] != "orders-get"}
    plan = plan_fleet(situation("0", rollback=True, versions=kept))
    assert (one(plan).way, plan.calls) == ("update", 5)
    assert one(plan).note == "No published version holds its code; it is loaded and published again."
    (warning,) = plan.warnings
    assert warning == (
        "No published version holds the code of orders-get: it is loaded and published again, which takes three calls "
        "each instead of one, and runs with the configuration of today."
    )


def test_a_rollback_brings_the_configuration_of_its_time() -> None:
    plan = plan_fleet(situation("0", rollback=True, versions=version_of("0", memory=128, keys=["TABLE"])))
    assert one(plan).way == "switch"
    assert one(plan).note == "Version 7 brings back memory 256 MB → 128 MB, keys STAGE, TABLE → TABLE."
    (warning,) = plan.warnings
    assert warning == (
        "The configuration of orders-create, orders-get, users-get was changed since; "
        "the old version brings its own back."
    )


def test_a_promotion_switches_only_to_a_version_of_todays_configuration() -> None:
    plan = plan_fleet(situation(versions=version_of("2")))
    assert (one(plan).way, plan.calls) == ("switch", 3)
    assert plan.warnings[0].startswith(
        "Published before, so with the environment variables of that time: orders-c"
    )
    assert one(plan_fleet(situation(versions=version_of("2", memory=128)))).way == "update"


def test_without_aliases_there_is_nothing_to_switch() -> None:
    latest = situation("0", rollback=True, versions=version_of("0"), mode="latest", bindings={})
    plan = plan_fleet(latest)
    assert ({row.way for row in plan.handlers}, plan.calls) == ({"update"}, 3)
    assert plan.warnings == (
        "This is not atomic: 3 handlers are updated in waves, so callers get old and new code side by side for at least 0 s.",
        "Code comes back, configuration does not: what was changed in it since stays.",
    )


def test_a_function_deleted_since_does_not_hold_up_the_others() -> None:
    plan = plan_fleet(situation("0", seen=fleet(NAMES[1:]), rollback=True, versions=version_of("0")))
    assert plan.blockers == ()
    assert plan.to_change == NAMES[1:]
    assert plan.warnings == ("No function is there any more for orders-create. They cannot be rolled back.",)


# What stands in the way


def test_a_fleet_that_nobody_looked_at() -> None:
    plan = plan_fleet(situation(seen=None, mode="unknown"))
    assert plan.handlers == ()
    assert plan.blockers == ("Nobody has looked at the functions tim-sb-* yet. Look at the fleet first.",)


def test_a_fleet_that_nobody_calls() -> None:
    (blocker,) = plan_fleet(situation(mode="unknown", bindings={})).blockers
    assert blocker.startswith("It is not known how the API calls the functions tim-sb-*")


@pytest.mark.parametrize(
    ("bindings", "said"),
    [
        (
            {**CALLED, "users-get": ""},
            "2 functions by the alias live and 1 in another way; the fewer are users-get.",
        ),
        (
            {"a": "", "b": "3", "c": "live"},
            "1 functions by the alias live and 2 in another way; the fewer are c.",
        ),
        ({"a": "3", "b": "prod"}, "0 functions by the alias live and 2 in another way; the fewer are a, b."),
    ],
)
def test_functions_bound_in_two_ways(bindings: dict[str, str], said: str) -> None:
    assert mode_of(bindings) == "mixed"
    (blocker,) = plan_fleet(situation(mode="mixed", bindings=bindings)).blockers
    assert said in blocker


def test_the_mode_is_what_the_api_calls() -> None:
    assert [mode_of(b) for b in ({}, CALLED, dict.fromkeys(NAMES, ""))] == ["unknown", "alias", "latest"]


# Other warnings


def test_another_architecture() -> None:
    handlers = Handlers.of(handler(name, "2", architecture="arm64") for name in NAMES)
    plan = plan_fleet(situation(handlers=handlers))
    assert plan.warnings[0].startswith(
        "The release is for another architecture than the function of orders-create (arm64, not x86_64), orders-get"
    )
    assert one(plan).note == "It is for arm64, the function is x86_64."


def test_functions_that_others_call() -> None:
    plan = plan_fleet(situation(bindings={"orders-get": "live", "users-get": "live"}))
    assert plan.warnings == (
        "Not called by the API: orders-create. Who calls their $LATEST gets new code before the switch.",
    )


def test_code_storage_that_runs_full() -> None:
    """AWS: 75 GB for all versions of all functions of an account and Region."""
    limit = 80_530_636_800
    size = sum(handler(name, "2").size for name in NAMES)
    assert plan_fleet(situation(code_used=int(limit * 0.8) - size, code_limit=limit)).warnings == ()
    (warning,) = plan_fleet(situation(code_used=int(limit * 0.9), code_limit=limit)).warnings
    assert warning.startswith("Code storage of the account would be 90% full (72.5 of 80.5 GB).")
    assert len(plan_fleet(situation(code_used=int(limit * 0.8) - size + 1, code_limit=limit)).warnings) == 1
    assert plan_fleet(situation(code_used=None, code_limit=limit)).warnings == ()


def test_a_budget_that_covers_everything() -> None:
    assert plan_fleet(situation(budget=2)).warnings == ()
    (warning,) = plan_fleet(situation(budget=3)).warnings
    assert warning.startswith("The failure budget of 3 covers every handler")
    assert plan_fleet(situation("1", budget=3)).warnings == ()


def test_many_names_are_counted() -> None:
    names = [f"h{n}" for n in range(9)]
    (warning,) = plan_fleet(situation(seen=fleet([*NAMES, *names]))).warnings
    assert warning == "Not in the release, and left as they are: h0, h1, h2, h3, h4 and 4 more."


# Waves and budget


@given(st.sets(st.text("abc", min_size=1, max_size=4)), st.sets(st.text("abc", min_size=1, max_size=2)))
def test_waves_hold_every_handler_once(names: set[str], called: set[str]) -> None:
    found = waves(sorted(names, reverse=True), called)
    assert sorted(name for wave in found for name in wave) == sorted(names)
    assert all(found)
    assert found == waves(names, called)
    if names:
        assert len(found[0]) == 1
        assert not called & names or found[0][0] in called


def test_waves_are_one_a_tenth_and_the_rest() -> None:
    names = [f"{n:03}" for n in range(311)]
    assert [len(wave) for wave in waves(names)] == [1, 32, 278]
    assert waves(names, {"200", "100"})[0] == ["100"]
    assert [waves(names[:n]) for n in range(3)] == [[], [["000"]], [["000"], ["001"]]]


def test_the_budget_is_what_may_fail() -> None:
    assert [over_budget(failed, 1) for failed in range(3)] == [False, False, True]
    assert over_budget(1, 0)


# As a whole


def test_the_api_sees_what_does_not_stay() -> None:
    functions = {
        **fleet(NAMES[1:]),
        "reports": seen(name="reports"),
        "users-get": seen("2", name="users-get"),
    }
    plan = plan_fleet(situation(seen=functions, known={"orders-get": known(memory=128)}))
    shown = json.loads(json.dumps(plan.as_json()))
    assert [(row["name"], row["change"]) for row in shown["handlers"]] == [
        ("orders-create", "missing"),
        ("orders-get", "edited"),
        ("reports", "extra"),
    ]
    assert shown["handlers"][1]["edits"] == [{"field": "memory", "old": "128 MB", "new": "256 MB"}]
    assert shown["counts"] == {"changed": 0, "same": 1, "missing": 1, "extra": 1, "edited": 1}
    assert (shown["mode"], shown["calls"], shown["seconds"]) == ("alias", 3, 0.2)
    assert (shown["warnings"], shown["blockers"]) == (list(plan.warnings), list(plan.blockers))


def test_the_same_situation_has_the_same_digest() -> None:
    plan = plan_fleet(situation())
    assert plan_fleet(situation()) == plan
    assert plan_fleet(situation(code_used=9, code_limit=10)).digest == plan.digest
    others = [
        situation("3"),
        situation(mode="latest"),
        situation(seen=fleet([*NAMES, "reports"])),
        situation(known={"orders-get": known(memory=1)}),
        situation(versions=version_of("2")),
        situation(seen=fleet(NAMES[1:])),
    ]
    assert len({plan.digest, *(plan_fleet(other).digest for other in others)}) == 7


VERSIONS = st.sampled_from(["1", "2", "3"])
FLEETS = st.dictionaries(st.sampled_from([*NAMES, "reports"]), VERSIONS)


@given(FLEETS, FLEETS, FLEETS, st.sampled_from(["alias", "latest"]), st.booleans())
def test_every_plan_leads_to_the_release(
    there: dict[str, str], wanted: dict[str, str], left: dict[str, str], mode: str, rollback: bool
) -> None:
    """Whatever was there, afterwards callers get the release, and nothing else is touched."""
    functions = {name: seen(version, name=name) for name, version in there.items()}
    handlers = Handlers.of(handler(name, version) for name, version in wanted.items())
    remembered = {name: known(version, name) for name, version in left.items()}
    now = situation(seen=functions, handlers=handlers, known=remembered, mode=mode, rollback=rollback)
    plan = plan_fleet(now)
    assert [row.name for row in plan.handlers] == sorted(there | wanted)
    assert sum(plan.counts.values()) == len(plan.handlers)
    changed = {name for name in there.keys() & wanted if there[name] != wanted[name]}
    edited = {row.name for row in plan.handlers if row.edits}
    assert changed <= set(plan.to_change) <= changed | edited
    after = {name: seen(wanted.get(name, version), name=name) for name, version in there.items()}
    done = plan_fleet(replace(now, seen=after, known={name: known(wanted[name], name) for name in wanted}))
    assert (done.to_change, done.counts["edited"]) == ((), 0)


def test_thousands_are_planned_in_milliseconds() -> None:
    names = [f"handler-{n:04}" for n in range(5_000)]
    remembered = {name: known(name=name) for name in names}
    now = situation(handlers=release(names, "2"), seen=fleet(names), known=remembered, bindings={})
    start = process_time()
    plan = plan_fleet(now)
    assert process_time() - start < 0.5
    assert len(plan.to_change) == 5_000
