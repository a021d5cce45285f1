"""One installation on one machine: which servers it has, what they are told, in which order they stop.

A server whose address stands in the environment (DATABASE_URL, BROKER_URL, EMAIL_URL) is used, not started.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from config.stack.environment import ROOT
from config.stack.places import DataDirectory, free_port, write_private
from config.stack.postgres import Postgres
from config.stack.processes import Child, die_with_parent
from config.stack.telling import Trouble, took
from config.stack.valkey import Valkey

PATIENCE = 8.0  # seconds for everything to stop by itself; what then still runs is ended
RESTARTS = 5  # a server that falls over so often within a minute stays down, and the runner with it


class Installation:
    """Start what is wanted, in order: `start_servers`, `prepare`, `start_program`; then `watch`, `stop`."""

    def __init__(self, home: DataDirectory, *, port: int, safe: bool = True) -> None:
        self.home = home
        self.port = port
        self.safe = safe
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        # The local SMTP receiver behind /mailbox, unless mails really leave.
        self.mail_port = None if "EMAIL_URL" in os.environ else free_port()
        self.children: list[Child] = []
        self._falls: dict[str, list[float]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_servers(self) -> None:
        """PostgreSQL and the broker, unless the environment names others."""
        if "DATABASE_URL" not in os.environ:
            started = time.monotonic()
            self.postgres = Postgres(self.home, safe=self.safe)
            self.children.append(self.postgres.child)
            self.postgres.start()
            took("database", started)
        if "BROKER_URL" not in os.environ:
            started = time.monotonic()
            self.valkey = Valkey(self.home)
            self.children.append(self.valkey.child)
            self.valkey.start()
            took("broker", started)

    def prepare(self, *arguments: str) -> None:
        """Tables, static files, demo world: `manage.py prepare`, whose progress goes to the screen."""
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", "prepare", *arguments],
            env=self.environment(operator=True),
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent(os.getpid()),
        )
        if done.returncode:
            raise Trouble("The installation could not be prepared; what went wrong stands above.")

    def start_program(self) -> None:
        """Web, engine, worker and mail receiver; returns when a page answers."""
        started = time.monotonic()
        program = Child(
            name="program",
            command=[
                *(sys.executable, "-m", "config.serving", str(self.port), self.home.logs),
                *((str(self.mail_port), self.mailbox) if self.mail_port else ()),
            ],
            log=self.home.logs / "program.log",
            environment=self.environment(),
            folder=ROOT,
        )
        self.children.append(program)
        program.start()
        program.wait_until(lambda: _listens(self.port) and self._takes_mail(), 60)
        took("web, engine, worker, mail", started)

    def watch(self) -> None:
        """Start again what falls over. Raises Trouble when one keeps falling; ends by that or by a signal."""
        while True:
            time.sleep(0.5)
            for child in self.children:
                if not child.running:
                    self._raise_again(child)

    def stop(self) -> None:
        """The program first, then the servers it writes to, the last started first; 10 s at most in all."""
        until = time.monotonic() + PATIENCE
        servers = [server.child for server in (self.postgres, self.valkey) if server]
        program = [child for child in self.children if child not in servers]
        for child in program:
            child.ask_to_stop()
        for child in program:
            child.stop(max(until - 3 - time.monotonic(), 0))
        if self.valkey:
            self.valkey.stop(max(until - 1.5 - time.monotonic(), 0.5))
        if self.postgres:
            self.postgres.stop(max(until - time.monotonic(), 1))
        self.children.clear()
        (self.home.path / "stack.json").unlink(missing_ok=True)

    def environment(self, *, operator: bool = False) -> dict[str, str]:
        """What every process of the installation is told; the owner of the tables only where it is needed."""
        told = {
            "LOOPWELL_TRIAL": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "SECRET_KEY": self.home.secret("secret_key", lambda: secrets.token_urlsafe(64)),
            "DATA_DIR": str(self.home.path),
            "STATIC_ROOT": str(self.home.path / "static"),
            "COLLECTED_STATIC": "1",
            "BASE_URL": self.url,
        }
        if self.postgres:
            told["DATABASE_URL"] = self.postgres.url("app")
            told["OPERATOR_DATABASE_URL"] = self.postgres.url("operator")
            # For the rigs: pgbench, and servers of their own.
            told["POSTGRES_BINARIES"] = str(self.postgres.binaries)
        if self.valkey:
            told["BROKER_URL"] = self.valkey.url
        if self.mail_port:
            told["EMAIL_URL"] = f"smtp://127.0.0.1:{self.mail_port}"
            told["LOCAL_MAILBOX"] = str(self.mailbox)
        environment = {
            **os.environ,
            **told,
            **{name: os.environ[name] for name in GIVEN if name in os.environ},
        }
        if not operator:
            environment.pop("OPERATOR_DATABASE_URL", None)
        return environment

    @property
    def mailbox(self) -> Path:
        return self.home.path / "mailbox"

    def publish(self) -> None:
        """Leave the environment in the data folder, so that `./run manage` can join in."""
        known = {name: value for name, value in self.environment(operator=True).items() if name in TOLD}
        write_private(self.home.path / "stack.json", json.dumps(known, indent=1))

    def _takes_mail(self) -> bool:
        return self.mail_port is None or _listens(self.mail_port)

    def _raise_again(self, child: Child) -> None:
        now = time.monotonic()
        falls = [at for at in self._falls.get(child.name, []) if at > now - 60]
        self._falls[child.name] = [*falls, now]
        if len(falls) >= RESTARTS:
            raise Trouble(f"The {child.name} fell over {RESTARTS} times in a minute:\n{child.last_words()}")
        time.sleep(0.2 * len(falls))
        child.start()


# Whoever sets one of these knows better than the runner.
GIVEN = (
    *("SECRET_KEY", "DATABASE_URL", "OPERATOR_DATABASE_URL", "BROKER_URL", "EMAIL_URL", "BASE_URL"),
    *("ALLOWED_HOSTS", "DEBUG", "LOG_LEVEL", "LOG_FORMAT", "LOOPWELL_TRIAL"),
)
TOLD = (
    *("DJANGO_SETTINGS_MODULE", "DATA_DIR", "STATIC_ROOT", "COLLECTED_STATIC"),
    *("POSTGRES_BINARIES", "LOCAL_MAILBOX", *GIVEN),
)


def joined(home: DataDirectory) -> Mapping[str, str] | None:
    """The environment of the installation that runs on this folder now, if one does."""
    published = home.path / "stack.json"
    if not home.taken() or not published.exists():
        return None
    known: dict[str, str] = json.loads(published.read_text())
    return {**os.environ, **known, "PYTHONPATH": str(ROOT)}


def _listens(port: int | None) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port or 0), timeout=1):
            return True
    except OSError:
        return False
