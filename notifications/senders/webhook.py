"""The signed webhook: one POST of JSON, by https to public addresses only, that follows nothing."""

import asyncio
import time
from collections.abc import Mapping

from aiohttp import ClientError, ClientSession, DummyCookieJar, TCPConnector
from django.conf import settings
from yarl import URL

from deployments.edge_client import EdgeProblem, Network, Pinned
from notifications.addresses import is_loopback, problem_of
from notifications.message import body_of, signature
from notifications.models import Delivery
from notifications.senders.outcome import SECONDS, NotSent, Sent
from runs.journal import storable

MOST_READ = 4096
MOST_SHOWN = 200


def send_webhook(delivery: Delivery) -> Sent:
    """POST the payload, signed with the secret from the environment; the status of the answer. Raises NotSent."""
    channel = delivery.channel
    secret = settings.CONSOLE_WEBHOOK_SECRETS.get(channel.setting, "")
    if not secret:
        raise NotSent(
            f"{channel.variable} is not set for the workers of the queue watch. See docs/OPERATIONS.md."
        )
    body, timestamp = body_of(delivery.payload), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "timcombo-console",
        "X-Console-Timestamp": timestamp,
        "X-Console-Delivery": str(delivery.pk),
        "X-Console-Signature": signature(secret, timestamp, body),
    }
    return Sent(post(channel.url, body, headers, demo=settings.DEMO))


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, demo: bool, network: Network | None = None
) -> int:
    """POST once, within 10 s; the status, which is 2xx. Raises NotSent.

    The host is looked up once, must be public, and is what is connected to. The demo may reach loopback.
    """
    if problem := problem_of(url, demo=demo):
        raise NotSent(f"It may not be sent there. {problem}")
    target = URL(url, encoded=True)
    try:
        status, told = asyncio.run(_post(target, body, headers, network or Network()))
    except TimeoutError as error:
        raise NotSent(f"{target.host} did not answer in {SECONDS:.0f} seconds.") from error
    except EdgeProblem as error:
        raise NotSent(f"Nothing was sent: {error}.") from error
    except (ClientError, OSError) as error:
        raise NotSent(f"{target.host} could not be asked: {error}.") from error
    if not 200 <= status < 300:
        raise NotSent(_refusal(target, status, told), status)
    return status


async def _post(url: URL, body: bytes, headers: Mapping[str, str], network: Network) -> tuple[int, str]:
    async with (
        asyncio.timeout(SECONDS),
        _session(url, network) as session,
        session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status, (await answer.content.read(MOST_READ)).decode(errors="replace")


def _session(url: URL, network: Network) -> ClientSession:
    plain = url.scheme == "http" and is_loopback(url.host or "")
    connector = TCPConnector() if plain else TCPConnector(resolver=Pinned(network), ssl=network.tls or True)
    return ClientSession(connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=False)


def _refusal(url: URL, status: int, told: str) -> str:
    if 300 <= status < 400:
        return f"{url.host} answered {status} and leads elsewhere. Redirects are not followed; enter the final address."
    words = storable(" ".join(told.split()))[:MOST_SHOWN]
    return f"{url.host} answered {status}{f': {words}' if words else '.'}"
