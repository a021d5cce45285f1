"""`manage.py engine`: the sweep that needs no broker. One or more, side by side, are safe."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from accounts import doorbells, tidying
from accounts.tenancy import months
from outreach import pumping, sending

log = structlog.get_logger(__name__)

MONTHS_EVERY = 3600.0
HANG_UP_AFTER = 20.0


class Command(BaseCommand):
    help = "Ring the workers for what is due, and do it here when they cannot. Several may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then end")
        parser.add_argument("--alone", action="store_true", help="do everything here, without Celery")

    def handle(self, *args: Any, once: bool, alone: bool, **options: Any) -> None:
        stopping = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            stopping.set()

        if threading.current_thread() is threading.main_thread() and not once:
            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
        months_at = last_work = 0.0
        tidied = 0
        while not stopping.is_set():
            due = 0
            try:
                if time.monotonic() - months_at > MONTHS_EVERY or not months_at:
                    months.make_ahead()
                    tidied = tidying.tidy(after=tidied)
                    months_at = time.monotonic()
                pumping.tick("engine")
                due = pumping.sweep(pump_late_only=not alone, stopping=stopping.is_set)
                pause = self._until_next()
            except (OperationalError, InterfaceError) as error:
                log.warning("database_away", reason=str(error).strip()[:200])
                connection.close()
                pause = 1.0
            if once:
                break
            if due:
                last_work = time.monotonic()
            elif time.monotonic() - last_work > HANG_UP_AFTER:
                sending.hang_up()
            close_old_connections()
            stopping.wait(pause)
        sending.hang_up()

    @staticmethod
    def _until_next() -> float:
        """Seconds until the next bell, at most one: what others commit meanwhile is seen within a second."""
        instant = doorbells.next_due()
        if instant is None:
            return 1.0
        return min(1.0, max(0.05, (instant - timezone.now()).total_seconds()))
