"""`/api/v1/deployments/…/handlers`: what happens to each handler, and leaving one out."""

import pytest

from deployments.models import Deployment
from tests.console.test_api import API, Caller, body, code
from tests.deployments.back_ends import NAMES, failed_deployment, partly_live
from tests.examples import person
from users.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed() -> Deployment:
    return failed_deployment(person(Role.RELEASE_MANAGER, "olga"))


@pytest.fixture
def ci() -> Caller:
    return Caller(person(Role.RELEASE_MANAGER), ["read", "deployments"])


def test_handlers_are_paged_by_name(ci: Caller, failed: Deployment) -> None:
    first = body(ci.get(f"{API}/deployments/{failed.pk}/handlers", limit=2))
    assert [one["name"] for one in first["items"]] == list(NAMES[:2])
    error = "AWS could not take over its code."
    failed_one = {"name": NAMES[0], "state": "returned", "version": None, "error": error, "note": None}
    assert first["items"][0] == failed_one
    rest = body(ci.get(f"{API}/deployments/{failed.pk}/handlers", limit=2, cursor=first["next"]))
    assert ([one["name"] for one in rest["items"]], rest["next"]) == ([NAMES[2]], None)


def test_a_cursor_that_is_no_name_is_refused(ci: Caller, failed: Deployment) -> None:
    assert code(ci.get(f"{API}/deployments/{failed.pk}/handlers", cursor="a b")) == (422, "invalid")
    assert code(ci.get(f"{API}/deployments/{failed.pk}/handlers", limit=0)) == (422, "invalid")


def test_a_failed_handler_is_left_out(ci: Caller, failed: Deployment) -> None:
    address = f"{API}/deployments/{failed.pk}/handlers/{NAMES[0]}/skip"
    left_out = body(ci.post(address, {"reason": "Nobody calls it."}))
    assert (left_out["state"], left_out["note"]) == ("skipped", "Nobody calls it.")
    assert code(ci.post(address, {"reason": "Again."})) == (409, "wrong_state")


def test_a_failed_handler_is_retried_alone(ci: Caller) -> None:
    part = partly_live(person(Role.RELEASE_MANAGER, "olga"))
    address = f"{API}/deployments/{part.pk}/handlers/{NAMES[0]}/retry"
    assert code(ci.post(address, {"reason": " "})) == (422, "invalid")
    assert body(ci.post(address, {"reason": "Key mended."}), 202)["status"] == "queued"
    assert code(ci.post(address, {"reason": "Again."})) == (409, "wrong_state")


def test_a_token_that_only_reads_may_not(failed: Deployment) -> None:
    reader = Caller(person(Role.RELEASE_MANAGER), ["read"])
    address = f"{API}/deployments/{failed.pk}/handlers"
    assert body(reader.get(address))["items"]
    assert code(reader.post(f"{address}/{NAMES[0]}/skip", {"reason": "No."})) == (403, "forbidden")
    assert code(reader.get(f"{API}/deployments/99999/handlers")) == (404, "not_found")
