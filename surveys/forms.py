"""Forms of the surveys pages: the form is the validation, verbs do the work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from accounts.languages import language_name
from accounts.models import Membership, StoredFile
from accounts.models.fields import LOCALE
from accounts.storing import FileRefused, redraw, store_bytes
from accounts.tenancy.context import current_organization_id
from segments.models import Segment
from surveys import costing, piping, starting
from surveys.models import Appearance, Distribution, Survey, Theme
from surveys.theming.words import LANGUAGES

# The hosted page is to stay under 30 KB with its logo.
MOST_LOGO_BYTES = 14_000


class NewSurveyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    template = forms.ChoiceField(
        label=gettext_lazy("Begin with"),
        choices=[(each.key, each.name) for each in starting.TEMPLATES],
        initial=starting.TEMPLATES[0].key,
        widget=forms.RadioSelect,
    )


class LookForm(forms.Form):
    """What is left empty is the organization's own brand."""

    brand_colour = forms.CharField(
        label=gettext_lazy("Brand colour"),
        required=False,
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", gettext_lazy("A colour is written #5A2A4B."))],
        help_text=gettext_lazy("Written #5A2A4B. Empty: the colour of the organization."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG, WebP or GIF; it is drawn anew, at most 320 by 64 points."),
    )
    without_logo = forms.BooleanField(label=gettext_lazy("Take the survey's own logo away"), required=False)
    show_name = forms.BooleanField(label=gettext_lazy("Show the name beside the logo"), required=False)

    def __init__(self, *args: Any, survey: Survey, by: Actor, **kwargs: Any) -> None:
        appearance = Appearance.objects.filter(survey=survey).first() or Appearance()
        kwargs.setdefault(
            "initial", {"brand_colour": appearance.brand_colour, "show_name": appearance.show_name}
        )
        super().__init__(*args, **kwargs)
        self.by = by
        self.drawn: bytes | None = None

    def clean_logo(self) -> UploadedFile | None:
        upload: UploadedFile | None = self.cleaned_data.get("logo")
        if not upload:
            return None
        try:
            for width in (320, 200, 120):
                upload.seek(0)
                self.drawn = redraw(upload, most_width=width, most_height=64).content
                if len(self.drawn) <= MOST_LOGO_BYTES:
                    return upload
        except FileRefused as refused:
            raise forms.ValidationError(str(refused)) from refused
        raise forms.ValidationError(_("Even drawn small, this picture makes the page too heavy."))

    def facts(self) -> dict[str, Any]:
        """Fields of the Appearance; an uploaded logo is kept here."""
        chosen = self.cleaned_data
        facts: dict[str, Any] = {
            "brand_colour": chosen["brand_colour"],
            "show_name": chosen["show_name"],
        }
        if self.drawn is not None:
            facts["logo"] = store_bytes(
                self.drawn,
                name=chosen["logo"].name[:200],
                content_type="image/png",
                purpose=StoredFile.Purpose.LOGO,
                by=self.by,
                ending=".png",
            )
        elif chosen["without_logo"]:
            facts["logo"] = None
        return facts


class LocalesForm(forms.Form):
    codes = forms.CharField(
        label=gettext_lazy("Languages besides the default one"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Codes with commas between them, such as de, fr, pt-BR."),
    )

    def __init__(self, *args: Any, survey: Survey, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"codes": ", ".join(survey.locales)})
        super().__init__(*args, **kwargs)

    def clean_codes(self) -> str:
        text: str = self.cleaned_data["codes"]
        codes = [each.strip() for each in text.split(",") if each.strip()]
        for code in codes:
            if not LOCALE.match(code):
                raise forms.ValidationError(
                    _("“%(code)s” is not a language code, such as en or pt-BR."), params={"code": code}
                )
        if len(codes) > 20:
            raise forms.ValidationError(_("At most 20 languages."))
        return text

    def locales(self) -> list[str]:
        return [each.strip() for each in self.cleaned_data["codes"].split(",") if each.strip()]


class AfterForm(forms.Form):
    """What surrounds the questions. One thank-you text per category and language."""

    name = forms.CharField(label=gettext_lazy("Name of the survey"), max_length=120)
    touchpoint = forms.CharField(
        label=gettext_lazy("Touchpoint"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("What the question is about: support chat, delivery, renewal."),
    )
    edit_days = forms.IntegerField(
        label=gettext_lazy("Days in which an answer can be changed"), min_value=0, max_value=90
    )
    anonymous = forms.BooleanField(
        label=gettext_lazy("Anonymous"),
        required=False,
        help_text=gettext_lazy(
            "No link to person or invitation is kept, and the time only as the day. Small groups stay hidden."
        ),
    )
    open_link = forms.BooleanField(
        label=gettext_lazy("Open link"),
        required=False,
        help_text=gettext_lazy("Whoever has it may answer; these answers are a source of their own."),
    )
    categories = ("promoter", "passive", "detractor")

    def __init__(self, *args: Any, survey: Survey, **kwargs: Any) -> None:
        self.survey = survey
        initial: dict[str, Any] = {
            name: getattr(survey, name)
            for name in ("name", "touchpoint", "edit_days", "anonymous", "open_link")
        }
        for category in self.categories:
            for code in survey.every_locale:
                initial[f"{category}-{code}"] = getattr(survey, f"thanks_{category}").get(code, "")
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        who = {"promoter": _("promoters"), "passive": _("passives"), "detractor": _("detractors")}
        for category in self.categories:
            for code in survey.every_locale:
                self.fields[f"{category}-{code}"] = forms.CharField(
                    label=_("Thank-you for %(who)s, %(language)s")
                    % {"who": who[category], "language": language_name(code)},
                    required=False,
                    max_length=600,
                    widget=forms.Textarea(attrs={"rows": 2, "lang": code}),
                    validators=[_only_known_fields],
                )

    def thanks(self) -> list[Any]:
        """The bound fields of the thank-you texts, by category."""
        return [
            self[f"{category}-{code}"] for category in self.categories for code in self.survey.every_locale
        ]

    def facts(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        facts = {name: chosen[name] for name in ("name", "touchpoint", "edit_days", "anonymous", "open_link")}
        for category in self.categories:
            texts = dict(getattr(self.survey, f"thanks_{category}"))
            texts.update({code: chosen[f"{category}-{code}"] for code in self.survey.every_locale})
            facts[f"thanks_{category}"] = texts
        return facts


class DistributionForm(forms.Form):
    """Who is asked, by which mail. When is decided on the next page, beside the preview."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    survey: Any = forms.ModelChoiceField(label=gettext_lazy("Survey"), queryset=Survey.objects.none())
    segment: Any = forms.ModelChoiceField(
        label=gettext_lazy("Ask the customers of"),
        queryset=Segment.objects.none(),
        empty_label=gettext_lazy("Choose a segment"),
    )
    touchpoint = forms.CharField(label=gettext_lazy("Touchpoint"), max_length=80, required=False)
    sampling_percent = forms.IntegerField(
        label=gettext_lazy("Ask this percent of them"), min_value=1, max_value=100, initial=100
    )
    expires_after_days = forms.IntegerField(
        label=gettext_lazy("The link can be used for days"), min_value=1, max_value=365, initial=30
    )

    def __init__(
        self, *args: Any, distribution: Distribution | None = None, locales: list[str], **kwargs: Any
    ):
        self.locale_codes = locales
        if distribution is not None:
            initial: dict[str, Any] = {
                name: getattr(distribution, name)
                for name in (
                    "name",
                    "survey",
                    "segment",
                    "touchpoint",
                    "sampling_percent",
                    "expires_after_days",
                )
            }
            for code in locales:
                initial[f"subject-{code}"] = distribution.subject.get(code, "")
                initial[f"intro-{code}"] = distribution.intro.get(code, "")
            kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        surveys = Survey.objects.live()
        self.fields["survey"].queryset = surveys.order_by("name")  # type: ignore[attr-defined]
        self.fields["segment"].queryset = Segment.objects.present().order_by("name")  # type: ignore[attr-defined]
        for code in locales:
            language = language_name(code)
            self.fields[f"subject-{code}"] = forms.CharField(
                label=_("Subject, %(language)s") % {"language": language},
                required=False,
                max_length=200,
                validators=[_only_known_fields, _one_line],
                widget=forms.TextInput(
                    attrs={"placeholder": 'How did we do, {{ customer.first_name | default: "there" }}?'}
                ),
            )
            self.fields[f"intro-{code}"] = forms.CharField(
                label=_("Words before the question, %(language)s") % {"language": language},
                required=False,
                max_length=2000,
                validators=[_only_known_fields],
                widget=forms.Textarea(attrs={"rows": 3, "lang": code}),
            )

    def texts(self) -> list[Any]:
        return [self[f"{name}-{code}"] for code in self.locale_codes for name in ("subject", "intro")]

    def facts(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        facts = {
            name: chosen[name]
            for name in ("name", "survey", "segment", "touchpoint", "sampling_percent", "expires_after_days")
        }
        for name in ("subject", "intro"):
            facts[name] = {
                code: chosen[f"{name}-{code}"] for code in self.locale_codes if chosen[f"{name}-{code}"]
            }
        return facts


class WhenForm(forms.Form):
    """A day and a time in the organization's zone."""

    when = forms.DateTimeField(
        label=gettext_lazy("At"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(zone)

    def clean_when(self) -> dt.datetime:
        # Read in the organization's zone, whatever the reader's own is.
        raw = self.data.get(self.add_prefix("when"), "")
        when = dt.datetime.fromisoformat(raw.replace(" ", "T")).replace(tzinfo=self.zone)
        if when <= timezone.now():
            raise forms.ValidationError(_("This time is over. Choose one that is to come."))
        return when


class ExclusionForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("It stands beside the answer and in the audit log."),
    )


def _only_known_fields(text: str) -> None:
    try:
        piping.fields(text)
    except piping.WrongField as error:
        raise forms.ValidationError(
            _(
                "“%(field)s” is not a merge field that can be filled in. One about the customer needs a "
                'fallback: {{ customer.first_name | default: "there" }}.'
            ),
            params={"field": error.what},
        ) from error


def _one_line(text: str) -> None:
    if "\n" in text or "\r" in text:
        raise forms.ValidationError(_("A subject is one line."))


class ChannelCostForm(forms.Form):
    """What asking one person costs; empty for not known."""

    channel = forms.CharField(max_length=20)
    per_asked = forms.DecimalField(
        min_value=0, max_value=costing.MOST, decimal_places=costing.PLACES, required=False
    )


class ThemeForm(forms.Form):
    """A theme: its name, and a text area of words for each language, one entry a line."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, locale: str, words: Mapping[str, Sequence[str]] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        told = locale.split("-")[0]
        self.language = told if told in LANGUAGES else LANGUAGES[0]
        for language in ("", *LANGUAGES):
            self.fields[f"words_{language}"] = forms.CharField(
                label=language_name(language) if language else gettext_lazy("In every language"),
                required=False,
                max_length=20_000,
                initial="\n".join((words or {}).get(language, ())),
                widget=forms.Textarea(attrs={"rows": 8 if (words or {}).get(language) else 2}),
            )

    def words(self) -> dict[str, list[str]]:
        """The entries by language, lines and commas alike."""
        return {
            language: self.cleaned_data[f"words_{language}"].replace(",", "\n").splitlines()
            for language in ("", *LANGUAGES)
        }

    def first_words(self) -> forms.BoundField:
        """Those of the language that most comments are in."""
        return self[f"words_{self.language}"]

    def other_words(self) -> list[tuple[forms.BoundField, int]]:
        """(field, how many entries) of the other languages."""
        others = [self[f"words_{each}"] for each in (*LANGUAGES, "") if each != self.language]
        return [(each, len(str(each.value() or "").split("\n")) if each.value() else 0) for each in others]


class MergeThemeForm(forms.Form):
    """Which theme becomes part of this one."""

    other: forms.ModelChoiceField[Theme] = forms.ModelChoiceField(
        label=gettext_lazy("Take in"), queryset=Theme.objects.none()
    )

    def __init__(self, *args: Any, into: Theme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["other"].queryset = Theme.objects.present().exclude(pk=into.pk)  # type: ignore[attr-defined]


class BoardForm(forms.Form):
    """Where a theme stands on the board, whose it is, and how far it is with it."""

    board = forms.ChoiceField(
        label=gettext_lazy("It is"),
        required=False,
        choices=[*Theme.Board.choices, ("", gettext_lazy("not on the board"))],
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=Theme.State.choices)
    owner: forms.ModelChoiceField[Membership] = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=Membership.objects.none(),
        required=False,
        empty_label=gettext_lazy("nobody yet"),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(organization_id=current_organization_id())
        self.fields["owner"].queryset = members.select_related("user").by_name()  # type: ignore[attr-defined]


class CorrectionForm(forms.Form):
    """What a comment says about a theme, as a person reads it."""

    theme: forms.ModelChoiceField[Theme] = forms.ModelChoiceField(
        label=gettext_lazy("Theme"), queryset=Theme.objects.none()
    )
    says = forms.ChoiceField(
        label=gettext_lazy("The comment"),
        choices=[
            ("-1", gettext_lazy("complains about it")),
            ("1", gettext_lazy("praises it")),
            ("0", gettext_lazy("speaks of it, neither way")),
            ("none", gettext_lazy("does not speak of it")),
            ("words", gettext_lazy("as its words say")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"].queryset = Theme.objects.present()  # type: ignore[attr-defined]
