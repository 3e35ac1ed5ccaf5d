"""The audit log's pages: filter, read, export exactly that, verify; each for who may."""

import csv
import io
import json

import pytest
from django.test import Client

from audit.canonical import FIRST
from audit.models import Event, Verification
from audit.sealer import seal
from tests.audit.rows import event_at, note, sealed_notes
from tests.examples import person
from tests.users.rows import events, visitor
from users.permissions import Role
from users.spreadsheets import safe_cell

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> Client:
    return visitor(person(Role.AUDITOR, "quinn"))


def text_of(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def summaries(client: Client, query: str = "") -> list[str]:
    return [row.event.summary for row in client.get(f"/audit/{query}").context["rows"]]


def test_the_newest_come_first_under_their_day_with_all_that_is_known(auditor: Client) -> None:
    ana = person(Role.RELEASE_MANAGER, "ana")
    event_at(0, summary="old")
    note(
        "Changed 1 configuration value",
        actor=ana,
        product="tim-combo",
        environment="prod",
        reason="Pilot ends <today>",
        before={"PILOT": "true", "SAME": "1"},
        after={"PILOT": "false", "SAME": "1"},
        request_ids=["REQ-81f"],
        run=7,
    )
    seal()
    page = auditor.get("/audit/")
    assert summaries(auditor) == ["Changed 1 configuration value", "old"]
    for part in (
        "Ana",
        "release manager",
        "tim-combo prod",
        "REQ-81f",
        "Pilot ends &lt;today&gt;",
        "Thursday 1 January 2026",
    ):
        assert part in page.text
    row = page.context["rows"][0]
    assert row.changes == [("PILOT", "true", "false")]
    assert row.seal.position == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?person=ana", ["c", "a"]),
        ("?person=ANA", ["c", "a"]),
        ("?action=config.save", ["c"]),
        ("?product=tim-combo&environment=prod", ["b"]),
        ("?result=refused", ["b"]),
        ("?run=5", ["c"]),
        ("?since=2026-01-01T00:01:00Z", ["c", "b"]),
        ("?since=2026-01-01T01:01:00%2B01:00&until=2026-01-01T00:02:00Z", ["b"]),
        ("?since=2026-01-01 01:01:00 +01:00&until=2026-01-01 00:02", ["b"]),
        ("?person=ana&result=refused", []),
    ],
)
def test_each_filter_shows_exactly_what_matches(auditor: Client, query: str, expected: list[str]) -> None:
    event_at(0, summary="a", product="tim-combo", environment="dev")
    event_at(1, summary="b", actor_name="ben", product="tim-combo", environment="prod", result="refused")
    event_at(2, summary="c", action="config.save", run=5)
    assert summaries(auditor, query) == expected
    page = auditor.get(f"/audit/{query}")
    assert ("No event matches" in page.text) is not bool(expected)


def test_a_time_that_does_not_hold_is_said_and_shows_nothing(auditor: Client) -> None:
    note("a")
    page = auditor.get("/audit/?since=yesterday")
    assert page.status_code == 422
    assert "Write it as 2026-11-22 09:00" in page.text
    assert 'value="yesterday"' in page.text
    assert auditor.get("/audit/export?since=yesterday&format=csv").status_code == 422


def test_older_events_are_a_link_away_and_none_is_shown_twice(auditor: Client) -> None:
    for number in range(120):
        event_at(number, summary=str(number), environment="prod")
    seen, address = [], "/audit/?environment=prod"
    while address:
        page = auditor.get(address)
        seen += [row.event.summary for row in page.context["rows"]]
        address = f"/audit/{page.context['older']}" if page.context["older"] else ""
    assert seen == [str(number) for number in reversed(range(120))]


def test_the_number_of_queries_does_not_grow_with_the_log(
    auditor: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(60):
        note(str(number), actor=person(Role.VIEWER, f"v{number}"))
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        auditor.get("/audit/?result=ok&action=test.note")


def test_an_event_has_an_address_of_its_own(auditor: Client) -> None:
    event = note("here")
    assert "here" in auditor.get(f"/audit/events/{event.pk}/").text
    missing = auditor.get("/audit/events/999999/")
    assert missing.status_code == 404
    assert "Events are never removed" in missing.text


def test_an_export_holds_exactly_the_filter_and_is_itself_on_record(auditor: Client) -> None:
    event_at(0, summary="a")
    event_at(1, summary="b", actor_name="ben", reason="=cmd|' /C calc'!A0", after={"k": "v"})
    event_at(2, summary="c", actor_name="ben")
    seal()
    answer = auditor.get("/audit/export?person=ben&format=csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-')
    rows = list(csv.DictReader(io.StringIO(text_of(answer))))
    assert [row["summary"] for row in rows] == ["c", "b"]
    assert rows[1]["reason"] == "'=cmd|' /C calc'!A0"
    assert rows[1]["after"] == '{"k": "v"}'
    assert rows[1]["at"] == "2026-01-01T00:01:00.000000Z"
    assert rows[1]["position"] == "2"
    event = Event.objects.order_by("-id")[0]
    assert (event.action, event.actor_name) == ("audit.export", "quinn")
    assert event.after == {"filter": {"actor_name": "ben"}, "count": 2, "format": "csv"}


def test_an_export_in_json_lines_lets_anybody_compute_the_chain(auditor: Client) -> None:
    import hashlib

    sealed_notes(3)
    lines = [json.loads(line) for line in text_of(auditor.get("/audit/export?format=jsonl")).splitlines()]
    assert [line["summary"] for line in lines] == ["note 2", "note 1", "note 0"]
    previous = FIRST
    for line in reversed(lines):
        sealed = line.pop("seal")
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        assert sealed["prev_hash"] == previous
        assert sealed["hash"] == hashlib.sha256((previous + text).encode()).hexdigest()
        previous = sealed["hash"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_escaped(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"a{text}") == f"a{text}"


def test_an_unknown_format_is_refused(auditor: Client) -> None:
    assert auditor.get("/audit/export?format=exe").status_code == 422
    assert events() == [("audit.export", "refused", "quinn")]


def test_the_button_verifies_and_says_so(auditor: Client) -> None:
    sealed_notes(3)
    assert "Not verified yet" in auditor.get("/audit/").text
    page = auditor.post("/audit/verify", follow=True)
    assert "The chain is whole to 3." in page.text
    assert "Chain whole to 3, checked" in page.text
    assert events()[-1] == ("audit.verify", "ok", "quinn")
    assert auditor.get("/audit/verify").status_code == 405


def test_what_was_found_broken_is_on_every_page_of_the_log(auditor: Client) -> None:
    sealed_notes(1)
    auditor.post("/audit/verify")
    Verification.objects.update(broken={"position": 1, "event": 1, "what": "The event is missing."})
    page = auditor.get("/audit/")
    assert "Chain broken at 1" in page.text
    assert "The event is missing." in page.text


@pytest.mark.parametrize(
    ("role", "reads", "exports", "verifies"),
    [
        (Role.VIEWER, 403, 403, 403),
        (Role.RELEASE_MANAGER, 200, 403, 403),
        (Role.ADMIN, 200, 403, 302),
        (Role.AUDITOR, 200, 200, 302),
    ],
)
def test_each_role_gets_what_it_may(role: Role, reads: int, exports: int, verifies: int) -> None:
    client = visitor(person(role))
    assert client.get("/audit/").status_code == reads
    assert client.get("/audit/export?format=csv").status_code == exports
    assert client.post("/audit/verify").status_code == verifies
    refused = [action for action, result, _ in events() if result == "refused"]
    assert len(refused) == [reads, exports, verifies].count(403)


def test_buttons_are_drawn_for_who_may(auditor: Client) -> None:
    assert "Export CSV" in auditor.get("/audit/").text
    manager = visitor(person(Role.RELEASE_MANAGER)).get("/audit/").text
    assert "Export CSV" not in manager
    assert "Verify now" not in manager


@pytest.mark.parametrize(
    "query", ["since=0001-01-01T00:00%2B14:00", "until=9999-12-31T23:59-14:00", "since=yesterday"]
)
def test_a_time_that_is_none_is_refused_in_words(auditor: Client, query: str) -> None:
    page = auditor.get(f"/audit/?{query}")
    assert (page.status_code, "The filter does not hold" in page.text) == (422, True)
    assert auditor.get(f"/audit/export?{query}&format=csv").status_code == 422
    assert auditor.get("/audit/?since=0001-01-01T00:00Z&until=9999-12-31T23:59Z").status_code == 200


@pytest.mark.parametrize("query", ["actr=viewer", "result=banana", "run=x"])
def test_a_filter_that_there_is_none_of_shows_and_exports_nothing(auditor: Client, query: str) -> None:
    for address in ("/audit/", "/audit/export"):
        page = auditor.get(f"{address}?format=csv&{query}" if "export" in address else f"{address}?{query}")
        assert (page.status_code, "The filter does not hold" in page.text) == (422, True)
    assert "actr" not in query or "There is no parameter actr" in page.text
    assert auditor.get("/audit/export?format=csv&before=7").status_code == 422
    assert auditor.get("/audit/?before=7&result=refused").status_code == 200
    assert auditor.get("/audit/export?format=csv&result=refused").status_code == 200


def test_who_may_not_export_is_refused_whatever_the_filter() -> None:
    admin = visitor(person(Role.ADMIN))
    assert admin.get("/audit/export?format=csv&actr=1").status_code == 403
    assert [(action, result) for action, result, _ in events()] == [("audit.export", "refused")]


def test_strangers_are_sent_to_the_door() -> None:
    for address in ("/audit/", "/audit/export?format=csv", "/audit/events/1/"):
        assert Client().get(address)["Location"].startswith("/login/")
