"""Which answers a page, an export or the API speaks of: read from the address, told as a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import modes, opaque
from accounts.acting import Actor
from accounts.models import Mode, Organization
from segments import stages
from segments.compiling import members
from segments.models import Segment
from surveys.models import Mention, Response, Survey, Theme, Tone
from surveys.models.response import ResponseQuerySet

PERIODS = {
    "30": gettext_lazy("Last 30 days"),
    "90": gettext_lazy("Last 90 days"),
    "12m": gettext_lazy("Last 12 months"),
    "all": gettext_lazy("All time"),
}
STEPS = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    "quarter": gettext_lazy("Quarter"),
}
CATEGORIES = {
    "promoter": gettext_lazy("Promoters"),
    "passive": gettext_lazy("Passives"),
    "detractor": gettext_lazy("Detractors"),
}
TONES = {
    "negative": (-1, gettext_lazy("Complaint")),
    "neutral": (0, gettext_lazy("Neither praise nor complaint")),
    "positive": (1, gettext_lazy("Praise")),
}
LONGEST = 100
MOST_SEGMENTS = 24  # side by side
EARLIEST, LATEST = 1990, 2200  # years


@dataclass(frozen=True)
class Filter:
    """The same answers for every card of a page. Dates are days of the organization, both ends included."""

    organization: Organization
    survey: Survey | None = None
    period: str = "12m"
    start: dt.date | None = None
    end: dt.date | None = None
    channel: str = ""
    touchpoint: str = ""
    stage: str = ""
    segment: Segment | None = None
    category: str = ""
    search: str = ""
    # Comments that speak of the theme; with a tone, that speak of it so. A tone alone is that of the comment.
    theme: Theme | None = None
    tone: str = ""
    imported: bool = False
    step: str = "month"
    by: str = ""
    across: str = ""
    # Segments side by side: which are shown (none: the usual ones), and the two that are compared.
    among: tuple[Segment, ...] = ()
    first: Segment | None = None
    second: Segment | None = None

    @classmethod
    def read(
        cls,
        query: Mapping[str, Any],
        organization: Organization,
        *,
        survey: Survey | None = None,
        today: dt.date | None = None,
    ) -> Filter:
        """From the parameters of an address; what is not understood is left out."""
        zone = ZoneInfo(organization.time_zone)
        today = today or timezone.now().astimezone(zone).date()
        start, end = _day(query.get("from")), _day(query.get("to"))
        period = str(query.get("period", ""))
        if start or end:
            period = "custom"
        elif period not in PERIODS:
            period = "12m"
        if period == "30" or period == "90":
            start = today - dt.timedelta(days=int(period) - 1)
        elif period == "12m":
            start = _months_back(today.replace(day=1), 11)
        if survey is None and query.get("survey"):
            survey = Survey.objects.present().filter(pk=opaque.decode("survey", query["survey"]) or 0).first()
        step = str(query.get("step", ""))
        category, tone = str(query.get("category", "")), str(query.get("tone", ""))
        return cls(
            organization=organization,
            survey=survey,
            period=period,
            start=start,
            end=end,
            channel=str(query.get("channel", ""))[:20],
            touchpoint=str(query.get("touchpoint", ""))[:80],
            stage=str(query.get("stage", ""))[:40],
            segment=_segment(query.get("segment")),
            category=category if category in CATEGORIES else "",
            search=str(query.get("q", "")).replace("\x00", "").strip()[:LONGEST],
            theme=_theme(query.get("theme")),
            tone=tone if tone in TONES else "",
            imported=query.get("imported") == "1",
            step=step if step in STEPS else _step_for(start, end or today),
            by=str(query.get("by", ""))[:80],
            across=str(query.get("across", ""))[:80],
            among=_segments(query),
            first=_segment(query.get("a")),
            second=_segment(query.get("b")),
        )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.organization.time_zone)

    @property
    def modes(self) -> list[str]:
        counted = list(modes.counting(self.organization))
        return [*counted, Mode.IMPORTED.value] if self.imported else counted

    def begins(self) -> dt.datetime | None:
        return self._instant(self.start)

    def ends(self) -> dt.datetime | None:
        return self._instant(self.end + dt.timedelta(days=1)) if self.end else None

    def before(self) -> Filter | None:
        """The period of the same length just before; None for all time."""
        if self.start is None:
            return None
        today = timezone.now().astimezone(self.zone).date()
        days = ((self.end or today) - self.start).days + 1
        return replace(
            self,
            period="custom",
            start=self.start - dt.timedelta(days=days),
            end=self.start - dt.timedelta(days=1),
        )

    def responses(self, actor: Actor, *, counting: bool = True, whole_time: bool = False) -> ResponseQuerySet:
        """The answers that the filter lets through and the actor may see, scored ones unless told otherwise.

        Without a survey: those of the surveys of customers, not the anonymous ones of employees.
        """
        found = Response.objects.all().visible_to(actor)
        found = found.counting(self.modes) if counting else found.filter(mode__in=[*self.modes, Mode.TEST])
        found = found.of(self.survey) if self.survey else found.filter(anonymous=False)
        if not whole_time:
            found = found.between(self.begins(), self.ends())
        if self.channel:
            found = found.filter(channel=self.channel)
        if self.touchpoint:
            found = found.filter(touchpoint=self.touchpoint)
        if self.stage:
            found = found.filter(stage=self.stage)
        if self.segment:
            found = found.filter(customer__in=members(self.segment).order_by().values("pk"))
        if self.category:
            found = found.in_category(self.category)
        if self.search:
            found = found.filter(
                Q(comment__icontains=self.search) | Q(customer__name__icontains=self.search)
                if actor.may("response.view")
                else Q(pk__in=[])
            )
        if self.theme:
            spoken = Mention.objects.filter(theme=self.theme)
            if self.tone:
                spoken = spoken.filter(sentiment=TONES[self.tone][0])
            found = found.filter(pk__in=spoken.values("response_id"))
        elif self.tone:
            toned = Tone.objects.filter(sentiment=TONES[self.tone][0])
            found = found.filter(pk__in=toned.values("response_id"))
        return found

    def of_everybody(self) -> Filter:
        """Without the category, the words and the theme: for what is told of all answers or of none."""
        return replace(self, category="", search="", theme=None, tone="")

    def without_theme(self) -> Filter:
        """For pages that show every theme."""
        return replace(self, theme=None, tone="")

    def without_segment(self) -> Filter:
        """For pages that show several segments, and narrow to none."""
        return replace(self, segment=None)

    def without_channel(self) -> Filter:
        """For the page that shows every channel."""
        return replace(self, channel="")

    def chips(self) -> list[tuple[str, str]]:
        """(parameter, words) of what narrows the answers besides survey and period."""
        found = []
        if self.channel:
            found.append(("channel", self.channel))
        if self.touchpoint:
            found.append(("touchpoint", self.touchpoint))
        if self.stage:
            name = stages.plan().names.get(self.stage, self.stage)
            found.append(("stage", _("%(stage)s when they answered") % {"stage": name}))
        if self.segment:
            found.append(("segment", self.segment.name))
        if self.category:
            found.append(("category", str(CATEGORIES[self.category])))
        if self.theme:
            found.append(("theme", _("speaks of “%(theme)s”") % {"theme": self.theme.name}))
        if self.tone:
            found.append(("tone", str(TONES[self.tone][1])))
        if self.search:
            found.append(("q", f"“{self.search}”"))
        if self.imported:
            found.append(("imported", _("with imported answers")))
        return found

    def words(self) -> str:
        """The filter in one line, for the foot of a card and the head of an export."""
        parts = [self.survey.name if self.survey else _("All surveys of customers"), self.period_words()]
        return " · ".join([*parts, *(words for _parameter, words in self.chips())])

    def period_words(self) -> str:
        if self.period in PERIODS:
            return str(PERIODS[self.period])
        if self.start and self.end:
            return _("%(start)s to %(end)s") % {"start": _told(self.start), "end": _told(self.end)}
        if self.start:
            return _("since %(start)s") % {"start": _told(self.start)}
        return _("until %(end)s") % {"end": _told(self.end)} if self.end else str(PERIODS["all"])

    def parameters(self) -> dict[str, str]:
        """The address of this filter, without what is the default."""
        found: dict[str, str] = {}
        if self.survey:
            found["survey"] = opaque.encode("survey", self.survey.pk)
        if self.period == "custom":
            if self.start:
                found["from"] = self.start.isoformat()
            if self.end:
                found["to"] = self.end.isoformat()
        elif self.period != "12m":
            found["period"] = self.period
        for key, value in (
            ("channel", self.channel),
            ("touchpoint", self.touchpoint),
            ("stage", self.stage),
            ("category", self.category),
            ("tone", self.tone),
            ("q", self.search),
            ("by", self.by),
            ("across", self.across),
        ):
            if value:
                found[key] = value
        for key, segment in (("segment", self.segment), ("a", self.first), ("b", self.second)):
            if segment:
                found[key] = opaque.encode("segment", segment.pk)
        if self.theme:
            found["theme"] = opaque.encode("theme", self.theme.pk)
        if self.among:
            found["among"] = ",".join(opaque.encode("segment", each.pk) for each in self.among)
        if self.imported:
            found["imported"] = "1"
        if self.step != "month":
            found["step"] = self.step
        return found

    def query(self, **changes: str | None) -> str:
        """The address with some parameters changed or (None) taken away, "?" included."""
        wanted: dict[str, str | None] = {**self.parameters(), **changes}
        if any(key in changes for key in ("from", "to")):
            wanted.pop("period", None)
        if "period" in changes:
            wanted["from"] = wanted["to"] = None
        return "?" + urlencode({key: value for key, value in wanted.items() if value})

    def _instant(self, day: dt.date | None) -> dt.datetime | None:
        return dt.datetime.combine(day, dt.time(), self.zone) if day else None


def _segment(shown_id: object) -> Segment | None:
    if not shown_id:
        return None
    return Segment.objects.present().filter(pk=opaque.decode("segment", str(shown_id)) or 0).first()


def _theme(shown_id: object) -> Theme | None:
    if not shown_id:
        return None
    return Theme.objects.present().filter(pk=opaque.decode("theme", str(shown_id)) or 0).first()


def _segments(query: Mapping[str, Any]) -> tuple[Segment, ...]:
    """Of `among=seg_a,seg_b`, or of one `among` for each box that was ticked; in the order of their names."""
    given = query.getlist("among") if isinstance(query, QueryDict) else [query.get("among") or ""]
    shown_ids = ",".join(str(each) for each in given).split(",")[:MOST_SEGMENTS]
    keys = {opaque.decode("segment", each) or 0 for each in shown_ids if each}
    return tuple(Segment.objects.present().filter(pk__in=keys).order_by("name", "id")) if keys else ()


def _day(text: object) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return found if found is None or EARLIEST <= found.year <= LATEST else None


def _months_back(day: dt.date, months: int) -> dt.date:
    month = day.year * 12 + day.month - 1 - months
    return dt.date(month // 12, month % 12 + 1, 1)


def _step_for(start: dt.date | None, end: dt.date) -> str:
    if start is None or (end - start).days > 92:
        return "month"
    return "week" if (end - start).days > 31 else "day"


def _told(day: dt.date) -> str:
    return date_format(day, "DATE_FORMAT")
