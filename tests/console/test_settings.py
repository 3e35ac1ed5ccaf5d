"""Values that a production process refuses to begin with."""

import os
import subprocess
import sys

import pytest

from tests.databases import CHECKOUT


@pytest.mark.parametrize(
    ("share", "words"),
    [("1", ""), ("0.1", ""), ("2", "CONSOLE_LAMBDA_SHARE is 2."), ("0", "to 0.1, to leave room")],
)
def test_no_more_is_taken_of_lambdas_limits_than_there_is(share: str, words: str) -> None:
    environment = {**os.environ, "CONSOLE_AWS": "live", "CONSOLE_LAMBDA_SHARE": share}
    command = [sys.executable, "-c", "import timcombo_console.settings"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not words)
    assert words in done.stderr
