"""Whether the console can do its work: database, broker, a worker, migrations."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from runs.selectors import alive_workers


def problems() -> list[str]:
    """What is missing, in words; empty when the console is ready."""
    found = [] if _broker() else ["The broker does not answer."]
    try:
        if MigrationExecutor(connection).migration_plan(_leaves()):
            found.append("Migrations are missing in the database. Run `manage.py migrate` as its owner.")
        if not alive_workers().exists():
            found.append("No worker is alive, so nothing is carried out.")
    except DatabaseError:
        found.append("The database does not answer.")
    return found


def _leaves() -> list[tuple[str, str]]:
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())


def _broker() -> bool:
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
