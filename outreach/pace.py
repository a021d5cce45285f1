"""The figures of sending, in one place; a fault rig shortens them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Pace:
    """`window` mails are marked, written and settled together; at most that many can be unknown after a kill.

    Half of `lease` must be left when a window is written, and the socket waits less than that half.
    """

    batch: int = 200
    urgent: int = 50
    window: int = 20
    lease: timedelta = timedelta(seconds=120)
    late_answers: timedelta = timedelta(minutes=10)
    mails_per_connection: int = 500
    attempts: int = 12

    @property
    def socket_timeout(self) -> float:
        return self.lease.total_seconds() * 0.4

    def back_off(self, attempts: int) -> timedelta:
        """How long to wait after the n-th attempt that was put off: 30 s, doubling, at most 4 hours."""
        return timedelta(seconds=min(30 * 2 ** max(attempts - 1, 0), 4 * 3600))


def _of_this_process() -> Pace:
    """A rig that kills processes cannot wait two minutes for each lease (the setting refuses it in production)."""
    told = os.environ.get("LOOPWELL_FAULT_RIG")
    if not told:
        return Pace()
    figures = json.loads(told)
    return Pace(
        batch=figures["batch"],
        lease=timedelta(seconds=figures["lease"]),
        late_answers=timedelta(seconds=figures["late_answers"]),
    )


PACE = _of_this_process()
