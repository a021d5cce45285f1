"""REST: themes in comments: their words, what they weigh, their line, and what a person said about one comment."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response as Answered

from accounts.acting import Actor
from accounts.api.base import ApiView, In, Out
from accounts.api.ids import OpaqueId, find
from accounts.api.pages import PAGE_PARAMETERS, CursorPage, page_of
from accounts.models import Membership
from surveys import (
    boarding_themes,
    naming_themes,
    noticing_themes,
    previewing_themes,
    standing_out,
    starter_themes,
    weighing_themes,
)
from surveys.api.responses import responses_of
from surveys.api.surveys import ScoreOut
from surveys.comparing import Verdict
from surveys.filtering import TONES, Filter
from surveys.models import Mention, Theme, ThemeRun
from surveys.naming_themes import BadTheme

FILTER_PARAMETERS = [
    OpenApiParameter(name, str)
    for name in ("survey", "period", "from", "to", "channel", "touchpoint", "stage", "segment", "imported")
]
_WORDS = "Entries by language (en, de, fr, es, it, ar; empty: all). “-” in front is a complaint, “+” praise."
_SENTIMENTS = {value: name for name, (value, _label) in TONES.items()}


class ThemeOut(Out):
    id = OpaqueId("theme", source="pk")
    name = serializers.CharField()
    seed = serializers.CharField(help_text="The starter theme that it began as; empty for one of your own.")
    words = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text=_WORDS
    )
    board = serializers.ChoiceField(["", *Theme.Board.values], help_text="Pain point, strength, or neither.")
    state = serializers.ChoiceField(Theme.State.values, help_text="How far it is with it on the board.")
    owner = OpaqueId("member", source="owner_id", allow_null=True)
    revision = serializers.IntegerField()


class _WordsField(serializers.DictField):
    child = serializers.ListField(child=serializers.CharField(max_length=200), max_length=400)


class ThemeIn(In):
    name = serializers.CharField(max_length=60)
    words = _WordsField(help_text=_WORDS)


class ThemeChangesIn(In):
    name = serializers.CharField(max_length=60, required=False)
    words = _WordsField(required=False, help_text=_WORDS)
    revision = serializers.IntegerField(required=False, help_text="Refused if somebody saved since.")


class StarterOut(Out):
    key = serializers.CharField()
    name = serializers.CharField()
    found = serializers.IntegerField(help_text="How many of the latest comments speak of it.")
    among = serializers.IntegerField()


class StartersIn(In):
    keys = serializers.ListField(child=serializers.CharField(max_length=20), max_length=60)


class ThemeMergeIn(In):
    other = OpaqueId("theme", rows=lambda actor: Theme.objects.present())


class TonesOut(Out):
    negative = serializers.IntegerField()
    neutral = serializers.IntegerField()
    positive = serializers.IntegerField()


class ReachOut(Out):
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class WeighedOut(Out):
    theme = OpaqueId("theme", source="theme.pk")
    name = serializers.CharField(source="theme.name")
    scored = ScoreOut(help_text="Of the commenters who speak of it.")
    share = serializers.FloatField(allow_null=True, help_text="Of all commenters, 0 to 1.")
    tones = TonesOut(allow_null=True, help_text="Null: hidden.")
    difference = serializers.SerializerMethodField(
        help_text="Points against all other commenters, all themes judged together; null under 30 on a side."
    )
    verdict = serializers.ChoiceField([(each.value, each.value) for each in Verdict], allow_null=True)
    adjusted_p = serializers.FloatField(allow_null=True)
    impact = serializers.SerializerMethodField(
        help_text="Points on the score of everybody: the share of those with the theme times the difference."
    )

    @extend_schema_field(ReachOut(allow_null=True))
    def get_difference(self, weighed: weighing_themes.Weighed) -> dict[str, Any] | None:
        return _reach(weighed.value, weighed.low, weighed.high)

    @extend_schema_field(ReachOut(allow_null=True))
    def get_impact(self, weighed: weighing_themes.Weighed) -> dict[str, Any] | None:
        return _reach(weighed.leverage, weighed.leverage_low, weighed.leverage_high)


class RunOut(Out):
    seen = serializers.IntegerField()
    total = serializers.IntegerField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ReportOut(Out):
    filter = serializers.CharField()
    commenters = serializers.IntegerField(help_text="People who wrote something; 0 where that stays hidden.")
    answers = serializers.IntegerField()
    untold = serializers.IntegerField(allow_null=True, help_text="Commenters who speak of no theme.")
    themes = WeighedOut(many=True)
    reading = RunOut(allow_null=True, help_text="How far comments are read with the themes of now.")


class SpanOut(Out):
    start = serializers.DateField()
    finished = serializers.BooleanField()
    hidden = serializers.BooleanField()
    commenters = serializers.IntegerField()
    n = serializers.IntegerField(help_text="Commenters who speak of it.")
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(source="share_interval.low", allow_null=True, default=None)
    high = serializers.FloatField(source="share_interval.high", allow_null=True, default=None)
    tones = TonesOut(allow_null=True)


class TurnOut(Out):
    began = serializers.DateField(source="began.start")
    rang = serializers.DateField(source="rang.start")
    up = serializers.BooleanField()
    before = serializers.FloatField(help_text="Share of commenters before.")
    after = serializers.FloatField()


class LineOut(Out):
    filter = serializers.CharField()
    periods = SpanOut(many=True)
    shifts = TurnOut(many=True)


class MentionOut(Out):
    theme = OpaqueId("theme", source="theme_id")
    name = serializers.CharField(source="theme.name")
    sentiment = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(list(TONES)))
    def get_sentiment(self, mention: Mention) -> str:
        return _SENTIMENTS[mention.sentiment]


class MentionsOut(Out):
    items = MentionOut(many=True)


class CorrectionIn(In):
    theme = OpaqueId("theme", rows=lambda actor: Theme.objects.present())
    says = serializers.ChoiceField(
        [*TONES, "nothing", "words"],
        help_text="How the comment speaks of it; nothing: it does not; words: as the words of the theme say.",
    )


def _members(actor: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=actor.organization).select_related("user")


def _themes() -> QuerySet[Theme]:
    return Theme.objects.present()  # type: ignore[no-any-return]


def _reach(value: float | None, low: float | None, high: float | None) -> dict[str, Any] | None:
    return None if value is None else {"value": value, "low": low, "high": high}


def _refused(error: BadTheme) -> ValidationError:
    return ValidationError({"non_field_errors": [str(error)]})


class ThemesView(ApiView):
    """Themes."""

    actions = {"GET": "report.view", "POST": "theme.edit"}

    @extend_schema(responses=page_of(ThemeOut), parameters=PAGE_PARAMETERS, operation_id="themes_list")
    def get(self, request: Any) -> Answered:
        return CursorPage(request, _themes(), out=ThemeOut).response()

    @extend_schema(request=ThemeIn, responses={201: ThemeOut}, operation_id="themes_create")
    def post(self, request: Any) -> Answered:
        given = ThemeIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            made = naming_themes.make(**given.validated_data, by=self.actor)
        except BadTheme as error:
            raise _refused(error) from error
        return Answered(ThemeOut(made).data, status=201)


class ThemeView(ApiView):
    """One theme. After a change all comments are read again."""

    actions = {"GET": "report.view", "PATCH": "theme.edit", "DELETE": "theme.edit"}

    @extend_schema(responses=ThemeOut, operation_id="themes_get")
    def get(self, request: Any, id: str) -> Answered:
        return Answered(ThemeOut(find(_themes(), "theme", id)).data)

    @extend_schema(request=ThemeChangesIn, responses=ThemeOut, operation_id="themes_change")
    @transaction.atomic
    def patch(self, request: Any, id: str) -> Answered:
        theme = find(_themes(), "theme", id)
        given = ThemeChangesIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = {"name": theme.name, "words": theme.words, "revision": theme.revision, **given.validated_data}
        try:
            changed = naming_themes.change(theme, **facts, by=self.actor)
        except BadTheme as error:
            raise _refused(error) from error
        return Answered(ThemeOut(changed).data)

    @extend_schema(responses={204: None}, operation_id="themes_delete")
    def delete(self, request: Any, id: str) -> Answered:
        try:
            naming_themes.put_away(find(_themes(), "theme", id), by=self.actor)
        except BadTheme as error:
            raise _refused(error) from error
        return Answered(status=status.HTTP_204_NO_CONTENT)


class ThemeMergeView(ApiView):
    """Take another theme in: its words, and what people said about single comments."""

    actions = {"POST": "theme.edit"}

    @extend_schema(request=ThemeMergeIn, responses=ThemeOut, operation_id="themes_merge")
    def post(self, request: Any, id: str) -> Answered:
        theme = find(_themes(), "theme", id)
        given = ThemeMergeIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            merged = naming_themes.merge(theme, given.validated_data["other"], by=self.actor)
        except BadTheme as error:
            raise _refused(error) from error
        return Answered(ThemeOut(merged).data)


class StartersView(ApiView):
    """The starter themes that are not there yet."""

    actions = {"GET": "report.view", "POST": "theme.edit"}

    @extend_schema(responses=StarterOut(many=True), operation_id="themes_starters")
    def get(self, request: Any) -> Answered:
        return Answered(StarterOut(starter_themes.offered(), many=True).data)

    @extend_schema(request=StartersIn, responses={201: ThemeOut(many=True)}, operation_id="themes_start_with")
    def post(self, request: Any) -> Answered:
        given = StartersIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            made = naming_themes.start_with(given.validated_data["keys"], by=self.actor)
        except BadTheme as error:
            raise _refused(error) from error
        return Answered(ThemeOut(made, many=True).data, status=201)


class ThemeReportView(ApiView):
    """What the themes weigh: the page “Themes”."""

    actions = {"GET": "report.view"}

    @extend_schema(responses=ReportOut, parameters=FILTER_PARAMETERS, operation_id="themes_report")
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).without_theme()
        found = weighing_themes.weighed(chosen, self.actor)
        told = {
            "filter": chosen.words(),
            "commenters": found.commenters,
            "answers": found.answers,
            "untold": found.untold,
            "themes": found.rows,
            "reading": ThemeRun.objects.first(),
        }
        return Answered(ReportOut(told).data)


class ThemeLineView(ApiView):
    """How often one theme is spoken of, period by period, and where that really shifted."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=LineOut,
        parameters=[
            *FILTER_PARAMETERS,
            OpenApiParameter("step", str, enum=["day", "week", "month", "quarter"]),
        ],
        operation_id="themes_line",
    )
    def get(self, request: Any, id: str) -> Answered:
        theme = find(_themes(), "theme", id)
        chosen = Filter.read(request.query_params, self.actor.organization).without_theme()
        line = weighing_themes.line(theme, chosen, self.actor)
        return Answered(LineOut({"filter": chosen.words(), "periods": line.spans, "shifts": line.turns}).data)


class ResponseThemesView(ApiView):
    """The themes that one comment speaks of; what a person says about one of them is kept."""

    actions = {"GET": "response.view", "PUT": "response.edit"}

    @extend_schema(responses=MentionsOut, operation_id="responses_themes")
    def get(self, request: Any, id: str) -> Answered:
        return _mentions(find(responses_of(self.actor), "response", id))

    @extend_schema(request=CorrectionIn, responses=MentionsOut, operation_id="responses_theme_set")
    def put(self, request: Any, id: str) -> Answered:
        response = find(responses_of(self.actor), "response", id)
        given = CorrectionIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        theme, says = given.validated_data["theme"], given.validated_data["says"]
        if says == "words":
            naming_themes.leave_to_words(response, theme, by=self.actor)
        else:
            sentiment = None if says == "nothing" else TONES[says][0]
            naming_themes.correct(response, theme, sentiment, by=self.actor)
        return _mentions(response)


def _mentions(response: Any) -> Answered:
    rows = response.mentions.present().select_related("theme").order_by("theme__name")
    return Answered(MentionsOut({"items": list(rows)}).data)


class SuggestionOut(Out):
    language = serializers.CharField(source="noticed.language")
    entries = serializers.ListField(child=serializers.CharField(), source="noticed.entries")
    comments = serializers.SerializerMethodField(
        help_text="How many of those looked through have one of them."
    )
    untold = serializers.IntegerField(source="noticed.untold", help_text="Of these, in no theme.")
    z = serializers.FloatField(
        source="noticed.z", help_text="Log odds, promoters against detractors; beyond 1.96 a lean."
    )
    examples = serializers.ListField(child=serializers.CharField(), help_text="Comments, without names.")

    def get_comments(self, suggested: noticing_themes.Suggested) -> int:
        return len(suggested.noticed.places)


class SuggestionsOut(Out):
    looked_at = serializers.IntegerField()
    items = SuggestionOut(many=True, source="rows")


class DismissalIn(In):
    entries = serializers.ListField(child=serializers.CharField(max_length=60), min_length=1, max_length=50)


class PreviewIn(In):
    theme = OpaqueId("theme", rows=lambda actor: Theme.objects.present(), required=False, default=None)
    words = _WordsField(help_text=_WORDS)


class PreviewOut(Out):
    looked_at = serializers.IntegerField(
        help_text="The latest comments, and those that speak of the theme now."
    )
    gained = serializers.IntegerField()
    lost = serializers.IntegerField()
    turned = serializers.IntegerField(help_text="Would be heard in another tone.")


class SplitIn(In):
    name = serializers.CharField(max_length=60)
    entries = serializers.ListField(child=serializers.CharField(max_length=200), min_length=1, max_length=400)


class PlaceIn(In):
    board = serializers.ChoiceField(["", *Theme.Board.values], help_text="Empty: off the board.")
    state = serializers.ChoiceField(Theme.State.values, default=Theme.State.OPEN.value)
    owner = OpaqueId("member", rows=_members, required=False, allow_null=True, default=None)
    revision = serializers.IntegerField(required=False, help_text="Refused if somebody saved since.")


class ThemeStandingOut(Out):
    theme = OpaqueId("theme", source="theme.pk")
    name = serializers.CharField(source="theme.name")
    share_here = serializers.FloatField()
    share_rest = serializers.FloatField()
    difference = serializers.FloatField(source="value")
    low = serializers.FloatField(source="interval.low", help_text="Widened for selection where it is real.")
    high = serializers.FloatField(source="interval.high")
    adjusted_p = serializers.FloatField(help_text="Fisher's, Benjamini-Hochberg over all themes.")
    real = serializers.BooleanField()


class ThemeStandingsOut(Out):
    filter = serializers.CharField()
    here = serializers.IntegerField(help_text="Commenters that the filter lets through.")
    rest = serializers.IntegerField(help_text="Other commenters of the same surveys and period.")
    hidden = serializers.BooleanField()
    themes = ThemeStandingOut(many=True, source="rows")


class SuggestionsView(ApiView):
    """What people say often and no theme has words for."""

    actions = {"GET": "response.view", "POST": "theme.edit"}

    @extend_schema(responses=SuggestionsOut, parameters=FILTER_PARAMETERS, operation_id="themes_suggestions")
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).without_theme()
        return Answered(SuggestionsOut(noticing_themes.suggestions(chosen, self.actor)).data)

    @extend_schema(request=DismissalIn, responses={204: None}, operation_id="themes_dismiss")
    def post(self, request: Any) -> Answered:
        """These entries are no theme: they are not suggested again."""
        given = DismissalIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        noticing_themes.dismiss(given.validated_data["entries"], by=self.actor)
        return Answered(status=status.HTTP_204_NO_CONTENT)


class PreviewView(ApiView):
    """What other words would change, before they do. Saves nothing."""

    actions = {"POST": "theme.edit"}

    @extend_schema(request=PreviewIn, responses=PreviewOut, operation_id="themes_preview")
    def post(self, request: Any) -> Answered:
        given = PreviewIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        try:
            told = previewing_themes.preview(facts["words"], self.actor, theme=facts["theme"])
        except BadTheme as error:
            raise _refused(error) from error
        return Answered(PreviewOut(told).data)


class ThemeSplitView(ApiView):
    """Some of its words become a theme of their own."""

    actions = {"POST": "theme.edit"}

    @extend_schema(request=SplitIn, responses={201: ThemeOut}, operation_id="themes_split")
    def post(self, request: Any, id: str) -> Answered:
        theme = find(_themes(), "theme", id)
        given = SplitIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            made = naming_themes.split(theme, **given.validated_data, by=self.actor)
        except BadTheme as error:
            raise _refused(error) from error
        return Answered(ThemeOut(made).data, status=201)


class ThemePlaceView(ApiView):
    """Pain point or strength, whose it is, and how far it is with it."""

    actions = {"PUT": "theme.edit"}

    @extend_schema(request=PlaceIn, responses=ThemeOut, operation_id="themes_place")
    def put(self, request: Any, id: str) -> Answered:
        theme = find(_themes(), "theme", id)
        given = PlaceIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        facts = {"revision": theme.revision, **given.validated_data}
        return Answered(ThemeOut(boarding_themes.place(theme, **facts, by=self.actor)).data)


class StandingOutView(ApiView):
    """Which themes are spoken of more, or less, by those whom the filter lets through than by the rest."""

    actions = {"GET": "report.view"}

    @extend_schema(
        responses=ThemeStandingsOut, parameters=FILTER_PARAMETERS, operation_id="themes_standing_out"
    )
    def get(self, request: Any) -> Answered:
        chosen = Filter.read(request.query_params, self.actor.organization).without_theme()
        found = standing_out.standings(chosen, self.actor)
        facts = {name: getattr(found, name) for name in ("here", "rest", "hidden", "rows")}
        return Answered(ThemeStandingsOut({"filter": chosen.words(), **facts}).data)
