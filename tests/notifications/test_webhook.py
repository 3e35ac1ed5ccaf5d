"""The signed webhook: what a receiver gets, where it never goes, and what of an answer is kept."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.edge_client import Network, is_public
from notifications.models import Delivery
from notifications.senders.outcome import NotSent
from notifications.senders.webhook import post
from tests.databases import CHECKOUT
from tests.deployments.sites import certificate
from tests.notifications.receivers import Answer, Receiver, receiving
from tests.notifications.rows import SECRET, deliver, told, webhook

NAME = "hooks.example.com"


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Receiver, Network]]:
    """A receiver on https by a public host's name, and a network in which that name is this machine."""
    server, client = certificate(tmp_path, NAME)

    async def resolve(host: str) -> list[str]:
        return ["127.0.0.1"]

    with receiving(Receiver(), server) as receiver:
        yield receiver, Network(resolve=resolve, allowed=lambda address: True, tls=client)


def url_of(receiver: Receiver, host: str = NAME) -> str:
    return f"https://{host}:{receiver.port}/inbox"


@pytest.mark.django_db
def test_a_receiver_can_tell_who_sent_it_and_when(receiver: Receiver) -> None:
    (delivery,) = told(webhook(receiver.url))
    deliver()
    (got,) = receiver.got
    assert got.json == delivery.payload
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["X-Console-Delivery"] == str(delivery.pk)
    timestamp = got.headers["X-Console-Timestamp"]
    assert abs(time.time() - int(timestamp)) < 60
    made = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Console-Signature"] == f"v1={made}"


@pytest.mark.django_db
def test_the_check_that_the_operations_page_shows_takes_ours_and_no_other(receiver: Receiver) -> None:
    page = (CHECKOUT / "docs" / "OPERATIONS.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    shown: dict[str, Any] = {"hmac": hmac, "hashlib": hashlib, "time": time}
    exec(code, shown)
    told(webhook(receiver.url))
    deliver()
    (got,) = receiver.got
    assert shown["is_ours"](got.headers, got.body, SECRET)
    assert not shown["is_ours"](got.headers, got.body + b" ", SECRET)
    assert not shown["is_ours"](got.headers, got.body, "another secret")
    old = got.headers | {"X-Console-Timestamp": str(int(got.headers["X-Console-Timestamp"]) - 301)}
    assert not shown["is_ours"](old, got.body, SECRET)


@pytest.mark.django_db
def test_without_the_secret_nothing_is_sent_and_the_variable_is_named(
    receiver: Receiver, settings: Any
) -> None:
    settings.CONSOLE_WEBHOOK_SECRETS = {}
    told(webhook(receiver.url))
    deliver()
    assert "CONSOLE_WEBHOOK_SECRET_TEAM is not set" in Delivery.objects.get().error
    assert receiver.got == []


@pytest.mark.django_db
def test_outside_the_demo_an_address_that_was_saved_in_one_is_refused(
    receiver: Receiver, settings: Any
) -> None:
    told(webhook(receiver.url))
    settings.DEMO = False
    deliver()
    assert "begins with https://" in Delivery.objects.get().error
    assert receiver.got == []


def test_https_with_a_certificate_of_that_name(secure: tuple[Receiver, Network]) -> None:
    receiver, network = secure
    assert post(url_of(receiver), b"{}", {"X-A": "b"}, demo=False, network=network) == 204
    assert receiver.got[0].headers["X-A"] == "b"
    with pytest.raises(NotSent, match=r"could not be asked.*certificate"):
        post(url_of(receiver, "other.example.com"), b"{}", {}, demo=False, network=network)
    assert len(receiver.got) == 1


def test_a_name_that_leads_inside_is_never_connected_to(secure: tuple[Receiver, Network]) -> None:
    receiver, network = secure
    inside = Network(resolve=network.resolve, allowed=is_public, tls=network.tls)
    with pytest.raises(NotSent, match=r"resolves to 127\.0\.0\.1, which is not a public address"):
        post(url_of(receiver), b"{}", {}, demo=False, network=inside)
    assert receiver.got == []


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "localhost"])
def test_no_other_way_to_write_this_machine_is_connected_to(host: str) -> None:
    with pytest.raises(NotSent, match=r"a name, not an address"):
        post(f"https://{host}/", b"{}", {}, demo=False)


def test_a_name_that_does_not_resolve_is_said() -> None:
    async def resolve(host: str) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(NotSent, match=r"the name hooks\.example\.com does not resolve"):
        post(f"https://{NAME}/", b"{}", {}, demo=False, network=Network(resolve=resolve))


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [Answer(302, headers={"Location": receiver.url})]
    with pytest.raises(NotSent, match="Redirects are not followed") as refused:
        post(receiver.url, b"{}", {}, demo=True)
    assert refused.value.status == 302
    assert len(receiver.got) == 1


def test_of_an_endless_answer_only_the_beginning_is_read_and_shown(receiver: Receiver) -> None:
    receiver.answers = [Answer(500, b"a\0b " + b"x" * 50_000_000)]
    began = time.monotonic()
    with pytest.raises(NotSent) as refused:
        post(receiver.url, b"{}", {}, demo=True)
    assert time.monotonic() - began < 5
    assert len(str(refused.value)) < 300
    assert "\0" not in str(refused.value)


def test_any_2xx_is_sent(receiver: Receiver) -> None:
    receiver.answers = [Answer(202, b"later")]
    assert post(receiver.url, b"{}", {}, demo=True) == 202
