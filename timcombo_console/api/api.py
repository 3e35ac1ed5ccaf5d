"""`/api/v1`: the same wishes as the pages, with the same permissions and the same audit."""

from ninja import NinjaAPI

from timcombo_console.api import (
    audit,
    builds,
    deployments,
    estate,
    monitoring,
    notifications,
    problems,
    releases,
)
from timcombo_console.api.auth import Bearer
from timcombo_console.api.bodies import JsonParser

api = NinjaAPI(
    title="Tim-Combo console",
    version="1",
    description="Register releases, plan and promote them, roll back, and read the audit log.",
    auth=Bearer(),
    parser=JsonParser(),
    docs_url=None,
    urls_namespace="api",
)
problems.install(api)
api.add_router("", releases.router)
api.add_router("", deployments.router)
api.add_router("", estate.router)
api.add_router("", monitoring.router)
api.add_router("", builds.router)
api.add_router("/audit", audit.router)
api.add_router("/notifications", notifications.router)

patterns, app_name, namespace = api.urls
for pattern in patterns:
    assert pattern.callback is not None
    pattern.callback = problems.only_problems(pattern.callback)
urls = (patterns, app_name, namespace)
