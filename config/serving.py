"""The program of a trial in one family of processes: `python -m config.serving PORT LOGS [MAIL_PORT MAILBOX]`.

Everything is loaded once, then forked: pages, engine, worker and mail receiver share most of their memory, and
stay processes of their own, each started again when it falls over. Production starts gunicorn, `manage.py engine`
and Celery by themselves (docs/operating.md).
"""

import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from config.stack.processes import die_with_parent, named

FALLS = 5  # within a minute: then it is not an accident, and the whole family ends
PATIENCE = 6.0  # seconds that members have to finish what they do

PAGES = {
    "workers": 2,
    "threads": 3,
    "worker_class": "gthread",
    "worker_tmp_dir": "/tmp",
    "timeout": 60,
    "graceful_timeout": 3,
    "keepalive": 5,
    "loglevel": "warning",
    "control_socket_disable": True,
}
# One process is enough for a trial: it waits for hints and works through one organization at a time.
WORKER = {
    "pool_cls": "solo",
    "concurrency": 1,
    "loglevel": "WARNING",
    "without_gossip": True,
    "without_mingle": True,
    "without_heartbeat": True,
}


class Family:
    """Members by name, their processes, and what to do when one ends."""

    def __init__(self, members: Mapping[str, Callable[[], None]], logs: Path) -> None:
        self.members = members
        self.logs = logs
        self.processes: dict[int, str] = {}
        self.falls: dict[str, list[float]] = {}
        self.ending = False

    def live(self) -> int:
        """Start all, and stay until told to end. Returns 1 when a member kept falling over."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        for name in self.members:
            self._fork(name)
        while self.processes and not self.ending:
            try:
                pid, status = os.waitpid(-1, 0)
            except InterruptedError:
                continue
            except Ended:
                break
            name = self.processes.pop(pid, "")
            if not name or self.ending:
                continue
            print(f"{name} ended ({os.waitstatus_to_exitcode(status)}), starting it again", flush=True)
            if not self._may_rise_again(name):
                print(f"{name} fell over {FALLS} times within a minute", flush=True)
                self._finish()
                return 1
            self._fork(name)
        self._finish()
        return 0

    def _fork(self, name: str) -> None:
        log = self.logs / f"{name}.log"
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self.processes[pid] = name
            known = {member: number for number, member in self.processes.items()}
            (self.logs.parent / "pids.json").write_text(json.dumps(known))
            return
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            die_with_parent(parent, signal.SIGKILL)()
            named(f"lw-{name}")
            file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(file, 1)
            os.dup2(file, 2)
            self.members[name]()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)

    def _may_rise_again(self, name: str) -> bool:
        now = time.monotonic()
        recent = [at for at in self.falls.get(name, []) if at > now - 60]
        self.falls[name] = [*recent, now]
        time.sleep(0.2 * len(recent))
        return len(recent) < FALLS

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        if not self.ending:
            self.ending = True
            raise Ended

    def _finish(self) -> None:
        self.ending = True
        for pid in self.processes:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while self.processes and time.monotonic() < until:
            pid, _status = os.waitpid(-1, os.WNOHANG)
            if pid:
                self.processes.pop(pid, "")
            else:
                time.sleep(0.02)
        for pid in self.processes:
            os.kill(pid, signal.SIGKILL)


class Ended(Exception):
    """Somebody asked the family to end."""


def load() -> None:
    """Import and build now whatever the first request or task would, so that it is there once."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connections
    from django.template import engines
    from django.urls import get_resolver

    import_module("config.wsgi")
    import_module(settings.ROOT_URLCONF)
    _ = get_resolver().reverse_dict
    for engine in engines.all():
        _ = engine.name
    for name in (
        "gunicorn.app.base",
        "gunicorn.arbiter",
        "gunicorn.workers.gthread",
        "celery.apps.worker",
        "celery.concurrency.solo",
    ):
        import_module(name)
    from config.celery import app

    app.finalize()
    app.loader.import_default_modules()
    connections.close_all()


def pages(port: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Pages(BaseApplication):
        def load_config(self) -> None:
            for name, value in {**PAGES, "bind": [f"127.0.0.1:{port}"], "preload_app": True}.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            from config.wsgi import application

            return application

    Pages().run()


def engine() -> None:
    from django.core.management import call_command

    call_command("engine")


def worker() -> None:
    from config.celery import app

    # Not app.worker_main: its command line brings a terminal interface of several megabytes.
    app.Worker(**WORKER).start()


def mail(port: int, folder: Path) -> None:
    import asyncio

    from config.mailbox.receiver import serve

    asyncio.run(serve(port, folder))


def main(arguments: list[str]) -> NoReturn:
    port, logs, *rest = arguments
    load()
    members: dict[str, Callable[[], None]] = {
        "web": lambda: pages(int(port)),
        "engine": engine,
        "worker": worker,
    }
    if rest:
        import_module("config.mailbox.receiver")
        members["mail"] = lambda: mail(int(rest[0]), Path(rest[1]))
    sys.argv = sys.argv[:1]
    gc.collect()
    gc.freeze()
    sys.exit(Family(members, Path(logs)).live())


if __name__ == "__main__":
    main(sys.argv[1:])
