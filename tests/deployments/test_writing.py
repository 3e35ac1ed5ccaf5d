"""What is written, in which order, and what may go."""

from datetime import UTC, datetime, timedelta
from time import process_time

from deployments.manifest import FileEntry, Manifest, Role, describe
from deployments.writing import KEPT_FOR, Phase, Pruning, Recorded, needed, prunable, upload_order
from tests.deployments.test_manifest import entry


def test_assets_come_first_and_service_workers_last() -> None:
    paths = [
        "sw.js",
        "zebra.html",
        "index.html",
        "config.json",
        "logo.svg",
        "a-3f2a1b9c.js",
        "docs/index.html",
    ]
    order = upload_order(Manifest.of(entry(path) for path in paths))
    assert [(phase.role, [file.path for file in phase.files]) for phase in order] == [
        (Role.HASHED, ["a-3f2a1b9c.js"]),
        (Role.PLAIN, ["logo.svg"]),
        (Role.CONFIG, ["config.json"]),
        (Role.ENTRY_POINT, ["docs/index.html", "zebra.html", "index.html"]),
        (Role.SERVICE_WORKER, ["sw.js"]),
    ]
    assert upload_order(Manifest.of([]))[0] == Phase(Role.HASHED, ())


FILE = entry("a.js")


def written(file: FileEntry, etag: str = "e1") -> Recorded:
    return Recorded(etag, file.sha256, file.content_type, file.cache_control)


def test_what_we_wrote_and_still_see_is_unchanged() -> None:
    decision = needed([FILE], {"a.js": "e1"}, {"a.js": written(FILE)})
    assert (decision.copy, decision.replaced, decision.unchanged) == ((), (), 1)


def test_anything_else_is_written_again() -> None:
    good = written(FILE)
    there = {"a.js": "e1"}
    cases: list[tuple[dict[str, str], dict[str, Recorded]]] = [
        (there, {}),
        ({"a.js": "e2"}, {"a.js": good}),
        (there, {"a.js": good._replace(sha256="0" * 64)}),
        (there, {"a.js": good._replace(content_type="text/plain")}),
        (there, {"a.js": good._replace(cache_control="no-store")}),
        (there, {"b.js": good}),
    ]
    for listed, recorded in cases:
        decision = needed([FILE], listed, recorded)
        assert (decision.copy, decision.replaced, decision.unchanged) == ((FILE,), (FILE,), 0)
    for recorded in ({}, {"a.js": good}):
        decision = needed([FILE], {}, recorded)
        assert (decision.copy, decision.replaced, decision.unchanged) == ((FILE,), (), 0)


def test_twenty_thousand_files_are_compared_quickly() -> None:
    files = [
        describe(f"a/{n}-{n:08x}.js", size=n, sha256=f"{n:064x}", md5=f"{n:032x}", kind="app")
        for n in range(20_000)
    ]
    listed = {file.path: file.md5 for file in files}
    recorded = {file.path: written(file, file.md5) for file in files}
    started = process_time()
    assert needed(files, listed, recorded).unchanged == 20_000
    assert process_time() - started < 0.2


NOW = datetime(2026, 11, 22, tzinfo=UTC)
LONG_AGO = NOW - KEPT_FOR
BUCKET = [f"old{n}.js" for n in range(3)] + [f"new{n}.js" for n in range(7)]
KEPT = [
    Manifest.of(entry(f"new{n}.js") for n in range(4)),
    Manifest.of(entry(f"new{n}.js") for n in range(3, 7)),
]


def test_only_old_unreferenced_keys_of_ours_may_go() -> None:
    since = {
        "old0.js": LONG_AGO,
        "old1.js": LONG_AGO + timedelta(seconds=1),
        "new1.js": LONG_AGO,
        "gone.js": LONG_AGO,
    }
    assert prunable(BUCKET, since, KEPT, NOW) == Pruning(("old0.js",))
    assert prunable(BUCKET, {}, KEPT, NOW) == Pruning(())
    assert prunable([], {}, [], NOW) == Pruning(())


def test_the_index_and_the_config_never_go() -> None:
    keys = ["index.html", "config.json", "a.js", *BUCKET]
    assert prunable(keys, dict.fromkeys(keys[:3], LONG_AGO), KEPT, NOW) == Pruning(("a.js",))


def test_more_than_a_third_of_a_bucket_stops_it() -> None:
    due = dict.fromkeys(["old0.js", "old1.js", "old2.js"], LONG_AGO)
    assert prunable(BUCKET, due, KEPT, NOW).keys == ("old0.js", "old1.js", "old2.js")
    stopped = prunable(BUCKET[:-1], due, KEPT, NOW)
    assert stopped.keys == ()
    assert stopped.stopped is not None
    assert stopped.stopped.startswith("3 of 9 objects are due to be deleted, more than 30% of the bucket.")
