"""Every service that is not ours: moto, in the same process, told by header which account it acts for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from devcloud.errors import not_implemented
from devcloud.wire import Reply, Request


class Moto:
    """moto's WSGI application, imported when first needed and run by one thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="moto")
        self._application: Any = None
        self._touched = False

    async def handle(self, request: Request) -> Reply:
        """Carry out one call. Raises AwsError NotImplemented where moto answers with a page of HTML."""
        reply = await asyncio.get_running_loop().run_in_executor(self._thread, self._call, request)
        if reply.status in (404, 500, 501) and "html" in reply.headers.get("content-type", ""):
            raise not_implemented(request.service, request.operation)
        return reply

    async def reset(self) -> None:
        """Forget everything, when there is anything."""
        if self._touched:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._reset)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _call(self, request: Request) -> Reply:
        self._touched = True
        if self._application is None:
            from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

            self._application = DomainDispatcherApplication(create_backend_app)
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started.update(status=int(status.split()[0]), headers=headers)

        body = b"".join(self._application(_environ(request), start_response))
        headers = {name.lower(): value for name, value in started["headers"]}
        headers.pop("content-length", None)
        return Reply(started["status"], body, headers)

    def _reset(self) -> None:
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data

        BackendDict.reset()
        reset_model_data()
        self._touched = False


def _environ(request: Request) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.raw_path, encoding="latin-1"),
        "RAW_URI": request.raw_path + (f"?{request.raw_query}" if request.raw_query else ""),
        "QUERY_STRING": request.raw_query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_X_MOTO_ACCOUNT_ID": request.principal.account,
    }
    for name, value in request.headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name != "content-length":
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ
