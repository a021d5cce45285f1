"""People asked, and a browser of a few lines that answers: shared by the bench of answers and its fault rig."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from config.stack.places import free_port

SERVE = (
    "import os, sys; from config.serving import load, pages; "
    "load(); from config.serving import PAGES; PAGES['workers'] = int(sys.argv[2]); pages(int(sys.argv[1]))"
)
WORDS = "Very helpful people at the till, and the lamp was in stock"


@dataclass(frozen=True)
class Link:
    """One invitation: its number, its address, and the nonce of a page view of it."""

    invitation: int
    token: str
    view: str

    def form(self, score: int) -> bytes:
        reason = "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"
        said = {"page": 0, "view": self.view, "lang": "en", "nps": score, f"reason_{reason}": WORDS}
        return urlencode(said).encode()


@dataclass(frozen=True)
class World:
    """An organization whose people were asked."""

    organization_id: int
    version_id: int
    survey_id: int
    links: list[Link]


def ask(people: int) -> World:
    """A new organization with a published survey and as many people asked."""
    from django.core import signing
    from django.utils import timezone

    from accounts.acting import system_actor
    from accounts.models import Organization
    from accounts.tenancy.context import acting_for
    from accounts.tenancy.staging import copy_rows, fresh_statistics
    from segments.models import Customer
    from surveys import inviting, publishing, starting
    from surveys.models import Distribution, Invitation

    name = "bench-" + secrets.token_hex(4)
    organization = Organization.objects.create(name=name, slug=name)
    with acting_for(organization):
        actor = system_actor(organization)
        survey = starting.start("Answers", by=actor)
        version = publishing.publish(survey, by=actor)
        distribution = Distribution.objects.create(
            name="Bench",
            survey=survey,
            version=version,
            state=Distribution.State.RUNNING,
            touchpoint="purchase",
        )
        now = timezone.now()
        Customer.objects.bulk_create(
            [
                Customer(
                    name=f"Customer {number}",
                    email=f"c{number}@bench.example",
                    email_lower=f"c{number}@bench.example",
                    attributes={"store": "Riverside", "plan": "gold", "orders": number},
                    created_at=now,
                )
                for number in range(people)
            ],
            batch_size=1_000,
        )
        customers = list(Customer.objects.order_by("id").values_list("pk", flat=True))
        copy_rows(
            Invitation,
            ("distribution", "customer", "unit", "mode", "source", "locale", "generation", "token_hash",
             "outcome", "reason", "issued_at", "sent_at"),
            (
                (distribution.pk, customer, None, "live", "distribution", "en", 1, b"", "sent", "", now, now)
                for customer in customers
            ),
        )  # fmt: skip
        for model in (Customer, Invitation):
            fresh_statistics(model)
        links = []
        for invitation in Invitation.objects.order_by("id"):
            token = inviting.token(invitation)
            said = {"once": secrets.token_urlsafe(6), "version": version.pk, "survey": survey.pk}
            view = signing.dumps(said, salt=f"page view {token}")
            links.append(Link(invitation.pk, token, view))
    return World(organization.pk, version.pk, survey.pk, links)


@contextmanager
def web(workers: int = 2, port: int = 0) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The product's own web server; yields its port and its parent process."""
    port = port or free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port), str(workers)], start_new_session=True)
    try:
        wait_for(port)
        yield port, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the web server did not start")


class Visitor:
    """A kept connection that posts a form and reads the answer's status."""

    def __init__(self, port: int, timeout: float = 30) -> None:
        self.port, self.timeout = port, timeout
        self.connection: socket.socket | None = None

    def post(self, link: Link, score: int) -> int:
        """The HTTP status. Raises OSError when the server went away before it answered."""
        body = link.form(score)
        head = (
            f"POST /s/{link.token} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return self._ask(head.encode() + body)

    def get(self, path: str) -> tuple[int, bytes]:
        status = self._ask(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        return status, self.body

    def _ask(self, request: bytes) -> int:
        try:
            if self.connection is None:
                self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)
            self.connection.sendall(request)
            return self._read(self.connection)
        except OSError:
            self.close()
            raise

    def _read(self, connection: socket.socket) -> int:
        read = b""
        while b"\r\n\r\n" not in read:
            more = connection.recv(65536)
            if not more:
                raise ConnectionResetError
            read += more
        head, _, body = read.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        wanted = int(fields.get(b"content-length", b"0"))
        while len(body) < wanted:
            more = connection.recv(65536)
            if not more:
                raise ConnectionResetError
            body += more
        self.body = body
        if fields.get(b"connection") == b"close":
            self.close()
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
