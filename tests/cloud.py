"""The emulated cloud for tests: one process for the session, fresh for each test that asks for `cloud`."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
import yaml
from botocore.config import Config

from devcloud.identity import OWNER_KEY, OWNER_SECRET, WORKER_KEY, WORKER_SECRET

ROOT = Path(__file__).resolve().parent.parent
ESTATE = ROOT / "estates" / "tim-combo.yaml"
REGION = "us-east-2"
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1, "mode": "standard"})


class CloudProcess:
    """A running emulated cloud: its addresses, its control, and clients in its accounts."""

    def __init__(self, estate: Path = ESTATE, options: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "devcloud", "--estate", str(estate), "--die-with-parent", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline() or "null")
        assert ready, "the emulated cloud ended before it was ready; its error is above"
        self.endpoint: str = ready["endpoint"]
        self.edge_url: str = ready["edge"]
        self.control_url: str = ready["control"]
        self.dns: str = ready["dns"]
        self.accounts = {each["name"]: each for each in yaml.safe_load(estate.read_text())["accounts"]}
        self._session: Any = boto3.Session()
        self._credentials: dict[tuple[str, str], dict[str, str]] = {}

    def env(self) -> dict[str, str]:
        """What a worker's environment needs so that boto3 talks to this cloud as the worker."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": WORKER_KEY,
            "AWS_SECRET_ACCESS_KEY": WORKER_SECRET,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.control_url + path, data=data, method=method), timeout=10) as answer:
            return json.loads(answer.read())

    def faults(self, service: str, operation: str, kind: str, **wish: Any) -> int:
        """Ask for a fault (see devcloud/faults.py for the fields); returns its id."""
        body = {"service": service, "operation": operation, "kind": kind, **wish}
        return int(self.control("POST", "/faults", body)["id"])

    def waits(self, fault_id: int) -> bool:
        """Whether the fault still waits for calls to strike: one with a `count` is gone when it struck the last."""
        return any(fault["id"] == fault_id for fault in self.control("GET", "/faults")["faults"])

    def clear_faults(self, fault_id: int | None = None) -> None:
        self.control("DELETE", "/faults" if fault_id is None else f"/faults/{fault_id}")

    def next_call(self) -> int:
        """The sequence number that the next call will have: pass it to `calls` later."""
        return int(self.control("GET", "/health")["next_call"])

    def calls(
        self, since: int = 0, service: str | None = None, operation: str | None = None
    ) -> list[dict[str, Any]]:
        """Calls on record from that sequence number on, oldest first."""
        found: list[dict[str, Any]] = []
        while page := self.control("GET", f"/calls?since={since}")["calls"]:
            found += page
            since = page[-1]["seq"] + 1
        return [
            call
            for call in found
            if service in (None, call["service"]) and operation in (None, call["operation"])
        ]

    def settings(self, **wish: float) -> dict[str, float]:
        return dict(self.control("POST", "/settings", wish))

    def reset(self, handlers: int | None = None) -> None:
        """Back to the fresh seed, with no more handlers. Role credentials given out before are gone too."""
        self.control("POST", "/reset", None if handlers is None else {"handlers": handlers})
        self._credentials.clear()

    def client(
        self,
        service: str,
        account: str = "media",
        purpose: str = "deploy",
        *,
        region: str = REGION,
        **options: Any,
    ) -> Any:
        """A boto3 client in the role of an account, making one attempt unless `config` says otherwise.

        The purpose "owner" is no role: it is whom the account belongs to, who may do everything there.
        """
        options = {"config": ONE_ATTEMPT, **self._role_credentials(account, purpose), **options}
        return self._session.client(service, endpoint_url=self.endpoint, region_name=region, **options)

    def worker_client(self, service: str, **options: Any) -> Any:
        """A boto3 client with the worker's base identity."""
        keys = {"aws_access_key_id": WORKER_KEY, "aws_secret_access_key": WORKER_SECRET}
        options = {"config": ONE_ATTEMPT, "region_name": REGION, **keys, **options}
        return self._session.client(service, endpoint_url=self.endpoint, **options)

    def _role_credentials(self, account: str, purpose: str) -> dict[str, str]:
        if purpose == "owner":
            key = OWNER_KEY + self.accounts[account]["aws_id"]
            return {"aws_access_key_id": key, "aws_secret_access_key": OWNER_SECRET}
        if (account, purpose) not in self._credentials:
            role = self.accounts[account]["roles"][purpose]
            given = self.worker_client("sts").assume_role(
                RoleArn=role["role_arn"], RoleSessionName="tests", ExternalId=role["external_id"]
            )["Credentials"]
            self._credentials[account, purpose] = {
                "aws_access_key_id": given["AccessKeyId"],
                "aws_secret_access_key": given["SecretAccessKey"],
                "aws_session_token": given["SessionToken"],
            }
        return self._credentials[account, purpose]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture(scope="session")
def cloud_process() -> Iterator[CloudProcess]:
    """The session's one emulated cloud, as the tests before left it."""
    process = CloudProcess()
    yield process
    process.close()


@pytest.fixture
def handlers_there() -> int | None:
    """How many handlers each account has; those of the estate unless a folder's conftest wants fewer."""
    return None


@pytest.fixture
def cloud(cloud_process: CloudProcess, handlers_there: int | None) -> CloudProcess:
    """The emulated cloud, fresh from the estate."""
    cloud_process.reset(handlers_there)
    return cloud_process
