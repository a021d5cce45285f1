"""The warm parent of the processes that are killed: a fork costs a few milliseconds, a start two seconds.

Reads orders from standard input, one a line, answers on standard output:

    spawn SLOT KIND PORT FAILPOINT   ->  born SLOT PID          KIND: engine, celery, setup:<json>
                                         dead SLOT PID held     held: 1 if it held a lease when it ended,
                                                                2 if it was speaking to a mail server
"""

from __future__ import annotations

import importlib
import json
import mmap
import os
import select
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

SLOTS = 64
PEACE = 63
"""The byte that says that nobody is to be killed any more, not by a failpoint either."""


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    import outreach.pumping
    import outreach.tasks  # noqa: F401
    from config.celery import app

    # Whatever a sender would import, so that a fork has it.
    for name in (
        "celery.apps.worker",
        "celery.concurrency.solo",
        "celery.worker.consumer",
        "kombu.transport.redis",
    ):
        importlib.import_module(name)
    app.loader.import_default_modules()
    app.finalize()

    with open(os.environ["RIG_SLOTS"], "r+b") as file:  # noqa: PTH123
        holding = mmap.mmap(file.fileno(), SLOTS)
    children: dict[int, int] = {}
    orders = b""
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([0], [], [], 0.005)
        if readable:
            more = os.read(0, 65536)
            if not more:
                break
            orders += more
            *lines, orders = orders.split(b"\n")
            for line in lines:
                _word, slot, kind, port, failpoint = line.decode().split(" ", 4)
                holding[int(slot)] = 0
                pid = os.fork()
                if pid == 0:
                    _live(int(slot), kind, int(port), failpoint, holding)
                    os._exit(0)
                children[pid] = int(slot)
                print("born", slot, pid, flush=True)
        while children:
            pid, _status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            slot_number = children.pop(pid)
            print("dead", slot_number, pid, holding[slot_number], flush=True)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _live(slot: int, kind: str, port: int, failpoint: str, holding: mmap.mmap) -> None:
    from django.conf import settings

    from config.stack.processes import die_with_parent
    from outreach import failpoints, sending

    # By the signal that reaches a stopped process and a worker in the middle of a task, too.
    die_with_parent(os.getppid(), signal.SIGKILL)()
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    send = sending._send

    def watched(*args: Any, **kwargs: Any) -> int:
        holding[slot] = 1
        try:
            return send(*args, **kwargs)
        finally:
            holding[slot] = 0

    write = sending.Connection.send

    def watched_write(*args: Any, **kwargs: Any) -> Any:
        holding[slot] = 2
        yield from write(*args, **kwargs)
        holding[slot] = 1

    sending._send = watched
    sending.Connection.send = watched_write  # type: ignore[method-assign]
    name, _, control = kind.partition("+")
    if control:
        CONTROLS[control]()
    if failpoint != "-":
        point, passing = failpoint.split(":")
        failpoints.arm(point, int(passing))
        armed = failpoints.reached
        failpoints.reached = lambda name: None if holding[PEACE] else armed(name)
    LIVES[name.partition(":")[0]](name.partition(":")[2])


def _engine(_argument: str) -> None:
    import random
    import time

    from django.db import InterfaceError, OperationalError, connection

    from outreach import pumping

    random.seed()
    # Most only ring while the broker is there, as in life; one in four pumps whatever the workers do.
    eager = random.random() < 0.25
    while True:
        try:
            due = pumping.sweep(pump_late_only=not eager)
        except (OperationalError, InterfaceError):
            connection.close()
            due = 0
        time.sleep(0.02 if due else 0.1)


def _celery(_argument: str) -> None:
    from kombu import Connection

    from config.celery import app

    # A broker that is back is found at once: a rig cannot wait for the ever longer pauses of a worker.
    ensure = Connection.ensure_connection

    def soon(self: Connection, *args: Any, **kwargs: Any) -> Any:
        return ensure(self, *args, **{**kwargs, "interval_start": 0.3, "interval_step": 0})

    Connection.ensure_connection = soon  # type: ignore[method-assign]
    app.Worker(
        hostname=f"w{os.getpid()}@rig",
        pool="solo",
        concurrency=1,
        loglevel="CRITICAL",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    ).start()


def _setup(argument: str) -> None:
    from faults.send import make_work

    make_work(**json.loads(argument))


LIVES: dict[str, Callable[[str], None]] = {"engine": _engine, "celery": _celery, "setup": _setup}


# --- negative controls: with one of these the rig must find doubles ---------------------------------------------------


def _without(statement: str, *parts: tuple[str, str]) -> str:
    """The statement with parts of it replaced. Raises ValueError when it no longer says what is to be taken out: a
    control that takes out nothing proves nothing."""
    for part, instead in parts:
        if part not in statement:
            raise ValueError(f"not in the statement: {part}")
        statement = statement.replace(part, instead)
    return statement


def _lease_off() -> None:
    """The reaper believes nobody: whatever is being sent goes back to the queue."""
    from outreach import settling

    settling.REAP = _without(
        settling.REAP,
        ("AND lease_until < clock_timestamp()", ""),
        ("CASE WHEN m.wire_started_at IS NULL THEN 'queued'", "CASE WHEN true THEN 'queued'"),
    )


def _wire_mark_off() -> None:
    """Nothing is marked before it is written, so a lost mail looks like one that was never begun."""
    from outreach import settling

    settling.WIRE = _without(
        settling.WIRE, ("SET wire_started_at = clock_timestamp()", "SET wire_started_at = NULL")
    )


CONTROLS: dict[str, Callable[[], None]] = {
    "lease-off": _lease_off,
    "wire-mark-off": _wire_mark_off,
}


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    main()
