"""The same situation gives the same plan, and the plan says all that a promotion changes."""

from collections.abc import Sequence
from dataclasses import replace
from time import process_time

import pytest

from deployments.environment_config import config_body
from deployments.fleet_planner import FleetPlan, HandlerPlan
from deployments.manifest import FileEntry, Kind, Manifest, describe
from deployments.planner import (
    EVERYTHING,
    ConfigChange,
    Plan,
    Side,
    Situation,
    config_diff,
    diff,
    invalidation_paths,
    make_plan,
)
from tests.deployments.test_manifest import entry

OLD_JS, NEW_JS = "assets/index-3f2a1b9c.js", "assets/index-0d1e2f3a.js"


def manifest(kind: Kind = "app", **bodies: str) -> Manifest:
    """Files by body; in the names `__` stands for a slash and `_` for a dot."""
    paths = {name.replace("__", "/").replace("_", "."): body for name, body in bodies.items()}
    return Manifest.of(entry(path, body.encode(), kind) for path, body in paths.items())


def with_asset(files: Manifest, path: str) -> Manifest:
    return files.with_file(entry(path))


ONE = with_asset(manifest(index_html="1", logo_svg="logo", sw_js="1", old_txt="old"), OLD_JS)
TWO = with_asset(manifest(index_html="two", logo_svg="logo", sw_js="2", new_txt="new!"), NEW_JS)


def names(files: Sequence[FileEntry]) -> list[str]:
    return [file.path for file in files]


def test_difference_of_two_manifests() -> None:
    changes = diff(ONE, TWO)
    assert names(changes.added) == [NEW_JS, "new.txt"]
    assert names(changes.changed) == ["index.html", "sw.js"]
    assert names(changes.removed) == [OLD_JS, "old.txt"]
    assert (changes.unchanged, changes.bytes, changes.empty) == (1, 1 + 4 + 3 + 1, False)


def test_difference_with_nothing_and_with_itself() -> None:
    first = diff(None, ONE)
    assert names(first.added) == names(ONE.files)
    assert (len(first.changed), len(first.removed), first.unchanged) == (0, 0, 0)
    same = diff(ONE, ONE)
    assert (same.empty, same.unchanged, same.bytes) == (True, 5, 0)


def test_other_headers_are_a_change() -> None:
    index = ONE.by_path["index.html"]
    for changed in (index._replace(cache_control="no-store"), index._replace(content_type="text/plain")):
        assert diff(ONE, ONE.with_file(changed)).changed == (changed,)


def test_invalidation_is_minimal() -> None:
    assert plan(ONE, TWO).invalidation == ("/", "/index.html", "/sw.js")
    assert plan(ONE, ONE).invalidation == ("/", "/index.html")
    assert plan(None, ONE).invalidation == EVERYTHING


def test_invalidation_takes_the_viewers_form() -> None:
    paths = ["a b.png", "grüße.png", "a%b.txt", "what?.txt", "~x/(1)+@,;=.png"]
    assert invalidation_paths(paths, "app") == (
        "/",
        "/a%20b.png",
        "/a%25b.txt",
        "/gr%C3%BC%C3%9Fe.png",
        "/index.html",
        "/what%3F.txt",
        "/~x/(1)+@,;=.png",
    )
    # A star would be a wildcard of CloudFront's.
    assert "/a%2Ab" in invalidation_paths(["a*b"], "app")


def test_folders_of_a_static_site_are_two_paths() -> None:
    assert invalidation_paths(["docs/index.html"], "static") == (
        "/",
        "/docs/",
        "/docs/index.html",
        "/index.html",
    )
    assert invalidation_paths(["docs/index.html"], "app") == ("/", "/docs/index.html", "/index.html")
    assert invalidation_paths(["index.html"], "static") == ("/", "/index.html")


def test_more_than_fifteen_paths_are_one_wildcard() -> None:
    paths = [f"{n}.png" for n in range(14)]
    assert len(invalidation_paths(paths[:13], "app")) == 15
    assert invalidation_paths(paths, "app") == EVERYTHING


def test_pages_that_a_static_site_drops_are_invalidated() -> None:
    before = manifest("static", index_html="1", docs__index_html="d", logo_svg="l")
    after = manifest("static", index_html="1")
    changed = plan(before, after, kind="static")
    assert changed.invalidation == ("/", "/docs/", "/docs/index.html", "/index.html")
    app = plan(manifest(index_html="1", old_html="o"), manifest(index_html="1"))
    assert app.invalidation == ("/", "/index.html")


def side(files: Manifest, version: str = "1.0.0", *, shared: bool = True, **values: str) -> Side:
    return Side(version, files, values, one_for_all=shared)


def situation(running: Side | None, wanted: Side, kind: Kind = "app") -> Situation:
    return Situation(
        "test",
        kind,
        3,
        wanted.version,
        running,
        wanted,
        configuration_revision=7,
        observation={"bucket": "b"},
    )


def plan(running: Manifest | None, wanted: Manifest, kind: Kind = "app") -> Plan:
    before = side(running, shared=False) if running else None
    return make_plan(situation(before, side(wanted, "1.1.0", shared=False), kind))


def test_configuration_is_compared_by_key() -> None:
    assert config_diff({"a": "1", "b": "1", "c": "1"}, {"b": "1", "c": "2", "d": ""}) == (
        ConfigChange("a", "1", None),
        ConfigChange("c", "1", "2"),
        ConfigChange("d", None, ""),
    )
    assert config_diff({"a": "1"}, {"a": "1"}) == ()


def test_configuration_of_one_artifact_for_all_is_a_file() -> None:
    before, after = side(ONE, api="old"), side(ONE, "1.1.0", api="new")
    made = make_plan(situation(before, after))
    assert names(made.files.changed) == ["config.json"]
    assert made.files.bytes == len(config_body({"api": "new"}))
    assert made.invalidation == ("/", "/config.json", "/index.html")
    assert made.warnings == (
        "api is changed in config.json, which open pages of the running release 1.0.0 still read.",
    )
    assert make_plan(situation(before, replace(before, version="1.1.0"))).empty


def test_removed_keys_are_warned_of_and_new_ones_are_not() -> None:
    made = make_plan(situation(side(ONE, a="1"), side(ONE, b="1")))
    assert [change.key for change in made.config] == ["a", "b"]
    assert made.warnings == (
        "a is removed in config.json, which open pages of the running release 1.0.0 still read.",
    )


def test_values_built_into_an_artifact_need_a_new_build() -> None:
    before, after = side(ONE, shared=False, api="old"), side(TWO, shared=False, api="new")
    made = make_plan(situation(before, after))
    assert "config.json" not in names(made.files.added)
    assert made.warnings == (
        "Changed configuration (api) needs a new build: the values are built into this artifact.",
    )
    assert make_plan(situation(before, side(TWO, shared=False, api="old"))).warnings == ()
    assert make_plan(situation(None, after)).warnings == ()


def test_a_static_site_is_not_switched_at_once() -> None:
    before = manifest("static", index_html="1", about_html="1")
    both = plan(before, manifest("static", index_html="2", about_html="2"), kind="static")
    assert both.warnings == (
        "This is not atomic: 2 files are replaced in place, so visitors may see old and new pages for a moment.",
    )
    one = plan(before, manifest("static", index_html="2", about_html="1"), kind="static")
    assert "1 file is replaced" in one.warnings[0]
    assert plan(before, before, kind="static").warnings == ()


def test_an_unknown_back_end_is_warned_of() -> None:
    now = situation(None, side(ONE))
    assert make_plan(now).warnings == ()
    assert make_plan(replace(now, backend_known=False)).warnings == (
        "The back end of test is unknown: no API origin is set.",
    )


def back_end(*changed: str) -> FleetPlan:
    handlers = tuple(HandlerPlan(name, "changed", "1" * 64, "2" * 64, 10, "update") for name in changed)
    return FleetPlan("alias", handlers, ("Mind the gap.",), ())


def test_digest_follows_the_situation_and_nothing_else() -> None:
    now = situation(side(ONE, a="1"), side(TWO, "1.1.0", a="1"))
    assert make_plan(now) == make_plan(now)
    assert replace(now, wanted=side(TWO, "other name", a="1")).digest == now.digest
    others = [
        replace(now, settings_revision=4),
        replace(now, running=None),
        replace(now, running=side(TWO, a="1")),
        replace(now, running=side(ONE, a="0")),
        replace(now, wanted=side(ONE, a="1")),
        replace(now, configuration_revision=8),
        replace(now, observation={"bucket": "c"}),
        replace(now, fleet=back_end("users")),
        replace(now, wanted=None),
    ]
    assert len({now.digest, *(other.digest for other in others)}) == len(others) + 1


def test_the_apis_shape() -> None:
    now = situation(side(ONE, shared=False), side(TWO, "1.1.0", shared=False))
    now = replace(now, fleet=back_end("users"))
    made = make_plan(now)
    assert made.as_json() == {
        "digest": now.digest,
        "environment": "test",
        "from": "1.0.0",
        "to": "1.1.0",
        "added": [{"path": NEW_JS, "size": 1}, {"path": "new.txt", "size": 4}],
        "changed": [{"path": "index.html", "size": 3}, {"path": "sw.js", "size": 1}],
        "removed_from_manifest": [{"path": OLD_JS, "size": 1}, {"path": "old.txt", "size": 3}],
        "unchanged": 1,
        "bytes": 9,
        "invalidation": ["/", "/index.html", "/sw.js"],
        "config": [],
        "handlers": [
            {
                "name": "users",
                "change": "changed",
                "old_sha256": "1" * 64,
                "new_sha256": "2" * 64,
                "size": 10,
                "way": "update",
                "edits": [],
                "version": "",
                "note": "",
            }
        ],
        "backend": {
            "mode": "alias",
            "counts": {"changed": 1, "same": 0, "missing": 0, "extra": 0, "edited": 0},
            "calls": 3,
            "seconds": 0.2,
            "blockers": [],
        },
        "warnings": ["Mind the gap."],
    }
    assert not made.empty
    assert make_plan(situation(None, side(ONE))).as_json()["from"] is None


@pytest.mark.parametrize("shared", [False, True])
def test_twenty_thousand_files_are_planned_quickly(shared: bool) -> None:
    def release(salt: int) -> Manifest:
        made = (
            describe(
                f"assets/chunk-{n * salt:08x}.js", size=n, sha256=f"{n:064x}", md5=f"{n:032x}", kind="app"
            )
            for n in range(20_000)
        )
        return Manifest.from_bytes(Manifest.of(made).to_bytes())

    before, after = release(1), release(3)
    took = []
    for _ in range(3):
        now = situation(side(before, shared=shared, a="1"), side(after, shared=shared, a="2"))
        started = process_time()
        made = make_plan(now)
        took.append(process_time() - started)
    assert len(made.files.added) > 10_000
    assert min(took) < 0.2
