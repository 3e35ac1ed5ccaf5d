"""Real servers on loopback that play what is told: a webhook's or chat's receiver, and a mail server."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Answer:
    """What the receiver says; a slow one keeps the caller waiting until the receiver stops."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    slow: bool = False


@dataclass
class Got:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Answers its requests in turn with `answers`, and with `always` when there are none left."""

    answers: list[Answer] = field(default_factory=list)
    always: Answer = field(default_factory=Answer)
    got: list[Got] = field(default_factory=list)
    port: int = 0
    stopped: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/inbox/console"

    def next(self) -> Answer:
        return self.answers.pop(0) if self.answers else self.always


@contextmanager
def receiving(receiver: Receiver, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """The receiver on a free port of loopback, or again on the one it had."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Got(self.path, dict(self.headers), body))
            answer = receiver.next()
            if answer.slow:
                receiver.stopped.wait(30)
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # A caller that has read enough of a long answer hangs up.
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """The test says what went wrong; a line per request does not."""

    server = ThreadingHTTPServer(("127.0.0.1", receiver.port), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    receiver.stopped.clear()
    with _serving(server):
        try:
            yield receiver
        finally:
            receiver.stopped.set()


@dataclass
class Mail:
    """One mail that arrived: who sent it to whom, and its text with headers."""

    sender: str
    to: list[str]
    text: str


@dataclass
class MailServer:
    """Takes mail, or refuses each with `refuses`, a whole SMTP reply; with `only` for that address alone."""

    refuses: str = ""
    only: str = ""
    got: list[Mail] = field(default_factory=list)
    port: int = 0


@contextmanager
def mailing(mail: MailServer) -> Iterator[MailServer]:
    """The mail server on a free port of loopback, or again on the one it had."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            sender, to = "", list[str]()
            self.say("220 test")
            for raw in self.rfile:
                line = raw.decode().strip()
                verb = line.partition(" ")[0].upper()
                if verb == "MAIL":
                    sender, to = _address(line), []
                elif verb == "RCPT":
                    if mail.refuses and mail.only in ("", _address(line)):
                        self.say(mail.refuses)
                        continue
                    to.append(_address(line))
                elif verb == "DATA":
                    self.say("354 go on")
                    mail.got.append(Mail(sender, to, self.text()))
                self.say("250 ok")
                if verb == "QUIT":
                    return

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def text(self) -> str:
            lines = iter(self.rfile.readline, b".\r\n")
            return b"".join(lines).decode()

    class Server(ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    server = Server(("127.0.0.1", mail.port), Handler)
    mail.port = server.server_address[1]
    with _serving(server):
        yield mail


@contextmanager
def _serving(server: ThreadingTCPServer | ThreadingHTTPServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
