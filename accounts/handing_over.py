"""What a member leaves behind when they go, and who takes it: upper apps plug in what they know.

config/sockets.py, HANDOVERS, names Handover objects: an app that gives members something to own says how
many there are, and hands them to somebody else in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.acting import Actor
from accounts.models.membership import Membership
from accounts.sockets import plugged


@dataclass(frozen=True)
class Handover:
    """`told(n)` is a sentence's part such as "4 open cases"; `give(leaver, heir, by)` moves them."""

    told: Callable[[int], str]
    count: Callable[[Membership], int]
    give: Callable[[Membership, Membership | None, Actor], int]


def left_behind(membership: Membership) -> list[str]:
    """What would need a new owner: ["4 open cases"]."""
    return [each.told(number) for each in plugged("HANDOVERS") if (number := each.count(membership))]


def hand_over(leaver: Membership, heir: Membership | None, *, by: Actor) -> int:
    """Give everything to `heir`, or to nobody; returns how many rows changed hands."""
    return sum(each.give(leaver, heir, by) for each in plugged("HANDOVERS"))
