"""Reading comments for their themes: each when it came or changed, all of them when a theme changed.

What is computed is written only where it differs, and what a person said about a comment stands. The engine follows
answers by their change number, below the horizon of running transactions, whatever way they came in; a listener
reads the answer of a piece of news at once. Going through all comments is done in batches of one transaction each,
with the place it reached: whoever is killed at it leaves whole batches, and the engine goes on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from accounts import doorbells
from accounts.models import Organization
from accounts.tenancy.changes import horizon
from accounts.tenancy.context import acting_for, current_organization_id
from surveys.models import Correction, Mention, Response, Theme, ThemeRun, Tone
from surveys.models.response import ResponseQuerySet
from surveys.theming.tagging import Heard, Tagger

BATCH = 500


def begin(*, at: dt.datetime | None = None) -> ThemeRun:
    """Read every comment again, from the first. A run that is under way begins again."""
    organization_id = current_organization_id()
    run, _made = ThemeRun.objects.update_or_create(
        defaults={
            "asked_at": at or timezone.now(),
            "after": 0,
            "total": _worth_reading().count(),
            "seen": 0,
            "moved": 0,
            "finished_at": None,
            "changed_below": horizon(),
        },
        organization_id=organization_id,
    )
    doorbells.ring(organization_id)
    return run


@transaction.atomic
def step(*, size: int = BATCH) -> bool:
    """Read one batch; whether there is more. Where somebody else is at it, nothing is done."""
    run = ThemeRun.objects.select_for_update(of=("self",), skip_locked=True).filter(finished_at=None).first()
    if run is None:
        return False
    batch = list(_worth_reading().filter(pk__gt=run.after).order_by("pk")[:size])
    if batch:
        run.moved += hear(batch)
        run.after, run.seen = batch[-1].pk, run.seen + len(batch)
    if len(batch) < size:
        run.finished_at, run.total = timezone.now(), run.seen
    run.save()
    return run.finished_at is None


def settle() -> int:
    """Read everything within this transaction; how many comments speak of other themes than before."""
    begin()
    while step(size=10 * BATCH):
        pass
    return ThemeRun.objects.get().moved


def due(organization: Organization, now: dt.datetime) -> int:
    """The engine's share: one batch of the run, else the answers that came or changed since the last look."""
    with acting_for(organization):
        run = ThemeRun.objects.first()
        if run is None:
            if _worth_reading().exists():
                begin(at=now)
            return 0
        if run.finished_at is None:
            seen = run.seen
            if step():
                doorbells.ring(organization.pk)
            return max(ThemeRun.objects.get().seen - seen, 0)
        return _follow()


def read_again(ids: Iterable[int]) -> int:
    """Read these answers now; how many speak of other themes than before."""
    return hear(list(Response.objects.filter(pk__in=list(ids))))


def hear(responses: Sequence[Response]) -> int:
    """Write what these comments say where it differs from what was written; of how many it did."""
    tagger, organization = tagger_of(), Organization.objects.get(pk=current_organization_id())
    default = organization.locale
    ids = [response.pk for response in responses]
    corrected = corrections_of(ids)
    mentions: dict[tuple[int, int], Mention] = {
        (each.response_id, each.theme_id): each for each in Mention.objects.filter(response__in=ids)
    }
    tones = {each.response_id: each for each in Tone.objects.filter(response__in=ids)}
    new: list[Mention] = []
    changed: list[Mention] = []
    moved: set[int] = set()
    said: list[Tone] = []
    silent: list[int] = []
    for response in responses:
        heard = tagger.hear(response.comment, told=response.language, default=default)
        if response.comment:
            tone = tones.get(response.pk)
            if tone is None or (tone.sentiment, tone.language, tone.heard) != (
                heard.tone, heard.language, response.changed,
            ):  # fmt: skip
                said.append(
                    Tone(
                        response_id=response.pk,
                        sentiment=heard.tone,
                        language=heard.language,
                        heard=response.changed,
                    )
                )
        elif response.pk in tones:
            silent.append(response.pk)
        for theme, sentiment in themes_of(heard, corrected.get(response.pk, {})).items():
            known = mentions.pop((response.pk, theme), None)
            if known is None:
                new.append(Mention(response_id=response.pk, theme_id=theme, sentiment=sentiment))
                moved.add(response.pk)
            elif known.sentiment != sentiment:
                known.sentiment = sentiment
                changed.append(known)
                moved.add(response.pk)
    moved |= {response for response, _theme in mentions}
    Mention.objects.filter(pk__in=[each.pk for each in mentions.values()]).delete()
    Mention.objects.bulk_update(changed, ["sentiment"])
    Mention.objects.bulk_create(new, ignore_conflicts=True)
    Tone.objects.filter(response__in=[*silent, *(each.response_id for each in said)]).delete()
    Tone.objects.bulk_create(said, ignore_conflicts=True)
    return len(moved)


def themes_of(heard: Heard, corrected: dict[int, int | None]) -> dict[int, int]:
    """Theme -> sentiment of one comment: as it was read, and what people said instead."""
    found = {int(str(theme)): each.sentiment for theme, each in heard.mentions.items()}
    for theme, sentiment in corrected.items():
        if sentiment is None:
            found.pop(theme, None)
        else:
            found[theme] = sentiment
    return found


def corrections_of(ids: list[int]) -> dict[int, dict[int, int | None]]:
    """What people said about these answers: response -> theme -> sentiment, None for "not about it"."""
    found: dict[int, dict[int, int | None]] = {}
    rows = Correction.objects.filter(response__in=ids, theme__deleted_at=None)
    for response, theme, sentiment in rows.values_list("response_id", "theme_id", "sentiment"):
        found.setdefault(response, {})[theme] = sentiment
    return found


def tagger_of() -> Tagger:
    """The themes of the acting organization, made ready."""
    rows = Theme.objects.present().order_by("pk").values_list("pk", "words")
    return _tagger(
        tuple(
            (pk, tuple((language, tuple(entries)) for language, entries in sorted(words.items())))
            for pk, words in rows
        )
    )


@lru_cache(maxsize=32)
def _tagger(themes: tuple[tuple[int, tuple[tuple[str, tuple[str, ...]], ...]], ...]) -> Tagger:
    return Tagger({pk: dict(words) for pk, words in themes})


def _follow() -> int:
    """Answers whose rows were written since the last look, and were not read since."""
    with transaction.atomic():
        run = (
            ThemeRun.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(finished_at__isnull=False)
            .first()
        )
        if run is None:
            return 0
        until = horizon()
        if until <= run.changed_below:
            return 0
        changed = Response.objects.filter(changed__gte=run.changed_below, changed__lt=until)
        heard = Tone.objects.filter(response=OuterRef("pk")).values("heard")[:1]
        unread = changed.annotate(heard=Subquery(heard)).filter(Q(heard__isnull=False) | ~Q(comment=""))
        unread = unread.exclude(heard=F("changed"))
        batch = list(unread.order_by("changed", "pk")[: BATCH + 1])
        if len(batch) > BATCH:
            # As many as an import: from here on next time, but never between two of one change number.
            last = batch[-1].changed
            batch = [each for each in batch if each.changed < last] or list(unread.filter(changed=last))
            until = batch[-1].changed + 1
            doorbells.ring(current_organization_id())
        hear(batch)
        run.changed_below = until
        run.save(update_fields=["changed_below"])
        return len(batch)


def _worth_reading() -> ResponseQuerySet:
    """Comments of any mode: which of them count, a report decides."""
    found: ResponseQuerySet = Response.objects.with_words()
    return found
