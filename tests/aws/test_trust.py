"""Certificates: the fan-out trusts whom boto3 trusts, and sends nothing to anybody else."""

import asyncio
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.httpsession import get_cert_path
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from aws.access import Access, Account, connect
from aws.channel import Channel
from aws.errors import AwsError, Subject, Untrusted
from aws.fanout import Transfer, TransferFailed
from aws.lease import Unleased, unrecorded
from tests.aws.conftest import BUCKET, put
from tests.cloud import CloudProcess

PUT = Subject("s3", "PutObject", "855652006097", f"{BUCKET}/a.js")


@dataclass(frozen=True)
class Certificates:
    """Files: an authority of our own, and the certificate with its key that it signed for a host."""

    authority: str
    server: str


def certificates(folder: Path, host: x509.GeneralName) -> Certificates:
    keys = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority of our own")])
    authority = (
        _builder(name, name, keys[0].public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(keys[0], hashes.SHA256())
    )
    server = (
        _builder(name, x509.Name([]), keys[1].public_key())
        .add_extension(x509.SubjectAlternativeName([host]), critical=True)
        .sign(keys[0], hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(server.public_bytes(pem) + key)
    return Certificates(str(folder / "authority.pem"), str(folder / "server.pem"))


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))


class PassOn(BaseHTTPRequestHandler):
    """Gives each request to the server at `port`, as it is, and its answer back."""

    port: int
    timeout = 5

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        there = HTTPConnection("127.0.0.1", self.port, timeout=20)
        with closing(there):
            there.request(self.command, self.path, body, dict(self.headers))
            answer = there.getresponse()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.read())

    do_GET = do_HEAD = do_PUT = do_POST = pass_on  # noqa: N815 - the standard library's names


@contextmanager
def behind_tls(endpoint: str, certificate: str, answers: type[PassOn] = PassOn) -> Iterator[str]:
    """The address of a server that shows the certificate and passes everything on to `endpoint`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    handler = type("Handler", (answers,), {"port": urlsplit(endpoint).port})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture
def secured(worker: CloudProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Certificates]:
    """The emulated cloud behind https on 127.0.0.1, as this process's endpoint; nobody is told to trust it."""
    made = certificates(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with behind_tls(worker.endpoint, made.server) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        yield made


def opened(access: Access) -> Account:
    return connect(access, session_name="tests", lease=Unleased(), record=unrecorded)


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_the_fan_out_trusts_the_bundle_that_boto3_trusts(
    secured: Certificates, access: Access, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, secured.authority)
    account = opened(access)
    with Transfer(account) as transfer:
        (written,) = transfer.run([put("a.js", b"run()")])
    found = account.client("s3").head_object(Bucket=BUCKET, Key="a.js")
    assert found["ETag"].strip('"') == written.etag


def test_boto3_and_the_fan_out_trust_the_usual_authorities_otherwise(
    worker: CloudProcess, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert opened(access).ca_bundle == get_cert_path(True)


def test_an_unknown_authority_is_refused_before_a_role_is_taken(
    secured: Certificates, access: Access, worker: CloudProcess
) -> None:
    since = worker.next_call()
    with pytest.raises(Untrusted, match="AWS_CA_BUNDLE must name") as refusal:
        opened(access)
    assert not refusal.value.may_pass
    assert worker.calls(since) == []


def test_the_fan_out_sends_nothing_to_an_unknown_authority(
    secured: Certificates, access: Access, worker: CloudProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", secured.authority)
    account = opened(access)
    account.client("s3"), account.credentials()
    # The role is taken; from here on only the fan-out asks.
    monkeypatch.setattr(type(account), "ca_bundle", get_cert_path(True))
    since = worker.next_call()
    with Transfer(account) as transfer, pytest.raises(TransferFailed) as failed:
        transfer.run([put("a.js", b"run()")])
    assert isinstance(failed.value.error, Untrusted)
    assert "Nothing was sent." in str(failed.value)
    assert worker.calls(since) == []


def test_the_certificate_of_another_host_is_refused(worker: CloudProcess, tmp_path: Path) -> None:
    made = certificates(tmp_path, x509.DNSName("s3.example.com"))
    with behind_tls(worker.endpoint, made.server) as address:
        error = asyncio.run(_error_of(address, made.authority))
    assert isinstance(error, Untrusted)
    assert error.subject == PUT


async def _error_of(address: str, authority: str) -> AwsError:
    channel = Channel(address, 1, authority)
    try:
        with pytest.raises(AwsError) as refusal:
            await channel.send(PUT, "PUT", f"{address}/{BUCKET}/a.js", {}, b"run()")
    finally:
        await channel.close()
    return refusal.value


class Reluctant(PassOn):
    """Answers, says that the connection ends, and takes its time to end it."""

    def finish(self) -> None:
        time.sleep(0.3)
        super().finish()


def test_a_connection_that_the_other_side_is_slow_to_end_is_ended(
    worker: CloudProcess, tmp_path: Path, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificates(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))
    monkeypatch.setenv("AWS_CA_BUNDLE", made.authority)
    with behind_tls(worker.endpoint, made.server, Reluctant) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with Transfer(opened(access)) as transfer:
            assert len(transfer.run([put("a.js", b"run()"), put("b.js", b"run()")])) == 2
