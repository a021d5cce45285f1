"""The words that surveys bring to the rule language: what was said, what was asked, and when.

The latest score, category, channel and touchpoint are columns of the customer, and words of segments.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.modes import counting
from segments.catalog import Asked, Field, compared, instants, window_edges
from segments.edges import AnyEdge
from segments.fact_logs import Log
from segments.profiling import PROFILED
from segments.rules import Condition
from segments.rules.tree import Option
from surveys.filtering import TONES
from surveys.models import Invitation, Mention, Response, Survey, Theme, Tone

_TONE_LABELS = {name: label for name, (_value, label) in TONES.items()}


def fields() -> list[Field]:
    """Words, themes and tone of comments; last asked; invitations without an answer; survey answered."""
    said = _("Answers")
    return [
        Field("comment", _("words of an answer"), "text", said, condition=_comment, reads=("response",)),
        Field(
            "themes",
            _("themes of their comments"),
            "list",
            said,
            options=(
                Option("tone", "choice", required=False, choices=tuple(TONES), labels=_TONE_LABELS),
                Option("days", "days", required=False),
            ),
            condition=_themes,
            reads=("response", "theme"),
            edges=_theme_edges,
            phrase=_said_themes,
            suggest=lambda: list(Theme.objects.present().values_list("name", flat=True)),
        ),
        Field(
            "sentiment",
            _("tone of the last comment"),
            "choice",
            said,
            choices=tuple(TONES),
            labels=_TONE_LABELS,
            condition=_sentiment,
            reads=("response", "theme"),
        ),
        Field(
            "asked",
            _("last asked"),
            "instant",
            said,
            condition=_asked,
            reads=("invitation",),
            edges=_asked_edges,
        ),
        Field(
            "unanswered",
            _("number of questions left unanswered"),
            "count",
            said,
            options=(Option("days", "days", required=False),),
            condition=_unanswered,
            # The answer that ends it is in the log of answers.
            reads=("invitation", "response"),
            edges=_asked_edges,
            phrase=_said_unanswered,
        ),
        Field(
            "survey_answered",
            _("answered the survey"),
            "flag",
            said,
            options=(Option("name", "text"),),
            condition=_survey_answered,
            reads=("response",),
            phrase=lambda options: gettext("answered “%(name)s”") % options,
            suggest=lambda: list(
                Survey.objects.present().order_by("name").values_list("name", flat=True)[:30]
            ),
        ),
    ]


def log() -> Log:
    """What was answered; invitations are told of by a trigger."""
    return Log("response", Response.objects.exclude(customer=None))


def _comment(asked_for: Condition, asked: Asked) -> Q:
    """Of any counting answer; the negations mean: of none."""
    worded = asked.theirs(_counting(asked).with_words())
    operator, value = asked_for.operator, asked_for.value
    if operator in ("is_known", "is_unknown"):
        having = Q(pk__in=worded.values("customer_id")) & PROFILED
        return having if operator == "is_known" else ~having
    wanted = list(value) if isinstance(value, tuple) else [value]
    found = Q(pk__in=[])
    for text in wanted:
        lookup = {"contains": "icontains", "begins_with": "istartswith"}.get(operator, "iexact")
        found |= Q(**{f"comment__{lookup}": text})
    # What somebody said who does not want to be profiled is not known here.
    inside = Q(pk__in=worded.filter(found).values("customer_id")) & PROFILED
    return ~inside if operator in ("is_not", "is_none_of") else inside


def _themes(asked_for: Condition, asked: Asked) -> Q:
    """Of any counting answer, or of those of the last days; with a tone, those spoken of so."""
    answers, days, tone = asked.theirs(_counting(asked)), asked_for.option("days"), asked_for.option("tone")
    if days is not None:
        answers = answers.filter(answered_at__gt=asked.now - timedelta(days=days))
    spoken = Mention.objects.present().filter(response__in=answers.values("pk")).order_by()
    if tone is not None:
        spoken = spoken.filter(sentiment=TONES[tone][0])
    operator, value = asked_for.operator, asked_for.value
    if operator not in ("is_known", "is_unknown"):
        wanted = list(value) if isinstance(value, tuple) else [value]
        spoken = spoken.filter(theme__name__in=wanted)
    inside = Q(pk__in=spoken.values("response__customer_id")) & PROFILED
    return ~inside if operator in ("excludes", "is_unknown") else inside


def _theme_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    days = asked_for.option("days")
    return [] if days is None else window_edges(Response.objects.exclude(customer=None), "answered_at", days)


def _sentiment(asked_for: Condition, asked: Asked) -> Q:
    """Of the latest counting answer with words."""
    worded = asked.theirs(_counting(asked).with_words()).order_by("customer_id", "-answered_at", "-id")
    toned = Tone.objects.filter(response__in=worded.distinct("customer_id").values("pk")).order_by()
    operator, value = asked_for.operator, asked_for.value
    if operator not in ("is_known", "is_unknown"):
        wanted = list(value) if isinstance(value, tuple) else [value]
        toned = toned.filter(sentiment__in=[TONES[each][0] for each in wanted])
    inside = Q(pk__in=toned.values("response__customer_id")) & PROFILED
    return ~inside if operator in ("is_not", "is_none_of", "is_unknown") else inside


def _asked(asked_for: Condition, asked: Asked) -> Q:
    sent = asked.theirs(Invitation.objects.asked().exclude(customer=None).exclude(source="test"))
    operator = asked_for.operator
    if operator in ("is_known", "is_unknown"):
        having = Q(pk__in=sent.values("customer_id"))
        return having if operator == "is_known" else ~having
    lasts = sent.order_by().values("customer_id").annotate(last=models.Max("issued_at"))
    low, high = instants(asked_for, asked)
    if low is not None:
        lasts = lasts.filter(last__gte=low)
    if high is not None:
        lasts = lasts.filter(last__lt=high) if operator == "before" else lasts.filter(last__lte=high)
    return Q(pk__in=lasts.values("customer_id"))


def _unanswered(asked_for: Condition, asked: Asked) -> Q:
    silent = Invitation.objects.asked().filter(started_at=None, distribution__anonymous=False)
    silent = asked.theirs(silent.exclude(customer=None).exclude(source="test"))
    days = asked_for.option("days")
    if days is not None:
        silent = silent.filter(issued_at__gt=asked.now - timedelta(days=days))
    totals = silent.order_by().values("customer_id").annotate(total=models.Count("id"))
    fits, comparison = compared(asked_for.operator, asked_for.value)
    if not fits(0):
        return Q(pk__in=totals.filter(comparison).values("customer_id"))
    return ~Q(pk__in=totals.exclude(comparison).values("customer_id"))


def _asked_edges(asked_for: Condition, asked: Asked) -> list[AnyEdge]:
    days = asked_for.option("days")
    if asked_for.operator in ("within_last", "longer_ago_than"):
        days = asked_for.value
    return window_edges(Invitation.objects.exclude(customer=None), "issued_at", days)


def _survey_answered(asked_for: Condition, asked: Asked) -> Q:
    answered = asked.theirs(_counting(asked)).filter(survey__name=asked_for.option("name"))
    inside = Q(pk__in=answered.values("customer_id"))
    return inside if asked_for.operator == "is_true" else ~inside


def _counting(asked: Asked) -> Any:
    return (
        Response.objects.filter(
            mode__in=list(counting(asked.organization)), excluded_at=None, set_aside_at=None
        )
        .exclude(customer=None)
        .order_by()
    )


def _said_themes(options: Mapping[str, Any]) -> str:
    tone, days = options.get("tone"), options.get("days")
    said = {
        "positive": gettext("themes that their comments praise"),
        "negative": gettext("themes that their comments complain of"),
        "neutral": gettext("themes that their comments name, neither way"),
    }.get(str(tone), gettext("themes of their comments"))
    return gettext("%(themes)s in the last %(days)s days") % {"themes": said, "days": days} if days else said


def _said_unanswered(options: Mapping[str, Any]) -> str:
    if options.get("days"):
        return gettext("number of questions left unanswered in the last %(days)s days") % options
    return gettext("number of questions left unanswered")
