"""Named points at which a fault rig may end the process; outside a rig they are nothing.

`LOOPWELL_FAILPOINT="250:7"` kills this process at the 7th passing of the point "250". Only together with
`LOOPWELL_FAULT_RIG`, and a production process with either set refuses to start (config/settings.py).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

POINTS = ("claim", "render", "wire", "connect", "354", "250", "mark")


def _nothing(point: str) -> None:
    return


def arm(point: str, passing: int) -> None:
    """Kill this process at the given passing of a point. For rigs."""
    global reached
    if point not in POINTS:
        raise ValueError(point)
    reached = _killer(point, passing)


def _killer(wanted: str, passing: int) -> Callable[[str], None]:
    left = passing

    def hit(point: str) -> None:
        nonlocal left
        if point == wanted:
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return hit


reached: Callable[[str], None] = _nothing
if os.environ.get("LOOPWELL_FAULT_RIG") and os.environ.get("LOOPWELL_FAILPOINT"):
    _point, _, _passing = os.environ["LOOPWELL_FAILPOINT"].partition(":")
    arm(_point, int(_passing or 1))
