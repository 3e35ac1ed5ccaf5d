"""The demo's deployment by hand: what it puts where, and what it says when it cannot."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from devcloud.identity import owner_keys
from tests.shipping import World
from timcombo_console.demo.by_hand import PAGE


@pytest.fixture
def told(world: World, settings: Any, tmp_path: Path) -> Path:
    """The demo's own file, as `./console up` writes it."""
    settings.CONSOLE_VAR = tmp_path
    owners = {one["aws_id"]: owner_keys(one["aws_id"]) for one in world.cloud.accounts.values()}
    file = tmp_path / "console.json"
    file.write_text(json.dumps({"aws_endpoint": world.cloud.endpoint, "aws_owners": owners}))
    return file


def page_of(world: World) -> bytes:
    body: bytes = world.cloud.client("s3").get_object(Bucket=world.bucket(), Key="index.html")["Body"].read()
    return body


def test_it_puts_another_page_into_the_bucket_as_its_owner(world: World, told: Path, capsys: Any) -> None:
    world.stock("1.0.0")
    world.live("1.0.0")
    before, since = page_of(world), world.cloud.next_call()
    call_command("demo_break_site", "--environment", "test")
    assert page_of(world) == PAGE != before
    (put,) = world.cloud.calls(since, "s3", "PutObject")
    assert put["principal"].endswith(":user/owner")
    said = capsys.readouterr().out
    assert f"index.html is in {world.bucket()}." in said
    assert "The console notices within a minute" in said


def test_what_is_in_its_way_is_said(world: World, told: Path, settings: Any) -> None:
    with pytest.raises(CommandError, match=r"no environment nowhere\. It has dev, test"):
        call_command("demo_break_site", "--environment", "nowhere")
    facts = json.loads(told.read_text())
    facts["aws_owners"] = {account: owner_keys("999999999999") for account in facts["aws_owners"]}
    told.write_text(json.dumps(facts))
    with pytest.raises(CommandError, match=r"AWS refused it: .*PutObject"):
        call_command("demo_break_site")
    told.unlink()
    with pytest.raises(CommandError, match="The demo is not ready"):
        call_command("demo_break_site")
    settings.DEMO = False
    with pytest.raises(CommandError, match="This is no demo"):
        call_command("demo_break_site")
