"""A local server that answers as a vendor does, remembers every request, and fails when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One request as it came; `status` is what it was answered."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    at: float = field(default_factory=time.time)
    status: int = 0

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


class Refuse(Exception):
    """What a rule says against a request; `page` is where the rule was read."""

    def __init__(self, status: int, body: Any, *, page: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.body, self.page, self.headers = status, body, page, headers or {}
        super().__init__(f"{status}: {body} ({page})")


class Window:
    """A limit of so many requests in so many seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self.times: deque[float] = deque()

    def wait(self) -> float:
        """Seconds until there is room; 0 if there is, which is then taken."""
        now = time.monotonic()
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        if len(self.times) >= self.most:
            return self.times[0] + self.seconds - now
        self.times.append(now)
        return 0.0


class StandIn:
    """`with HubSpot() as hubspot`: an address, what was asked of it, and faults to come.

    `faults` are used up one a request: a number is a status to answer, "drop" closes the connection before anything
    is done, "lost" does what was asked and closes it then, a callable is called before the request is answered.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: deque[int | str | Callable[[], None]] = deque()
        # The same for the next request to one address, whenever it comes.
        self.fault_at: dict[str, int | str] = {}
        self.refused: list[Refuse] = []
        self.lock = threading.RLock()

    def __enter__(self) -> StandIn:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                pass

            def serve(self) -> None:
                parts = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query, keep_blank_values=True)),
                    {name.lower(): value for name, value in self.headers.items()},
                    raw,
                )
                answer = stand_in._serve(asked)
                if answer is None:
                    self.close_connection = True
                    return
                status, body, headers = answer
                content = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def address(self) -> str:
        return f"http://{self.host}"

    def _serve(self, asked: Asked) -> tuple[int, Any, dict[str, str]] | None:
        with self.lock:
            self.asked.append(asked)
            fault = self.faults.popleft() if self.faults else None
            if fault is None:
                fault = self.fault_at.pop(asked.path, None)
            if callable(fault):
                fault()
                fault = None
            if fault == "drop":
                return None
            if isinstance(fault, int):
                asked.status = fault
                return fault, self.failing(fault), {"Retry-After": "1"} if fault == 429 else {}
            try:
                status, body = self.answer(asked)
                headers: dict[str, str] = {}
            except Refuse as refusal:
                self.refused.append(refusal)
                status, body, headers = refusal.status, refusal.body, refusal.headers
            asked.status = status
            return None if fault == "lost" else (status, body, headers)

    # what a vendor says

    def answer(self, asked: Asked) -> tuple[int, Any]:
        raise NotImplementedError

    def failing(self, status: int) -> Any:
        return {"message": f"planned {status}"}

    def error(self, message: str, code: str) -> Any:
        return {"message": message}

    def must(self, holds: bool, message: str, *, page: str, status: int = 400, code: str = "") -> None:
        """A rule: what does not hold is refused."""
        if not holds:
            raise Refuse(status, self.error(message, code), page=page)

    def only(self, told: Any, known: Iterable[str], *, page: str) -> dict[str, Any]:
        """An object with no field but these; the live service may pass over others, we do not send them."""
        self.must(isinstance(told, dict), "expected an object", page=page)
        unknown = sorted(set(told) - set(known))
        self.must(not unknown, f"unknown fields {unknown}", page=page)
        return dict(told)
