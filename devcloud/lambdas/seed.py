"""The functions that the estate's back ends have when the cloud starts."""

from collections.abc import Iterable
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from devcloud.estate import Backend
from devcloud.lambdas.state import Code, Function, Lambdas, Settings

MOMENT = (1980, 1, 1, 0, 0, 0)
ALIAS = "live"
VARIABLES = (("LOG_LEVEL", "info"), ("TABLE", "handlers"))


def seeded_lambdas(backends: Iterable[Backend], handlers: Iterable[str], now: float) -> Lambdas:
    """Each fleet once, whoever calls it; published, and with an alias where its API calls one."""
    lambdas, names = Lambdas(), tuple(handlers)
    for backend in backends:
        functions = lambdas.of(backend.account, backend.region)
        for name in names:
            if backend.prefix + name not in functions:
                functions[backend.prefix + name] = _function(backend, name, now)
    return lambdas


def _function(backend: Backend, name: str, now: float) -> Function:
    settings = Settings(environment=(*VARIABLES, ("STAGE", backend.environment)))
    code = Code.of(handler_zip(name))
    made = Function(backend.account, backend.region, backend.prefix + name, code, settings, now)
    if backend.by_alias:
        made.point(ALIAS, made.publish(now, "seeded").number)
    return made


def handler_zip(name: str) -> bytes:
    """A tiny zip, the same for the same name."""
    body = BytesIO()
    with ZipFile(body, "w", ZIP_STORED) as archive:
        text = f"export const handler = async () => ({{ handler: '{name}' }})\n"
        archive.writestr(ZipInfo("index.mjs", MOMENT), text)
    return body.getvalue()
