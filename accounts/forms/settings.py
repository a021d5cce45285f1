"""Forms of the organization's settings."""

from dataclasses import dataclass
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acting import Actor
from accounts.auditing import audit
from accounts.colours import ENOUGH, WHITE, contrast, darkened
from accounts.forms.editing import EditForm
from accounts.forms.signing import NO_ADDRESS, PLAIN_NAME
from accounts.models.fields import LOCALE
from accounts.models.organization import Organization
from accounts.models.stored_file import StoredFile
from accounts.storing import FileRefused, Picture, discard, redraw, store_bytes
from accounts.zones import currency_choices, zone_choices

# Languages a business writes in first; any code may be typed by the API.
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pt", "Português"),
    ("pl", "Polski"),
    ("sv", "Svenska"),
    ("da", "Dansk"),
    ("fi", "Suomi"),
    ("nb", "Norsk bokmål"),
    ("ar", "العربية"),
    ("he", "עברית"),
    ("ja", "日本語"),
]


class GeneralForm(EditForm):
    class Meta:
        model = Organization
        fields = ["name", "postal_address", "time_zone", "locale", "currency"]
        widgets = {"postal_address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"})}
        help_texts = {
            "postal_address": gettext_lazy("At the foot of every mail, as the law of most countries asks."),
            "time_zone": gettext_lazy("Days and periods of reports are days of this zone."),
            "currency": gettext_lazy("Amounts are reported in it."),
            "locale": gettext_lazy("What a customer gets whose language is not known."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators += [PLAIN_NAME, NO_ADDRESS]
        self.fields["time_zone"].widget = forms.Select(choices=zone_choices())
        self.fields["currency"].widget = forms.Select(choices=currency_choices())
        languages = dict(LANGUAGES)
        own = self.instance.locale
        self.fields["locale"].widget = forms.Select(choices=list({own: own, **languages}.items()))

    def clean_locale(self) -> str:
        locale = self.cleaned_data["locale"]
        if not LOCALE.match(locale):
            raise forms.ValidationError(_("A language looks like en or pt-BR."))
        return str(locale)


WEEKDAYS = [
    ("1", gettext_lazy("Monday")),
    ("2", gettext_lazy("Tuesday")),
    ("3", gettext_lazy("Wednesday")),
    ("4", gettext_lazy("Thursday")),
    ("5", gettext_lazy("Friday")),
    ("6", gettext_lazy("Saturday")),
    ("7", gettext_lazy("Sunday")),
]


class SendingForm(EditForm):
    class Meta:
        model = Organization
        fields = ["quiet_from", "quiet_to", "cap_count", "cap_days", "survey_gap_days"]
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_to": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        help_texts = {
            "quiet_from": gettext_lazy("In the customer's own time zone; nothing is sent from then on."),
            "quiet_to": gettext_lazy("What waited goes out from then on."),
            "cap_count": gettext_lazy("Surveys and campaigns together, over all channels."),
            "survey_gap_days": gettext_lazy(
                "Nobody is asked twice within so many days, by whichever survey."
            ),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        quiet_from, quiet_to = cleaned.get("quiet_from"), cleaned.get("quiet_to")
        if isinstance(quiet_from, time) and quiet_from == quiet_to:
            self.add_error("quiet_to", _("From and to are the same hour, so nothing could ever be sent."))
        return cleaned


@dataclass(frozen=True)
class Day:
    """Three controls of one weekday."""

    label: str
    is_open: forms.BoundField
    opens: forms.BoundField
    closes: forms.BoundField


class BusinessHoursForm(EditForm):
    """Seven days; the clock of a case runs within them."""

    class Meta:
        model = Organization
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day, label in WEEKDAYS:
            hours = self.instance.business_hours.get(day)
            opens, closes = hours or ("09:00", "17:00")
            words = {"day": label}
            self.fields[f"open_{day}"] = forms.BooleanField(
                label=_("%(day)s: open") % words, required=False, initial=bool(hours)
            )
            for name, text, at in (("from", _("%(day)s: from"), opens), ("to", _("%(day)s: to"), closes)):
                self.fields[f"{name}_{day}"] = forms.TimeField(
                    label=text % words,
                    required=False,
                    initial=at,
                    widget=forms.TimeInput(attrs={"type": "time"}),
                )

    def days(self) -> list[Day]:
        return [
            Day(str(label), self[f"open_{day}"], self[f"from_{day}"], self[f"to_{day}"])
            for day, label in WEEKDAYS
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for day, _label in WEEKDAYS:
            opens, closes = cleaned.get(f"from_{day}"), cleaned.get(f"to_{day}")
            if cleaned.get(f"open_{day}") and (opens is None or closes is None or opens >= closes):
                self.add_error(f"to_{day}", _("Give an hour of opening, and a later one of closing."))
        if not any(cleaned.get(f"open_{day}") for day, _label in WEEKDAYS):
            raise forms.ValidationError(_("With every day closed, no case could ever be answered in time."))
        return cleaned

    def changed(self) -> list[str]:
        return ["business_hours"] if self.hours() != self.instance.business_hours else []

    def hours(self) -> dict[str, list[str]]:
        given = self.cleaned_data
        return {
            day: [given[f"from_{day}"].strftime("%H:%M"), given[f"to_{day}"].strftime("%H:%M")]
            for day, _label in WEEKDAYS
            if given[f"open_{day}"]
        }

    def save_edit(self, *, by: Actor) -> list[str]:
        changed = self.changed()
        if changed:
            by.require(self.action)
            self.instance.business_hours = self.hours()
            self.instance.save_revision(self.cleaned_data["revision"], by=by, update_fields=changed)
            audit(self.action, self.instance, by=by, fields=changed)
        return changed


class PrivacyForm(EditForm):
    class Meta:
        model = Organization
        fields = ["privacy_threshold"]
        help_texts = {
            "privacy_threshold": gettext_lazy(
                "In anonymous surveys, and for those who may not read single answers, smaller groups stay hidden. "
                "5 at least."
            ),
        }


class BrandForm(EditForm):
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG, WebP or GIF, 2 MB at most. It is drawn anew, at most 640 by 320."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)

    class Meta:
        model = Organization
        fields = ["brand_colour"]
        widgets = {"brand_colour": forms.TextInput(attrs={"type": "color"})}
        help_texts = {
            "brand_colour": gettext_lazy("Buttons and links on surveys and in mails. It must read on white."),
        }

    picture: Picture | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.logo is None:
            del self.fields["remove_logo"]

    def clean_brand_colour(self) -> str:
        colour = str(self.cleaned_data["brand_colour"]).upper()
        ratio = contrast(colour, WHITE)
        if ratio < ENOUGH:
            raise forms.ValidationError(
                _(
                    "%(colour)s is too pale on white (%(ratio).1f of 4.5). %(darker)s is the nearest that reads."
                ),
                params={"colour": colour, "ratio": ratio, "darker": darkened(colour)},
                code="pale",
            )
        return colour

    def clean_logo_file(self) -> UploadedFile | None:
        upload: UploadedFile | None = self.cleaned_data.get("logo_file")
        if upload is not None:
            try:
                self.picture = redraw(upload)
            except FileRefused as refusal:
                raise forms.ValidationError(str(refusal)) from None
        return upload

    def save_edit(self, *, by: Actor) -> list[str]:
        """Colour and logo in one revision. The old picture goes with its row. Raises Stale."""
        by.require(self.action)
        names, organization = self.changed(), self.instance
        old = organization.logo
        if self.picture is not None:
            name = self.cleaned_data["logo_file"].name or ""
            stored = store_bytes(
                self.picture.content,
                name=name[:200],
                content_type="image/png",
                purpose=StoredFile.Purpose.LOGO,
                by=by,
                ending=".png",
                width=self.picture.width,
                height=self.picture.height,
            )
            organization.logo = stored.pk
            names.append("logo")
        elif self.cleaned_data.get("remove_logo"):
            organization.logo = None
            names.append("logo")
        if not names:
            return names
        organization.save_revision(self.cleaned_data["revision"], by=by, update_fields=names)
        if old is not None and old != organization.logo:
            for file in StoredFile.objects.filter(pk=old):
                discard(file)
        if "logo" in names:
            audit(self.action, organization, by=by, did="logo set" if organization.logo else "logo removed")
        if "brand_colour" in names:
            audit(self.action, organization, by=by, fields=["brand_colour"])
        return names
