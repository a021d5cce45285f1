"""What a filter would give away to readers for whom small groups are hidden.

Each page by itself hides small groups and the next smallest. Somebody who looks at two pages, one with a filter
and one without it, could still subtract. So a narrowed filter shows nothing where the groups that it belongs to
could not all be shown side by side. What is not looked at: docs/understanding.md, "What stays hidden".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import BooleanField, Case, Count, Q, Value, When

from accounts.acting import Actor
from segments.compiling import TooSlow, Unanswerable, members, patience
from segments.models import Segment
from surveys import grouping, privacy
from surveys.filtering import Filter
from surveys.models.response import ResponseQuerySet
from surveys.nps import Counts

CANDIDATES = 40  # segments that members who may not read single answers can be told of: the oldest ones
Membership = tuple[bool, ...]


def gives_away(chosen: Filter, actor: Actor, threshold: int) -> bool:
    """Whether the filter's stage, channel, touchpoint or segment, seen beside the pages without it, tells of fewer
    people than `threshold`."""
    if chosen.theme or chosen.tone:
        # What a theme says of a group, the pages of themes tell, as far as they may (surveys.weighing_themes).
        return True
    if chosen.stage and _stage_gives_away(chosen, actor, threshold):
        return True
    if chosen.channel or chosen.touchpoint:
        wider = replace(chosen, channel="", touchpoint="").responses(actor)
        found = grouping.last_of_each(wider).values("channel", "touchpoint").annotate(n=Count("id"))
        sizes = {(row["channel"], row["touchpoint"]): row["n"] for row in found.order_by()}
        hidden = privacy.hidden_with_sums(sizes, threshold)
        if chosen.channel and chosen.touchpoint:
            if (chosen.channel, chosen.touchpoint) in hidden.cells:
                return True
        elif chosen.channel in hidden.rows or chosen.touchpoint in hidden.columns:
            return True
    if chosen.segment is None:
        return False
    if (chosen.channel or chosen.touchpoint or chosen.stage) and _cuts_small(chosen, actor, threshold):
        return True
    wide = replace(chosen.of_everybody(), segment=None)
    return chosen.segment.pk not in told_segments(wide, actor, threshold)


def _stage_gives_away(chosen: Filter, actor: Actor, threshold: int) -> bool:
    """Whether the stages, side by side under the rest of the filter, could not all be shown with this one."""
    wider = replace(chosen, stage="").responses(actor)
    found = grouping.last_of_each(wider).values("stage").annotate(n=Count("id")).order_by()
    hidden = privacy.hidden_with_sums({(row["stage"], ""): row["n"] for row in found}, threshold)
    return chosen.stage in hidden.rows


def _cuts_small(chosen: Filter, actor: Actor, threshold: int) -> bool:
    """Whether segment, channel and touchpoint of the filter together cut the answers into a small part."""
    assert chosen.segment is not None
    wide = replace(chosen.of_everybody(), segment=None, channel="", touchpoint="", stage="")
    _answerable, responses = belonging(grouping.last_of_each(wide.responses(actor)), [chosen.segment])
    kept = Q()
    if chosen.channel:
        kept &= Q(channel=chosen.channel)
    if chosen.touchpoint:
        kept &= Q(touchpoint=chosen.touchpoint)
    if chosen.stage:
        kept &= Q(stage=chosen.stage)
    if "in_0" not in responses.query.annotations:
        return True
    rows = responses.annotate(
        kept=Case(When(kept, then=Value(True)), default=Value(False), output_field=BooleanField())
    )
    sizes = rows.values("in_0", "kept").annotate(n=Count("id")).order_by().values_list("n", flat=True)
    return any(0 < size < threshold for size in sizes)


def told_segments(chosen: Filter, actor: Actor, threshold: int) -> set[int]:
    """The segments whose numbers can be told to who may not read single answers, whichever of them they ask for.

    Always the same for the same answers: who asks for one segment after the other learns no more than at once.
    """
    candidates = list(Segment.objects.present().order_by("pk")[:CANDIDATES])
    try:
        with patience():
            answerable, parts = parts_of(chosen, actor, candidates)
    except TooSlow:
        return set()
    sizes = {key: counts.n for key, counts in parts.items()}
    told = privacy.tellable(sizes, range(len(answerable)), threshold)
    return {answerable[place].pk for place in told}


def parts_of(
    chosen: Filter, actor: Actor, segments: Sequence[Segment]
) -> tuple[list[Segment], dict[Membership, Counts]]:
    """The segments that can be asked, and the answers of those who are in some of them and not in others.

    A key has a place for each of these segments; the last answer of each customer counts, and who is in a segment
    is so now. Raises compiling.TooSlow inside compiling.patience().
    """
    answerable, responses = belonging(grouping.last_of_each(chosen.responses(actor)), segments)
    names = [f"in_{place}" for place in range(len(answerable))]
    rows = responses.values(*names) if names else responses.annotate(all=Value(1)).values("all")
    return answerable, {
        tuple(row[name] for name in names): Counts(row["detractors"], row["passives"], row["promoters"])
        for row in rows.annotate(**grouping.three()).order_by()
    }


def belonging(
    responses: ResponseQuerySet, segments: Sequence[Segment]
) -> tuple[list[Segment], ResponseQuerySet]:
    """The segments that can be asked, and the answers with `in_0`, `in_1` ... for whether their customer is in."""
    answerable: list[Segment] = []
    places: dict[str, Case] = {}
    for segment in segments:
        try:
            inside = members(segment).order_by().values("pk")
        except (Unanswerable, ValueError):
            continue
        places[f"in_{len(answerable)}"] = Case(
            When(Q(customer_id__in=inside), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        answerable.append(segment)
    found: ResponseQuerySet = responses.annotate(**places)
    return answerable, found
