"""Pain points and strengths: themes that somebody owns, and how far it is with them; and what promoters suggest.

What is proposed for the board follows from the numbers: a real difference against other commenters, down or up. What
stands on it is for people to say.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.models import Membership
from surveys import reporting
from surveys.comparing import Verdict
from surveys.filtering import Filter
from surveys.models import Theme
from surveys.theming import wishing
from surveys.weighing_themes import Themes, Weighed, without_names

LOOKED_AT = 600  # of the latest comments of promoters
SHOWN = 8


@dataclass(frozen=True)
class Board:
    """Each with its numbers; `proposed` are themes on neither side whose numbers speak for one."""

    pain: list[Weighed]
    strength: list[Weighed]
    pain_proposed: list[Weighed]
    strength_proposed: list[Weighed]


@dataclass(frozen=True)
class Wish:
    """What a promoter suggests, without names."""

    pk: int
    words: str
    score: int | None
    at: dt.datetime


def board(themes: Themes) -> Board:
    """Sorted as the themes are: the greatest effect first, those that are done at the end."""
    placed: dict[str, list[Weighed]] = {"pain": [], "strength": []}
    proposed: dict[str, list[Weighed]] = {"pain": [], "strength": []}
    for each in themes.rows:
        if each.theme.board:
            placed[each.theme.board].append(each)
        elif each.verdict is Verdict.REAL and each.value is not None:
            proposed["pain" if each.value < 0 else "strength"].append(each)
    for rows in placed.values():
        rows.sort(key=lambda each: each.theme.state == Theme.State.DONE)
    return Board(placed["pain"], placed["strength"], proposed["pain"], proposed["strength"])


@transaction.atomic
def place(
    theme: Theme, *, board: str, state: str, owner: Membership | None, revision: int, by: Actor
) -> Theme:
    """On a side of the board, or (empty) off it. Raises Stale when somebody saved since `revision`."""
    by.require("theme.edit")
    theme.board = Theme.Board(board).value if board else ""
    theme.state = Theme.State(state).value
    theme.owner = owner if board else None
    theme.save_revision(revision, by=by, update_fields=["board", "state", "owner"])
    audit("theme.edit", theme, by=by, did="placed" if board else "taken_off", board=board, state=state)
    return theme


def wishes(chosen: Filter, actor: Actor) -> list[Wish]:
    """The latest comments of promoters that suggest something, for those who may read single answers."""
    found = reporting.comments(chosen.of_everybody(), actor).filter(score__gte=9).select_related("customer")
    wished = (each for each in found[:LOOKED_AT] if wishing.is_wish(each.comment, told=each.language))
    return [
        Wish(each.pk, without_names(each), each.score, each.answered_at)
        for _place, each in zip(range(SHOWN), wished, strict=False)
    ]
