"""What another dictionary would change, before it does: comments that a theme would gain, lose, or hear differently.

Looked through are the latest comments, and those that speak of the theme now; what people said stands in both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.acting import Actor
from accounts.models import Organization
from accounts.tenancy.context import current_organization_id
from surveys import naming_themes
from surveys.models import Correction, Mention, Response, Theme
from surveys.theming.tagging import Tagger

LOOKED_AT = 2_000
EXAMPLES = 5


@dataclass(frozen=True)
class Preview:
    """How many of `looked_at` comments would be gained, lost and heard in another tone; and some of each."""

    looked_at: int
    gained: int
    lost: int
    turned: int
    gains: list[Response]
    losses: list[Response]
    turns: list[Response]

    @property
    def changes(self) -> int:
        return self.gained + self.lost + self.turned


def preview(words: Mapping[str, Sequence[str]], actor: Actor, *, theme: Theme | None = None) -> Preview:
    """Raises naming_themes.BadTheme. Examples are for those who may read single answers, and of what they may see."""
    tagger = Tagger({"it": naming_themes.checked_words(words)})
    default = Organization.objects.get(pk=current_organization_id()).locale
    visible = Response.objects.all().visible_to(actor).filter(anonymous=False).with_words()
    latest = {each.pk: each for each in visible.order_by("-answered_at", "-id")[:LOOKED_AT]}
    now: dict[int, int] = {}
    if theme is not None:
        spoken = Mention.objects.filter(theme=theme).order_by("-response_id")
        now = dict(spoken.values_list("response_id", "sentiment"))
        more = [pk for pk in now if pk not in latest][:LOOKED_AT]
        latest |= {each.pk: each for each in visible.filter(pk__in=more)}
    said = (
        set(Correction.objects.filter(theme=theme).values_list("response_id", flat=True)) if theme else set()
    )
    piles: dict[str, list[Response]] = {"gains": [], "losses": [], "turns": []}
    for pk, response in latest.items():
        if pk in said:
            continue
        heard = tagger.hear(response.comment, told=response.language, default=default).mentions.get("it")
        before = now.get(pk)
        if heard is not None and before is None:
            piles["gains"].append(response)
        elif heard is None and before is not None:
            piles["losses"].append(response)
        elif heard is not None and heard.sentiment != before:
            piles["turns"].append(response)
    shown = EXAMPLES if actor.may("response.view") else 0
    return Preview(
        looked_at=len(latest),
        gained=len(piles["gains"]),
        lost=len(piles["losses"]),
        turned=len(piles["turns"]),
        gains=piles["gains"][:shown],
        losses=piles["losses"][:shown],
        turns=piles["turns"][:shown],
    )
