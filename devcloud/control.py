"""The control address: faults, the record of calls, settings, reset, numbers, a receiver of webhooks. No part of AWS."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from devcloud.apigateway import wishes as apigateway
from devcloud.cloud import Cloud
from devcloud.cloudwatch.wishes import put_points
from devcloud.inbox import TAKEN
from devcloud.moto_backend import Moto
from devcloud.traffic.generator import burst
from devcloud.wire import Reply, Request

Handler = Callable[[Request, list[str]], Awaitable[Any]]


class Control:
    """Answers the control address with JSON."""

    def __init__(self, cloud: Cloud, moto: Moto) -> None:
        self.cloud = cloud
        self.moto = moto
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "health"): self._health,
            ("POST", "faults"): self._add_fault,
            ("GET", "faults"): self._list_faults,
            ("DELETE", "faults"): self._remove_faults,
            ("GET", "calls"): self._calls,
            ("POST", "settings"): self._settings,
            ("GET", "settings"): self._settings,
            ("POST", "reset"): self._reset,
            ("POST", "lambda"): self._lambda,
            ("POST", "apigateway"): self._apigateway,
            ("POST", "delegate"): self._delegate,
            ("POST", "metrics"): self._metrics,
            ("POST", "traffic"): self._traffic,
            ("POST", "inbox"): self._take_in,
            ("GET", "inbox"): self._inbox,
            ("POST", "inbox-settings"): self._inbox_settings,
        }

    async def answer(self, request: Request) -> Reply:
        """Raises nothing: a wish that makes no sense is answered with 400 and the reason."""
        name, *rest = request.path.strip("/").split("/")
        handler = self._handlers.get((request.method, name))
        if handler is None:
            return _json(404, {"error": f"no {request.method} {request.path}"})
        try:
            found = await handler(request, rest)
            return found if isinstance(found, Reply) else _json(200, found)
        except ValueError as error:
            return _json(400, {"error": str(error)})

    async def _health(self, _: Request, __: list[str]) -> Any:
        cloud = self.cloud
        counts = {"buckets": len(cloud.buckets), "distributions": len(cloud.cdn.distributions)}
        return {"ok": True, "next_call": cloud.calls.next, **counts}

    async def _add_fault(self, request: Request, _: list[str]) -> Any:
        return {"id": self.cloud.faults.add(_object(request)).id}

    async def _list_faults(self, _: Request, __: list[str]) -> Any:
        return {"faults": self.cloud.faults.listing()}

    async def _remove_faults(self, _: Request, rest: list[str]) -> Any:
        return {"removed": self.cloud.faults.remove(int(rest[0]) if rest else None)}

    async def _calls(self, request: Request, _: list[str]) -> Any:
        limit = int(request.query.get("limit", 10_000))
        since = int(request.query.get("since", 0))
        calls = [call._asdict() for call in self.cloud.calls.since(since, limit)]
        return {"calls": calls, "next": calls[-1]["seq"] + 1 if calls else max(since, self.cloud.calls.next)}

    async def _settings(self, request: Request, _: list[str]) -> Any:
        return self.cloud.settings.change(_object(request) if request.body else {})

    async def _reset(self, request: Request, _: list[str]) -> Any:
        """The whole estate, or with no more `handlers` than the wish says in each account."""
        wish = _object(request) if request.body else {}
        await self.moto.reset()
        self.cloud.reset(int(wish["handlers"]) if "handlers" in wish else None)
        return {"ok": True, "next": self.cloud.calls.next}

    async def _lambda(self, request: Request, rest: list[str]) -> Any:
        """`/lambda/fail`: the next updates of a function's code fail. `/lambda/errors`: it answers with errors."""
        wish, lambdas = _object(request), self.cloud.lambdas
        place = str(wish["account"]), str(wish["function"])
        if rest == ["fail"]:
            reason = wish.get("reason", "The emulated cloud was told to fail here.")
            lambdas.fail(*place, str(wish["reason_code"]), reason, int(wish.get("count", 1)))
        elif rest == ["errors"]:
            names = ("errors", "throttles", "invocations")
            lambdas.errors[place] = {name: float(wish.get(name, 0)) for name in names}
            lambdas.errors[place]["code_sha256"] = wish.get("code_sha256") or ""
        else:
            raise ValueError(f"no /lambda/{'/'.join(rest)}")
        return {"ok": True}

    async def _apigateway(self, request: Request, rest: list[str]) -> Any:
        """`/apigateway/targets`, `stage`, `http` and `domain`: see devcloud/apigateway/wishes.py for the fields."""
        apigateway.change(self.cloud.gateways, "/".join(rest), _object(request))
        return {"ok": True}

    async def _delegate(self, request: Request, _: list[str]) -> Any:
        """What the registrar of a domain says: `{domain, name_servers}`; without name servers the first zone of its name."""
        wish, zones = _object(request), self.cloud.zones
        zones.delegations.pop(wish["domain"], None)
        if wish.get("name_servers"):
            zones.delegations[wish["domain"]] = list(wish["name_servers"])
        return {"name_servers": zones.delegated_to(wish["domain"])}

    async def _metrics(self, request: Request, _: list[str]) -> Any:
        """Numbers of any time: see devcloud/cloudwatch/wishes.py for the fields."""
        wish = json.loads(request.body)
        wishes = wish if isinstance(wish, list) else [wish]
        return {"points": sum(put_points(self.cloud.numbers, one, self.cloud.now()) for one in wishes)}

    async def _traffic(self, request: Request, _: list[str]) -> Any:
        """Visitors at once: see devcloud/traffic/generator.py for the fields."""
        return {"statuses": burst(self.cloud, _object(request))}

    async def _take_in(self, request: Request, rest: list[str]) -> Reply:
        """`/inbox/<name>`: keep what a webhook sends, and answer as the inbox was told to."""
        inbox = self.cloud.inboxes["/".join(rest)]
        inbox.keep(request, self.cloud.now())
        await asyncio.sleep(inbox.seconds)
        return Reply(inbox.status)

    async def _inbox(self, _: Request, rest: list[str]) -> Any:
        return {"messages": list(self.cloud.inboxes["/".join(rest)].messages)}

    async def _inbox_settings(self, request: Request, _: list[str]) -> Any:
        """`{name, status?, seconds?}`: what the inbox answers from now on, and how late."""
        wish = _object(request)
        inbox = self.cloud.inboxes[str(wish.get("name", ""))]
        inbox.status, inbox.seconds = int(wish.get("status", TAKEN)), float(wish.get("seconds", 0))
        return {"ok": True}


def _object(request: Request) -> dict[str, Any]:
    value = json.loads(request.body)
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"content-type": "application/json"})
