"""Chat by Apprise: only over https, and no part of its address ever in a row."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications.models import Delivery
from notifications.senders.chat import service_of
from notifications.senders.outcome import NotSent
from tests.deployments.sites import certificate
from tests.notifications.receivers import Answer, Receiver, receiving
from tests.notifications.rows import SETTING, chat, deliver, told

TOKEN = "TIiajkdnlazkcOXrIdevi7FQ"


@pytest.fixture
def room(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A chat service on https, whose address is in the environment."""
    server, _ = certificate(tmp_path, "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
    with receiving(Receiver(), server) as receiver:
        settings.CONSOLE_CHAT_SECRETS = {SETTING: f"jsons://localhost:{receiver.port}/{TOKEN}/"}
        yield receiver


@pytest.mark.django_db
def test_a_message_arrives(room: Receiver) -> None:
    (delivery,) = told(chat())
    deliver()
    (got,) = room.got
    assert got.path.strip("/") == TOKEN
    assert got.json["title"] == "Release ready: Tim-Combo 1.1.0"
    assert got.json["message"].startswith("It is ready.")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("sent", "")


@pytest.mark.django_db
def test_a_failure_is_said_without_the_address(room: Receiver) -> None:
    room.answers = [Answer(503)]
    told(chat())
    deliver()
    row = Delivery.objects.get()
    assert row.error.startswith("The chat service did not take it. ")
    assert "503" in row.error
    assert TOKEN not in row.error


@pytest.mark.django_db
def test_a_redirect_is_not_followed(room: Receiver) -> None:
    room.answers = [Answer(302, headers={"Location": "/elsewhere/"})]
    told(chat())
    deliver()
    assert len(room.got) == 1
    assert Delivery.objects.get().state == "failed"


@pytest.mark.django_db
def test_without_an_address_the_variable_is_named() -> None:
    told(chat())
    deliver()
    assert "CONSOLE_CHAT_TEAM is not set" in Delivery.objects.get().error


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"json://localhost/{TOKEN}", "not spoken to by https"),
        (f"ircs://localhost/{TOKEN}", "not spoken to by https"),
        (f"mailtos://ana:{TOKEN}@example.com", "not spoken to by https"),
        (f"http://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{TOKEN}", "not spoken to by https"),
        (f"jsons://localhost/{TOKEN}?verify=no", "check of certificates off"),
        (f"nosuch://{TOKEN}", "no address of a service that Apprise knows"),
    ],
)
def test_what_is_not_https_is_refused_without_telling_it(
    url: str, why: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NotSent, match=why) as refused:
        service_of(url, "CONSOLE_CHAT_TEAM")
    assert TOKEN not in str(refused.value) + caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "url",
    [
        f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}/#general",
        f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{TOKEN}",
        f"discord://4174216298/{TOKEN}",
        f"jsons://localhost/{TOKEN}",
    ],
)
def test_services_over_https_are_taken(url: str) -> None:
    assert service_of(url, "CONSOLE_CHAT_TEAM").verify_certificate


def test_the_web_process_does_not_load_it() -> None:
    code = (
        "import timcombo_console.wsgi, sys; sys.exit('apprise' in sys.modules or 'requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
