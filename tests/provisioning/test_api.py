"""The API of a product's AWS resources."""

from typing import Any

import pytest
from django.test import Client

from provisioning.pages import key_of
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate

DEV = key_of(Address("bucket", MEDIA, "tim-app-dev-855652006097"))


class Caller:
    """A token's person."""

    def __init__(self, person: Any, scopes: list[str]) -> None:
        from users.tokens import issue

        token = issue(actor=None, user=person, name="t", scopes=scopes, days=1)
        self._client = Client(headers={"authorization": f"Bearer {token[1]}"})

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        address = f"/api/v1/products/{PRODUCT}/estate{path}"
        found = self._client.generic(method, address, _json(body), content_type="application/json")
        return found.status_code, found.json()


def _json(body: Any) -> str:
    import json

    return "" if body is None else json.dumps(body)


@pytest.fixture
def api(estate: Estate) -> Caller:
    return Caller(estate.admin, ["read", "estate"])


def test_look_plan_apply_and_watch(estate: Estate, api: Caller) -> None:
    status, run = api.ask("POST", "/look", {})
    assert (status, run["status"]) == (202, "queued")
    assert api.ask("GET", "")[1]["looking"] is True
    estate.carry_out(run["run"])
    _, told = api.ask("GET", "")
    states = {one["key"]: one["state"] for one in told["resources"]}
    assert (states[DEV], told["looking"]) == ("foreign", False)
    _, plan = api.ask("GET", f"/plan?only={DEV}")
    (change,) = plan["changes"]
    assert (change["key"], change["action"], change["needs_tick"]) == (DEV, "adopt", True)
    body = {"plan_digest": plan["digest"], "reason": "TC-900", "only": [DEV]}
    status, refused = api.ask("POST", "/apply", body)
    assert (status, refused["code"]) == (409, "wrong_state")
    status, made = api.ask("POST", "/apply", {**body, "tick": [DEV]})
    assert (status, made["done"]) == (202, 0)
    assert api.ask("POST", "/apply", {**body, "tick": [DEV]})[1]["code"] == "busy"
    estate.carry_out(made["run"])
    _, ended = api.ask("GET", f"/applies/{made['id']}")
    assert (ended["status"], ended["done"], ended["changes"][0]["state"]) == ("succeeded", 1, "done")


def test_an_old_plan_and_a_wrong_name_are_refused(estate: Estate, api: Caller) -> None:
    estate.look()
    body = {"plan_digest": "0" * 64, "reason": "x", "adopt_all": True}
    status, refused = api.ask("POST", "/apply", body)
    assert (status, refused["code"]) == (409, "stale_plan")
    status, refused = api.ask("POST", "/apply", {**body, "tick": ["bucket"]})
    assert (status, "kind/account/name" in refused["detail"]) == (422, True)
    assert api.ask("GET", "/applies/7")[0] == 404


def test_a_token_without_the_scope_and_a_role_without_the_right_are_refused(estate: Estate) -> None:
    from users.models import User
    from users.permissions import Role

    estate.look()
    body = {"plan_digest": estate.plan().digest, "reason": "x", "adopt_all": True}
    manager = User.objects.create(username="m", display_name="M", role=Role.RELEASE_MANAGER)
    for caller in (Caller(estate.admin, ["read"]), Caller(manager, ["read", "estate"])):
        assert caller.ask("GET", "/plan")[0] == 200
        status, refused = caller.ask("POST", "/apply", body)
        assert (status, refused["code"]) == (403, "forbidden")


def test_a_plan_that_failed_goes_on_and_one_under_way_is_stopped(estate: Estate, api: Caller) -> None:
    estate.look()
    _, plan = api.ask("GET", f"/plan?only={DEV}")
    body = {"plan_digest": plan["digest"], "reason": "TC-900", "only": [DEV], "tick": [DEV]}
    fault = estate.cloud.faults("s3", "PutBucketTagging", "error", code="AccessDenied", status=403)
    _, made = api.ask("POST", "/apply", body)
    assert estate.carry_out(made["run"]).state == "failed"
    estate.cloud.clear_faults(fault)
    assert api.ask("POST", f"/applies/{made['id']}/retry", {})[0] == 422
    status, again = api.ask("POST", f"/applies/{made['id']}/retry", {"reason": "Mended"})
    assert (status, again["status"]) == (202, "queued")
    assert api.ask("POST", f"/applies/{made['id']}/retry", {"reason": "x"})[1]["code"] == "wrong_state"
    status, _ = api.ask("POST", f"/applies/{made['id']}/cancel", {"reason": "Not now"})
    assert status == 202
    assert estate.carry_out(made["run"]).state == "cancelled"
    assert api.ask("POST", "/applies/0/cancel", {"reason": "x"})[0] == 404
